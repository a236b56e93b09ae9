"""Petal colours of several colourings, by colorizers whose answer is known."""

import numpy as np
import pytest

from data_loader import load_flowers
from data_loader.synthetic_flowers import SPECIES, possible_flowers
from evaluation.petals import petal_colors

SIZE = 32


@pytest.fixture(scope="module")
def split():
    return load_flowers("synthetic", image_size=SIZE).split("val")


def painter(split, draw):
    """A colorizer that paints each picture in those of its law's colours that `draw` (colours, samples) says."""

    def colorize(gray, samples, seed):
        numbers = split.positions[seed[1] : seed[1] + len(gray)]
        possible = (possible_flowers(int(number), SIZE)[0] for number in numbers)
        return np.stack([images[draw(len(images), samples)] for images in possible])

    return colorize


def test_one_that_knows_the_law_finds_all(split):
    measured = petal_colors(painter(split, lambda colors, samples: np.arange(samples) % colors), split, samples=6)
    assert measured["found"]["mean"] == 1
    assert measured["single_right"]["mean"] == 1
    # Of all colours as often: |1/2 − 0.6| twice halved, and the primrose's |1/3 − 0.5| + |1/3 − 0.3| + |1/3 − 0.2|.
    assert measured["law_distance"] == pytest.approx((0.1 + 0.1 + 1 / 6) / 3)
    assert measured["primrose_red"] == pytest.approx(1 / 3)


def test_one_with_a_single_answer_finds_a_share(split):
    measured = petal_colors(painter(split, lambda colors, samples: np.zeros(samples, int)), split, samples=3)
    several = [len(species.colors) for species in SPECIES.values() if len(species.colors) > 1]
    assert measured["found"]["mean"] == pytest.approx(np.mean([1 / count for count in several]))
    assert measured["daisy_pink"] == 1
    assert measured["law_distance"] == pytest.approx((0.4 + 0.4 + 0.5) / 3)


def test_gray_petals_have_no_colour_of_the_law(split):
    def colorize(gray, samples, seed):
        return (255 * np.repeat(gray[:, None], samples, axis=1).repeat(3, axis=-1)).astype("uint8")

    measured = petal_colors(colorize, split, samples=2)
    assert measured["found"]["mean"] == measured["single_right"]["mean"] == measured["daisy_pink"] == 0
