"""Colour ends where luma does, and where luma is even nothing new appears."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt

from models.joint_upsampling import Enlargement

SIDE, SMALL = 1024, 64
Y, X = (np.mgrid[: 2 * SIDE, : 2 * SIDE] + 0.5) / 2
SCENES = {
    "a step on the grid": X < 512,
    "a step off the grid": X < 521,
    "a slanted edge": X + 0.37 * Y < 700,
    "a circle": (X - 500) ** 2 + (Y - 520) ** 2 < 300**2,
}


def shrunk(mask, side):
    factor = len(mask) // side
    return mask.astype("float32").reshape(side, factor, side, factor).mean(axis=(1, 3))


def picture(gray):
    return Image.fromarray(np.rint(255 * gray).astype("uint8")).convert("RGB")


@pytest.mark.parametrize("step", [0.4, 0.1])
@pytest.mark.parametrize("name", SCENES)
def test_less_than_a_twentieth_is_left_two_pixels_beyond_an_edge(name, step):
    inside = shrunk(SCENES[name], SIDE)
    chroma = np.stack([shrunk(SCENES[name], SMALL)] * 2, axis=-1)
    enlarged = Enlargement(chroma, picture(0.3 + step * inside)).whole()
    assert enlarged.shape == (SIDE, SIDE, 2)
    beyond = distance_transform_edt(inside == 0) >= 2
    within = distance_transform_edt(inside == 1) >= 2
    assert enlarged[beyond].max() < 0.05
    assert enlarged[within].mean() > 0.99


def test_on_an_even_gray_no_edge_appears():
    random = np.random.default_rng(0).uniform(-0.5, 0.5, (SMALL, SMALL, 1)).astype("float32")
    enlarged = Enlargement(random, picture(np.full((SIDE, SIDE), 0.5))).whole()[..., 0]
    # Sixteen pixels lie between two small ones, and a B-spline takes no step at all in any of them.
    assert np.abs(np.diff(enlarged, axis=0)).max() < 1.1 / 16
    assert enlarged.mean() == pytest.approx(random.mean(), abs=0.01)


def test_one_colour_stays_one_colour_whatever_the_luma():
    gray = np.random.default_rng(0).uniform(0, 1, (90, 130))
    enlarged = Enlargement(np.full((4, 6, 2), 0.25, "float32"), picture(gray)).whole()
    assert enlarged == pytest.approx(0.25, abs=1e-5)


def test_large_photographs_go_by_a_middle_size_strip_by_strip():
    wide = Image.fromarray(np.zeros((40, 4096, 3), np.uint8))
    wide.paste((180, 180, 180), (2050, 0, 4096, 40))
    chroma = np.zeros((2, 64, 2), np.float32)
    chroma[:, :32] = 1
    enlargement = Enlargement(chroma, wide)
    assert enlargement.taps == 3
    rows = enlargement.rows(range(3, 5), np.asarray(wide)[3:5, :, 0] / np.float32(255))
    assert rows == pytest.approx(enlargement.whole()[3:5], abs=1e-6)
    assert rows[0, 2045].min() > 0.95
    assert rows[0, 2053].max() < 0.05
