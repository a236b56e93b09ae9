"""Photographs of any size and shape, by networks that see any shape and by those that see squares."""

import numpy as np
import pytest
from PIL import Image

from data_loader import UserError
from data_loader.images import cb_cr, chroma_of, luma, to_unit
from models import CycleGAN, StochasticCycleGAN, load_colorizer
from models.colorizer import Colorizer
from models.colorizing import colorize, load_network
from models.onnx_colorizer import OnnxColorizer
from models.shipped import DEFAULT, shipped, soonest


@pytest.fixture(scope="module")
def flowers():
    return Colorizer(load_network("flowers"))


@pytest.fixture(scope="module")
def square(tiny):
    return Colorizer(CycleGAN(**tiny).colorizer)


@pytest.fixture(scope="module")
def garden():
    """A photograph of soft shapes, 90 × 150."""
    small = np.random.default_rng(0).integers(0, 256, (6, 10, 3), np.uint8)
    return Image.fromarray(small).resize((150, 90), Image.Resampling.BICUBIC)


def test_a_path_an_image_and_an_array_of_any_depth_give_the_same(flowers, garden, tmp_path):
    garden.save(tmp_path / "garden.png")
    colored = flowers.colorize(tmp_path / "garden.png")
    assert colored.shape == (90, 150, 3)
    assert colored.dtype == np.uint8
    pixels = np.asarray(garden)
    for same in (str(tmp_path / "garden.png"), garden, pixels, pixels * np.uint16(257), to_unit(pixels)):
        assert (flowers.colorize(same) == colored).all()


def test_gray_may_have_no_channel_or_one(flowers, garden):
    gray = np.asarray(garden.convert("L"))
    assert (flowers.colorize(gray) == flowers.colorize(gray[..., None])).all()


def test_luma_is_kept_and_strength_is_how_much_colour(flowers, garden):
    pale, full, strong = (flowers.colorize(garden, strength=strength) for strength in (0.5, 1.0, 1.5))
    for colored in (pale, full, strong):
        assert np.abs(luma(colored) - luma(np.asarray(garden))).mean() < 1
    amounts = [np.abs(cb_cr(to_unit(colored))).mean() for colored in (pale, full, strong)]
    assert amounts == sorted(amounts)
    assert np.ptp(flowers.colorize(garden, strength=0.0), axis=-1).max() == 0


def test_the_network_sees_a_photograph_in_its_own_shape(flowers, garden):
    assert flowers.small(garden, None).size == flowers.small(garden, 128).size == (160, 96)
    assert flowers.small(garden, 64).size == (96, 64)
    # Of a panorama the shorter side has five sixths of 128 pixels, and the longer one has a bound.
    assert flowers.small(Image.new("RGB", (800, 200)), None).size == (416, 96)
    assert flowers.small(Image.new("RGB", (9000, 200)), None).size == (2048, 96)
    assert flowers.small(Image.new("RGB", (3000, 1000)), 2048).size == (3552, 1184)


def test_of_a_square_of_its_own_size_it_says_what_the_network_says(flowers):
    """A network for any shape is the same network."""
    gray = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    gray = np.asarray(Image.fromarray(gray).resize((128, 128), Image.Resampling.BICUBIC))
    expected = cb_cr(to_unit(colorize(flowers.network, gray[None]))[0])
    chroma = flowers.chroma(to_unit(gray)[..., None])[0]
    small = expected.reshape(64, 2, 64, 2, 2).mean(axis=(1, 3))
    assert chroma.shape == (64, 64, 2)
    assert np.abs(chroma - small).mean() < 0.02
    assert np.corrcoef(chroma.ravel(), small.ravel())[0, 1] > 0.98


def test_what_is_seen_in_a_mirror_counts_as_much(flowers, garden):
    turned = garden.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    colored, mirrored = (flowers.colorize(photograph).astype(int) for photograph in (garden, turned))
    # Single pixels may differ more, where the small copies of both are rounded otherwise.
    assert np.abs(colored - mirrored[:, ::-1]).mean() < 0.5


def test_others_see_a_square(square, garden):
    assert not square.keeps_shape
    assert square.colorize(garden).shape == (90, 150, 3)
    with pytest.raises(UserError, match="sees 32x32 pixels and nothing else"):
        square.colorize(garden, size=64)


def test_several_colourings(tiny, garden):
    options = tiny | {"generator": "pretrained", "generator_filters": None, "lambda_cycle": 0.0}
    for network in (StochasticCycleGAN(**tiny).colorizer, StochasticCycleGAN(**options).colorizer):
        colorings = Colorizer(network).colorize(garden, samples=3, seed=1)
        assert [colored.shape for colored in colorings] == [(90, 150, 3)] * 3
        assert (colorings[0] != colorings[1]).any()
        assert (Colorizer(network).colorize(garden, seed=1) == Colorizer(network).colorize(garden, seed=1)).all()


def test_one_colouring_is_all_that_some_have(flowers, square, garden):
    for colorizer in (flowers, square):
        with pytest.raises(UserError, match="one colouring"):
            colorizer.colorize(garden, samples=2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 0}, "--samples 0 is too small"),
        ({"strength": -1}, "--strength -1 is beyond"),
        ({"size": 16}, "--size 16 is beyond 32 to 2048"),
    ],
)
def test_what_cannot_be_is_refused(flowers, garden, given, message):
    with pytest.raises(UserError, match=message):
        flowers.colorize(garden, **given)


def test_what_is_not_finite_is_no_colouring(garden):
    colorizer = Colorizer(load_network("flowers"))
    colorizer.network.set_weights([np.full_like(weight, np.nan) for weight in colorizer.network.get_weights()])
    with pytest.raises(UserError, match="not finite"):
        colorizer.colorize(garden)


def test_what_comes_along_is_quick_where_onnxruntime_is(flowers, garden, monkeypatch):
    monkeypatch.setattr("models.shipped.find_spec", lambda name: None)
    assert soonest(shipped()[DEFAULT]) == shipped()[DEFAULT]
    assert isinstance(load_colorizer(DEFAULT), Colorizer)
    monkeypatch.undo()
    pytest.importorskip("onnxruntime", reason="ONNX files need pip install -e '.[onnx]'")
    quick = load_colorizer(DEFAULT)
    assert isinstance(quick, OnnxColorizer)
    for size in (None, 96):
        one, other = (colorizer.colorize(garden, size=size).astype(int) for colorizer in (quick, flowers))
        assert np.abs(one - other).max() <= 2


def test_another_file_of_that_name_is_as_it_is(tmp_path):
    for name in ("flowers.npz", "flowers.onnx"):
        (tmp_path / name).touch()
    assert soonest(tmp_path / "flowers.npz") == tmp_path / "flowers.npz"


def test_chroma_there_and_back():
    color = np.random.default_rng(0).random((5, 3)).astype("float32")
    assert luma(color) + chroma_of(cb_cr(color)) == pytest.approx(color, abs=1e-6)
