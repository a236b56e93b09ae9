"""The same code trains on TensorFlow, JAX and PyTorch."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import models
from models.checkpoints import Checkpoints, Progress
from tests.models.objective_terms import QUICK_COMPILATION, inputs


@pytest.fixture(scope="module")
def cases(tiny):
    """Class name to options: together they have every kind of layer."""
    generators = {name: value for name, value in tiny.items() if "discriminator" not in name}
    return {
        "CycleGAN": tiny | {"discriminator": "patch-capsule", "gan_loss": "margin"},
        "CapsuleCycleGAN": generators | {"discriminator_filters": 8, "ema": 0.9, "norm": "layer", "capsule": "routing"},
        "StochasticCycleGAN": tiny | {"discriminator": "patch70", "lambda_identity": 1.0, "output": "chroma"},
        "Pix2Pix": {"image_size": 64, "generator_filters": 2, "discriminator_filters": 2, "dropout": 0.0},
    }


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares the others with TensorFlow")
def test_terms_agree_and_a_step_trains(backend, cases, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: make test EXTRAS={backend}")
    rng = np.random.default_rng(0)
    expected = {}
    for size in (32, 64):
        folder = tmp_path / str(size)
        batch = {
            "gray": rng.uniform(-1, 1, (2, size, size, 1)).astype("float32"),
            "color": rng.uniform(-1, 1, (2, size, size, 3)).astype("float32"),
            "z": rng.standard_normal((2, 16)).astype("float32"),
        }
        folder.mkdir()
        np.savez(folder / "batch.npz", **batch)
        chosen = {name: options for name, options in cases.items() if options["image_size"] == size}
        for name, options in chosen.items():
            gan = getattr(models, name)(**options)
            Checkpoints(folder / name).save(gan, Progress(step=1))
            x, color, draws = inputs(name, batch)
            terms = gan.objective(batch["gray"], color, gan(x, training=True), **draws)
            expected[name] = {term: float(ops.convert_to_numpy(value)) for term, value in terms.items()}
        command = [sys.executable, Path(__file__).with_name("objective_terms.py"), folder, json.dumps(chosen)]
        environment = os.environ | {"KERAS_BACKEND": backend, "XLA_FLAGS": QUICK_COMPILATION}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        for name, terms in json.loads(done.stdout.splitlines()[-1]).items():
            assert terms == pytest.approx(expected.pop(name), rel=1e-4), name
    assert not expected


def test_no_room_names_a_backend_at_the_top_of_a_module():
    for room in ("models", "data_loader", "evaluation", "experiments"):
        for file in (Path(__file__).parents[2] / room).glob("*.py"):
            for line in file.read_text().splitlines():
                assert not line.startswith(("import tensorflow", "import jax", "import torch", "from tensorflow")), file
