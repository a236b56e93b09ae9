"""`benchmark.py`: what it measures of several models, and where a step's time goes."""

import importlib.util
import json
import re

import keras
import pytest

from tests.experiments.scripts import run

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts in TensorFlow's graph")
SMALL = "image-size=32,generator-filters=8,discriminator-filters=8"


def test_models_are_measured_beside_each_other_and_beside_hand_written_steps(tmp_path):
    models = [f"cyclegan,generator=unet,{SMALL}", f"pix2pix,{SMALL.replace('32', '64')}"]
    command = [*models, "--preset", "quick", "--turns", 1, "--precisions", "float32", "--json", "speed.json"]
    done = run("benchmark", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    cyclegan, pix2pix = models
    wanted = {f"{pix2pix} over {cyclegan}, float32", f"step over two tapes, {cyclegan}"}
    wanted |= {f"step over floor, {model}, float32" for model in models}
    if importlib.util.find_spec("torch"):
        wanted.add(f"step over PyTorch's, {cyclegan}, float32")
    assert wanted <= set(report["ratios"])
    assert all(0 < ratio < 1000 for ratio in report["ratios"].values())
    assert all(name in done.stdout for name in wanted)


def test_a_profile_adds_up_and_says_what_is_arithmetic(tmp_path):
    model = f"cyclegan,generator=unet,{SMALL}"
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
