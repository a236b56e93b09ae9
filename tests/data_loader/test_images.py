import numpy as np
import pytest
from PIL import Image

from data_loader.images import from_network, in_gamut, luma, resize, to_network, to_uint8, to_unit


def test_luma_is_bt601_in_whatever_range():
    color = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]], np.uint8)
    assert luma(color)[:, 0] == pytest.approx([76.245, 149.685, 29.07, 255], abs=1e-3)
    assert luma(to_unit(color))[:, 0] == pytest.approx([0.299, 0.587, 0.114, 1], abs=1e-6)
    assert luma(color).shape == (4, 1)


def test_ranges_there_and_back():
    values = np.arange(256, dtype=np.uint8)
    assert to_network(values).min() == -1
    assert to_network(values).max() == 1
    assert (to_uint8(from_network(to_network(values))) == values).all()
    assert from_network(np.array([-2.0, 3.0])).tolist() == [0, 1]


def test_gray_of_the_network_range_is_the_network_range_of_gray():
    color = np.random.default_rng(0).integers(0, 256, (5, 3), np.uint8)
    assert luma(to_network(color)) == pytest.approx(to_network(luma(to_unit(color))), abs=1e-6)


def test_in_gamut_keeps_the_luma_and_the_range():
    rng = np.random.default_rng(0)
    gray = rng.random((100, 1))
    chroma = rng.normal(size=(100, 3))
    chroma -= luma(chroma)
    color = in_gamut(gray, chroma)
    assert luma(color) == pytest.approx(gray, abs=1e-6)
    assert color.min() >= -1e-9
    assert color.max() <= 1 + 1e-9
    assert in_gamut(np.array([[0.5]]), np.zeros((1, 3))).tolist() == [[0.5, 0.5, 0.5]]


def test_resize_is_pillows_bilinear_without_crop():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 60, 3), np.uint8))
    assert (resize(image, 16) == np.asarray(image.resize((16, 16), Image.Resampling.BILINEAR))).all()
