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

from models import CycleGAN
from models.checkpoints import Checkpoints, Progress


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="compares the others with TensorFlow")
def test_terms_agree_and_a_step_trains(backend, tiny, batch, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: make test EXTRAS={backend}")
    options = tiny | {"generator": "resnet", "discriminator": "patch70", "lambda_identity": 1.0}
    gan = CycleGAN(**options)
    gray, color = batch
    Checkpoints(tmp_path).save(gan, Progress(step=1))
    np.savez(tmp_path / "batch.npz", gray=gray, color=color)
    terms = gan.objective(gray, color, gan(gray, training=True))
    command = [sys.executable, Path(__file__).with_name("objective_terms.py")]
    command += [tmp_path, tmp_path / "batch.npz", json.dumps(options)]
    done = subprocess.run(command, env=os.environ | {"KERAS_BACKEND": backend}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs == pytest.approx(
        {name: float(ops.convert_to_numpy(value)) for name, value in terms.items()}, rel=1e-4
    )


def test_no_room_names_a_backend_at_the_top_of_a_module():
    for room in ("models", "data_loader", "evaluation", "experiments"):
        for file in (Path(__file__).parents[2] / room).glob("*.py"):
            for line in file.read_text().splitlines():
                assert not line.startswith(("import tensorflow", "import jax", "import torch", "from tensorflow")), file
