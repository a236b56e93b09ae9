"""The step in PyTorch that ours is timed beside is the same step."""

import keras
import numpy as np
import pytest

from experiments.support.torch_step import has_torch_step, torch_step
from models import CapsuleCycleGAN, CycleGAN
from tests.eager import run_eagerly

pytest.importorskip("torch", reason="PyTorch is not installed")
pytestmark = pytest.mark.skipif(keras.backend.backend() == "torch", reason="both would have one set of threads")

UNET = {"generator": "unet", "discriminator": "patch-zoo", "lambda_identity": 1.0}


@pytest.mark.parametrize(
    "options",
    [
        {"generator": "resnet"},
        UNET | {"norm": "layer"},
        UNET | {"input_skip": True, "beta1": 0.5},
        {"generator": "resnet", "output": "chroma", "discriminator": "patch-zoo", "ema": 0.99},
    ],
)
def test_it_learns_the_same_from_the_same(options, monkeypatch):
    run_eagerly(monkeypatch)
    gan = CycleGAN(image_size=32, generator_filters=8, discriminator_filters=8, **options)
    step, rng = torch_step(gan, "float32"), np.random.default_rng(0)
    batch = {name: rng.uniform(-1, 1, (2, 32, 32, n)).astype("float32") for name, n in (("gray", 1), ("color", 3))}
    assert has_torch_step(gan)
    # The objective before and after each of three updates; they part by rounding, which Adam's first steps magnify.
    for _ in range(3):
        assert step(batch) == pytest.approx(gan.train_on(batch)["loss"], rel=1e-3)


def test_where_a_network_or_loss_is_another_there_is_none():
    tiny = {"image_size": 32, "generator": "unet", "generator_filters": 8, "discriminator_filters": 8}
    assert not has_torch_step(CycleGAN(**tiny, cycle_loss="l2"))
    assert not has_torch_step(CycleGAN(**tiny, discriminator="patch-capsule", gan_loss="mse"))
    assert not has_torch_step(CycleGAN(**tiny, lambda_cycle=0.0))
    assert not has_torch_step(CapsuleCycleGAN(**tiny))
