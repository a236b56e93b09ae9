"""Colorizers in the formats of other programs: the same answers, what they are, and photographs by ONNX."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from data_loader import UserError
from models import CycleGAN, StochasticCycleGAN, load_colorizer
from models.colorizer import Colorizer
from models.colorizing import pack
from tests.experiments.scripts import PROJECT, call

onnx = pytest.importorskip("onnx", reason="ONNX files need pip install -e '.[onnx]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX files need pip install -e '.[onnx]'")
pytest.importorskip("tf2onnx", reason="ONNX files need pip install -e '.[onnx]'")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="two of the formats are TensorFlow's")


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    """Packed colorizers: one of squares, one that reads noise, and a pretrained one; and a photograph."""
    folder = tmp_path_factory.mktemp("colorizers")
    pack(CycleGAN(**tiny).colorizer, folder / "square.npz")
    pack(StochasticCycleGAN(**tiny, noise_size=4).colorizer, folder / "noise.npz")
    gan = CycleGAN(**tiny | {"generator": "pretrained", "lambda_cycle": 0.0, "match_colorfulness": 1.0})
    chroma = gan.G.get_layer("chroma")
    # It starts near gray.
    chroma.set_weights([20 * weight if weight.shape == (3, 3, 48, 2) else weight for weight in chroma.get_weights()])
    gan.G.layers[-1].strength.assign(1.5)
    pack(gan.colorizer, folder / "shape.npz")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    Image.fromarray(pixels).resize((120, 80), Image.Resampling.BICUBIC).save(folder / "photo.png")
    return folder


@pytest.fixture(scope="module")
def exported(folder):
    """The folder with an .onnx file of each."""
    for name in ("square", "noise", "shape"):
        done = call("export", f"{name}.npz", "--format", "onnx", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "its answers are those of Keras" in done.stdout
    return folder


@pytest.mark.parametrize("name", ["square", "shape"])
def test_a_photograph_by_onnx_is_the_photograph_by_keras(exported, name):
    ours, theirs = (load_colorizer(exported / f"{name}.{ending}") for ending in ("npz", "onnx"))
    assert ours.keeps_shape == theirs.keeps_shape == (name == "shape")
    colored = ours.colorize(exported / "photo.png").astype(int)
    assert np.ptp(colored, axis=-1).mean() > 3
    assert np.abs(theirs.colorize(exported / "photo.png") - colored).max() <= 1


def test_samples_by_onnx_are_those_by_keras(exported):
    ours, theirs = (load_colorizer(exported / f"noise.{ending}") for ending in ("npz", "onnx"))
    sampled = [colorizer.colorize(exported / "photo.png", samples=2, seed=3) for colorizer in (ours, theirs)]
    for one, other in zip(*sampled, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    with pytest.raises(UserError, match="one colouring for a photograph"):
        load_colorizer(exported / "shape.onnx").colorize(exported / "photo.png", samples=2)


def test_any_shape_and_number_go_through_and_the_file_says_what_it_is(exported):
    session = onnxruntime.InferenceSession(exported / "shape.onnx", providers=["CPUExecutionProvider"])
    gray = np.zeros((2, 64, 96, 1), "float32")
    color, chroma = session.run(["color", "chroma"], {"gray": gray})
    assert (color.shape, chroma.shape) == ((2, 64, 96, 3), (2, 32, 48, 2))
    facts = session.get_modelmeta().custom_metadata_map
    assert "luma" in facts["description"] and facts["origin"] == "shape.npz"
    assert json.loads(facts["colorizer"]) == {"image_size": 32, "keeps_shape": True, "noise": 0}


def test_half_precision_is_half_as_large_and_as_good(exported):
    done = call("export", "square.npz", "--out", "half.onnx", "--half", cwd=exported)
    assert done.returncode == 0, done.stderr
    whole, half = exported / "square.onnx", exported / "half.onnx"
    assert half.stat().st_size < 0.7 * whole.stat().st_size
    one, other = (load_colorizer(file).colorize(exported / "photo.png").astype(int) for file in (whole, half))
    assert np.abs(one - other).max() <= 1
    # In this one it shows.
    done = call("export", "shape.npz", "--out", "half-shape.onnx", "--half", cwd=exported)
    assert done.returncode == 2
    assert "would answer otherwise" in done.stderr
    assert not (exported / "half-shape.onnx").exists()
    done = call("export", "square.npz", "--out", "half.tflite", "--half", cwd=exported)
    assert done.returncode == 2
    assert "--half is for onnx" in done.stderr


def test_no_framework_is_imported_to_colour_by_onnx(exported):
    code = "import runpy, sys\ntry:\n    runpy.run_path(sys.argv.pop(1), run_name='__main__')\nfinally:\n"
    code += "    print({'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    script = PROJECT / "experiments" / "colorize.py"
    command = [sys.executable, "-c", code, script, "shape.onnx", "photo.png", "--out", "onnx.png"]
    done = subprocess.run(command, cwd=exported, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"


def test_onnxruntime_neither_keeps_nor_sends_a_word_of_its_own(exported, tmp_path):
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | places
    script = PROJECT / "experiments" / "colorize.py"
    command = [sys.executable, script, "shape.onnx", "photo.png", "--out", "silent.png"]
    done = subprocess.run(command, cwd=exported, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "form", "out"), [("noise", "saved_model", "a-model"), ("shape", "tflite", "a.tflite")]
)
def test_tensorflows_own_formats(folder, name, form, out):
    done = call("export", f"{name}.npz", "--out", out, "--format", form, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "its answers are those of Keras" in done.stdout
    assert (folder / out).exists()


@pytest.mark.parametrize(("form", "out"), [("onnx", "kept.onnx"), ("saved_model", "kept-model")])
def test_what_answers_otherwise_replaces_nothing(folder, form, out, monkeypatch):
    from models.export_formats import WRITERS

    colorizer = load_colorizer(folder / "square.npz")
    WRITERS[form](colorizer, folder / out, {})
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    bytes_before = {path: (folder / path).read_bytes() for path in before if (folder / path).is_file()}
    monkeypatch.setattr("models.export_formats.MOST_APART", -1.0)
    with pytest.raises(UserError, match="would answer otherwise than Keras"):
        WRITERS[form](colorizer, folder / out, {})
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert all((folder / path).read_bytes() == content for path, content in bytes_before.items())


def test_a_folder_that_holds_something_else_is_not_replaced(folder):
    from models.export_formats import WRITERS

    for names in (("saved_model.pb", "notes.txt"), ("assets",)):
        mine = folder / f"mine-{len(names)}"
        mine.mkdir()
        for name in names:
            (mine / name).touch()
        with pytest.raises(UserError, match="holds something else"):
            WRITERS["saved_model"](load_colorizer(folder / "square.npz"), mine, {})
        assert {path.name for path in mine.iterdir()} == set(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["square.npz", "--out", "a.bin"], "says no format by its ending"),
        (
            ["square.npz", "--out", "a.onnx", "--format", "coreml"],
            "--format coreml does not exist: give --format with one",
        ),
        (["square.npz", "--out", "a.npz", "--format", "onnx"], "has another ending than onnx has: .onnx"),
        (["none.npz", "--out", "a.onnx"], "none.npz does not exist"),
        (["square.npz", "--out", "a.onnx", "--data-dir", "x"], "--data-dir is for scoring"),
    ],
)
def test_mistakes_are_a_sentence(folder, arguments, message):
    done = call("export", *arguments, cwd=folder)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert message in done.stderr


def test_a_file_that_is_none_of_ours_is_refused(folder):
    (folder / "broken.onnx").write_bytes(b"no model")
    for name in ("broken.onnx", "missing.onnx"):
        done = call("colorize", name, "photo.png", "--out", "x.png", cwd=folder)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_a_networks_second_output_is_its_chroma(folder):
    from data_loader.images import cb_cr, from_network

    colorizer = Colorizer(load_colorizer(folder / "square.npz").network)
    color, chroma = (
        keras.ops.convert_to_numpy(answer) for answer in colorizer.for_export()([np.zeros((1, 32, 32, 1))])
    )
    assert chroma == pytest.approx(cb_cr(from_network(color)), abs=1e-5)
