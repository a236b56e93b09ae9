"""Projected discriminators, spectral norm, and the losses that go with them."""

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import UserError
from data_loader.images import luma
from models import CapsuleCycleGAN, CycleGAN, Pix2Pix
from models.checkpoints import Checkpoints, Progress
from models.layers import SpectralConv2D
from models.losses import hinge, negative_mean, over_scales
from models.projected import projected_eye, projected_heads
from tests.models.learners import learners_of

ONE_WAY = {"image_size": 32, "generator": "unet", "generator_filters": 4, "lambda_cycle": 0.0}
ONE_WAY |= {"discriminator_filters": 4}


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module")
def eye():
    return projected_eye(64, seed=0)


@pytest.fixture(scope="module")
def spectral():
    layer = SpectralConv2D(5, 3, padding="same", kernel_initializer=keras.initializers.HeNormal(seed=0))
    layer.build((None, 8, 8, 4))
    return layer


def image(size=64):
    return np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype("float32")


def test_sigma_is_the_largest_singular_value(spectral):
    x = np.random.default_rng(0).standard_normal((1, 8, 8, 4)).astype("float32")
    for _ in range(200):
        answers = spectral(x, training=True)
    largest = np.linalg.svd(numbers(spectral.kernel).reshape(-1, 5), compute_uv=False)[0]
    sigma, _ = spectral.sigma(spectral.kernel)
    assert float(numbers(sigma)) == pytest.approx(largest, rel=1e-4)
    plain = ops.conv(x, spectral.kernel, padding="same")
    np.testing.assert_allclose(numbers(answers), numbers(plain) / largest, atol=1e-4)


def test_u_moves_in_training_alone_and_the_kernel_never(spectral):
    x = np.ones((1, 8, 8, 4), "float32")
    spectral.u.assign(np.eye(5)[0])
    kernel, u = numbers(spectral.kernel), numbers(spectral.u)
    spectral(x, training=False)
    assert (numbers(spectral.u) == u).all()
    spectral(x, training=True)
    assert (numbers(spectral.u) != u).any()
    assert (numbers(spectral.kernel) == kernel).all()
    assert spectral.u.path not in {variable.path for variable in spectral.trainable_variables}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
def test_sigma_takes_part_in_the_gradient(spectral):
    import tensorflow as tf

    x = np.random.default_rng(1).standard_normal((1, 8, 8, 4)).astype("float32")
    for _ in range(200):
        spectral(x, training=True)
    with tf.GradientTape() as tape:
        loss = ops.sum(spectral(x, training=False) ** 3)
    kernel = spectral.kernel.value
    gradient = tape.gradient(loss, kernel)
    # The layer does not change with the kernel's length, so nothing in its gradient points along the kernel.
    gradient, kernel = numbers(gradient).ravel(), numbers(kernel).ravel()
    assert abs(gradient @ kernel) < 1e-3 * np.linalg.norm(gradient) * np.linalg.norm(kernel)


def test_the_eye_is_fixed_and_its_seed_decides(eye):
    maps = eye(image(), training=True)
    assert [tuple(each.shape) for each in maps] == [(2, side, side, 64) for side in (16, 8, 4, 2)]
    assert not eye.trainable_variables
    for found, again, other in zip(projected_eye(64, 0)(image()), maps, projected_eye(64, 1)(image()), strict=True):
        np.testing.assert_allclose(numbers(found), numbers(again), rtol=1e-4, atol=1e-4)
        assert np.abs(numbers(found) - numbers(other)).max() > 0.1


def test_the_eye_mixes_coarse_into_fine_and_not_the_other_way(eye):
    # A pixel in the corner is seen by the finest map there alone, but everything coarse is in the fine maps.
    changed = image()
    changed[:, :4, :4] = 0
    moved = [
        np.abs(numbers(a) - numbers(b)).max(axis=(0, 3)) > 1e-3 for a, b in zip(eye(changed), eye(image()), strict=True)
    ]
    assert moved[3].any()
    assert moved[0].mean() >= moved[3].mean()


@pytest.mark.parametrize("capsules", [False, True])
def test_heads_judge_each_map(eye, capsules):
    heads = projected_heads(eye, 4, capsules)
    outputs = heads(eye(image()))
    assert [tuple(output.shape) for output in outputs] == [(2, 2, 2, 1)] * 4
    spectral = [layer for layer in heads.layers if isinstance(layer, SpectralConv2D)]
    assert len(spectral) == 3 + 2 + 1 + 4
    if capsules:
        assert max(np.abs(numbers(output)).max() for output in outputs) < 1
        assert [output.shape[-1] for output in projected_heads(eye, 4, True, lengths=True).outputs] == [2] * 4


def test_hinge_by_hand():
    logits = ops.convert_to_tensor([2.0, 0.5, -3.0])
    assert float(numbers(hinge(logits, real=True))) == pytest.approx((0 + 0.5 + 4) / 3)
    assert float(numbers(hinge(logits, real=False))) == pytest.approx((3 + 1.5 + 0) / 3)
    assert float(numbers(negative_mean(logits, real=True))) == pytest.approx(0.5 / 3)
    assert float(numbers(over_scales(hinge)([logits, logits], real=True))) == pytest.approx(9 / 3)


def test_u_moves_once_a_step_in_the_discriminators_term(batch):
    gan = CycleGAN(**ONE_WAY, discriminator="projected")
    layer = next(layer for layer in gan.D_Y.layers if isinstance(layer, SpectralConv2D) and layer.filters > 1)
    _, expected = layer.sigma(layer.kernel)
    gan.adversarial(gan.D_Y, gan.look(batch["color"]))
    assert (numbers(layer.u) != numbers(expected)).any()
    gan.train_on(batch)
    np.testing.assert_allclose(numbers(layer.u), numbers(expected), atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
@pytest.mark.parametrize("kind", ["projected", "projected-capsule", "capsules of their own class"])
def test_who_learns_from_which_term(batch, kind):
    if kind.startswith("projected"):
        gan = CycleGAN(**ONE_WAY, discriminator=kind)
    else:
        gan = CapsuleCycleGAN(**ONE_WAY | {"discriminator_filters": 8}, capsule="projected", capsule_loss="margin")
    assert gan.terms == ["gan_color", "d_color"]
    assert learners_of(gan, batch, ("G", "D_Y", "eye")) == {"gan_color": {"G"}, "d_color": {"D_Y"}}


def test_both_domains_and_pix2pix_are_looked_at(batch):
    gan = CycleGAN(**ONE_WAY | {"lambda_cycle": 1.0}, discriminator="projected")
    assert set(gan.train_on(batch)) == {*gan.terms, "loss"}
    assert {"gan_gray", "d_gray"} <= set(gan.terms)
    pair = {"color": image(), "gray": luma(image())}
    gan = Pix2Pix(image_size=64, generator_filters=4, discriminator_filters=4, discriminator="projected")
    terms = gan.objective(pair, gan(pair, training=True))
    assert set(terms) == {"gan", "l1", "d"}
    fooled = over_scales(negative_mean)(gan.D(gan.look(gan(pair, training=False))), real=True)
    assert np.isfinite(float(numbers(fooled)))


def test_the_frozen_eye_is_in_no_checkpoint(batch, tmp_path):
    gan = CycleGAN(**ONE_WAY, discriminator="projected", seed=3)
    gan.train_on(batch)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(gan, Progress(step=1))
    with np.load(checkpoints.last) as arrays:
        stored = sum(arrays[name].size for name in arrays.files if name.startswith("state"))
    assert stored == sum(np.prod(v.shape) for v in (*gan.D_Y.variables, *gan.G.variables, *gan.optimizer.variables))
    fresh = CycleGAN(**ONE_WAY, discriminator="projected", seed=3)
    checkpoints.restore(fresh)
    assert fresh.train_on(batch) == pytest.approx(gan.train_on(batch), rel=1e-5)


def test_a_side_that_the_eye_cannot_halve_is_refused():
    with pytest.raises(UserError, match=r"--image-size 48 does not suit a projected discriminator.*use 64"):
        projected_eye(48, 0)
