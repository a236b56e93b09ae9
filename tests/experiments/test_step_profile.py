"""`benchmark.py --profile`: where a step's time goes."""

import re

import keras
import pytest

from tests.experiments.scripts import run

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="reads TensorFlow's profiler")


def test_a_profile_adds_up_and_says_what_is_arithmetic(tmp_path):
    model = "cyclegan,image-size=32,generator=unet,generator-filters=8,discriminator-filters=8"
    done = run("benchmark", model, "--preset", "quick", "--precisions", "float32", "--profile", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    by_kind, _, dearest = done.stdout.partition("the 20 dearest")
    shares = {name.strip(): float(share) for name, share in re.findall(r"^(.+?) +[\d.]+ +([\d.]+)%", by_kind, re.M)}
    assert 90 < sum(shares.values()) < 100.5
    assert {"convolutions", "convolutions' gradients of filters", "multiplications"} <= set(shares)
    # Only what is counted has a rate.
    assert re.search(r"^convolutions' gradients of filters .*% +[1-9]\d*$", by_kind, re.M)
    assert re.search(r"^multiplications .*% *$", by_kind, re.M)
    assert "conv2d" in dearest


def test_another_backend_has_none(tmp_path):
    done = run("benchmark", "--profile", cwd=tmp_path, KERAS_BACKEND="jax")
    assert done.returncode == 2
    assert done.stderr.endswith("error: --profile reads TensorFlow's profiler: leave KERAS_BACKEND out.\n")
