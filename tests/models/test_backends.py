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
from tests.conftest import PROJECT
from tests.models.objective_terms import QUICK_COMPILATION, read_by, shown


@pytest.fixture(scope="module")
def cases(tiny):
    """Class name, and maybe words, to options: together they have every kind of layer."""
    generators = {name: value for name, value in tiny.items() if "discriminator" not in name}
    return {
        "CycleGAN": tiny | {"discriminator": "patch-capsule", "gan_loss": "margin"},
        "CapsuleCycleGAN": generators | {"discriminator_filters": 8, "ema": 0.9, "norm": "layer", "capsule": "routing"},
        "StochasticCycleGAN": tiny | {"discriminator": "patch70", "lambda_identity": 1.0, "output": "chroma"},
        "StochasticCycleGAN with the energy score": tiny
        | {"lambda_gan": 0.0, "lambda_cycle": 0.0, "discriminator": "patch70"}
        | {"paired_weight": 1.0, "paired_fraction": 1.0, "paired_loss": "energy"},
        "CycleGAN one way": {"image_size": 64, "generator": "pretrained", "ema": 0.9, "lambda_cycle": 0.0}
        | {"discriminator": "projected", "discriminator_filters": 4},
        "CycleGAN with projected capsules": tiny | {"discriminator": "projected-capsule", "lambda_cycle": 0.0},
        "Pix2Pix": {"image_size": 64, "generator_filters": 2, "discriminator_filters": 2, "dropout": 0.0},
    }


@pytest.fixture(scope="module")
def expected(cases, tmp_path_factory):
    """TensorFlow's terms, by size a folder with a batch and checkpoints, and by class the terms."""
    rng = np.random.default_rng(0)
    folders, terms = {}, {}
    for size in (32, 64):
        folders[size] = tmp_path_factory.mktemp(f"size{size}")
        batch = {
            "gray": rng.uniform(-1, 1, (2, size, size, 1)).astype("float32"),
            "color": rng.uniform(-1, 1, (2, size, size, 3)).astype("float32"),
            "z": rng.standard_normal((2, 16)).astype("float32"),
            "original": rng.uniform(-1, 1, (2, size, size, 3)).astype("float32"),
            "known": np.ones((2, 1), "float32"),
        }
        np.savez(folders[size] / "batch.npz", **batch)
        for name in (name for name, options in cases.items() if options["image_size"] == size):
            gan = getattr(models, name.split()[0])(**cases[name])
            Checkpoints(folders[size] / name).save(gan, Progress(step=1))
            read = read_by(name, batch)
            values = gan.objective(read, gan(read, training=True))
            terms[name] = {term: float(ops.convert_to_numpy(value)) for term, value in values.items()}
    terms["shown"] = shown(batch)
    return folders, terms


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares the others with TensorFlow")
def test_terms_agree_and_a_step_trains(backend, cases, expected):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: make test EXTRAS={backend}")
    folders, terms = expected
    runs = [(str(folders[options["image_size"]]), name, options) for name, options in cases.items()]
    command = [sys.executable, Path(__file__).with_name("objective_terms.py"), json.dumps(runs)]
    environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(PROJECT)} | QUICK_COMPILATION
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == terms.keys()
    for name in terms:
        assert found[name] == pytest.approx(terms[name], rel=1e-4, abs=1e-5 if name == "shown" else None), name
