"""Cycles, hidden colour, diversity and the class test, with colorizers whose answer is known."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from data_loader import load_flowers
from data_loader.flowers import Flowers
from data_loader.images import in_gamut, luma, to_uint8, to_unit
from evaluation import classifier
from evaluation.classifier import class_accuracy, trained_classifier
from evaluation.metrics import l1
from evaluation.probes import brightness, cycle_errors, diversity, hidden_color, pairwise_chroma_l1, turned_hues


@pytest.fixture
def split():
    """Four pictures of one colour each, green, dark green, red and gray."""
    colors = np.array([[60, 150, 60], [30, 75, 30], [200, 60, 60], [90, 90, 90]], np.uint8)
    images = np.broadcast_to(colors[:, None, None], (4, 16, 16, 3))
    all_test = np.full(4, "test")
    flowers = Flowers(
        "x", "x", images, list("abcd"), np.array([0, 0, 1, 2]), ["leaf", "rose", "soil"], all_test, None, ""
    )
    return flowers.split("test")


@pytest.fixture
def textured():
    """Four gray pictures of noise, each brighter than the one before."""
    shades = np.array([60, 100, 140, 180], np.uint8)[:, None, None, None]
    images = shades + np.random.default_rng(0).integers(0, 50, (4, 16, 16, 1), np.uint8).repeat(3, axis=-1)
    return Flowers("x", "x", images, list("abcd"), np.zeros(4, int), ["leaf"], np.full(4, "test"), None, "").split(
        "test"
    )


def gray_as_color(gray, seed=None):
    return np.repeat(gray, 3, axis=-1)


def to_luma(color, seed=None):
    return luma(color)


def test_cycle_errors_by_hand(split):
    from data_loader.images import to_unit

    found = cycle_errors(gray_as_color, to_luma, split)
    assert found["gray"]["mean"] == pytest.approx(0, abs=1e-3)
    color = to_unit(split.color())
    expected = np.abs(color - luma(color)).sum(axis=(1, 2, 3)).mean()
    assert found["color"]["mean"] == pytest.approx(expected, rel=1e-4)
    darker = cycle_errors(gray_as_color, lambda color, seed: luma(color) - 0.1, split)
    assert darker["gray"]["mean"] == pytest.approx(0.1 * 16 * 16, rel=1e-3)


def test_brightness_by_hand(split):
    def exchanged(which, color):
        """The right colours, over the pictures' luma turned round."""
        return color + 0.7 - 2 * luma(color)

    found = brightness(exchanged, split)
    assert found["correlation"]["mean"] == pytest.approx(-1)
    assert found["luma_put_back"]["mean"] == pytest.approx(0, abs=1e-2)
    kept = brightness(lambda which, color: gray_as_color(luma(color)), split)
    assert kept["correlation"]["mean"] == pytest.approx(1)
    # Pictures of one colour have nothing within them to compare.
    assert found["within"] is kept["within"] is None
    color = to_unit(split.color())
    assert kept["luma_put_back"]["mean"] == pytest.approx(np.abs(color - luma(color)).sum() / 4, rel=1e-3)
    assert brightness(lambda which, color: 0 * color, split)["correlation"] is None
    # What leaves the range is brought back as colorize.py does, at the same luma.
    strong = brightness(lambda which, color: color + 3 * (color - luma(color)), split)
    expected = l1(in_gamut(luma(color), 4 * (color - luma(color))), color).mean()
    assert strong["luma_put_back"]["mean"] == pytest.approx(expected, rel=1e-3)
    assert expected != pytest.approx(l1(np.clip(luma(color) + 4 * (color - luma(color)), 0, 1), color).mean(), rel=0.01)


def test_pictures_exchanged_whole_are_told_from_negatives(textured):
    def exchanged(which, color):
        """Each picture's own contrast, about the opposite brightness."""
        return color + 1 - 2 * color.mean(axis=(1, 2, 3), keepdims=True)

    def negative(which, color):
        """Each picture's own brightness, with its contrast turned round; flat, which says nothing, of the first."""
        shade = color.mean(axis=(1, 2, 3), keepdims=True)
        return np.where(np.asarray(which).reshape(-1, 1, 1, 1) == 0, shade, 2 * shade - color)

    for coloring, over, within in ((exchanged, -1, 1), (negative, 1, -1)):
        found = brightness(coloring, textured)
        assert found["correlation"]["mean"] == pytest.approx(over, abs=1e-4)
        assert found["within"]["mean"] == pytest.approx(within, abs=1e-4)


def test_what_rounding_leaves_is_no_contrast(textured):
    def rounded(which, color):
        """One colour for all, but for some pixels of the first picture, as a matrix product may leave them."""
        colored = np.full_like(color, 0.5)
        colored[np.asarray(which) == 0, ::3] += 1e-7
        return colored

    found = brightness(rounded, textured)
    assert (found["correlation"], found["within"]) == (None, None)


def test_probes_find_colour_that_is_hidden_and_none_where_there_is_none(split):
    def hides(color, seed=None):
        # Writes a thousandth of red − luma over the luma.
        return luma(color) + 0.004 * (color[..., :1] - luma(color)) * checkers

    def reads(gray, seed=None):
        written = (gray * checkers).mean(axis=(1, 2), keepdims=True) / 0.004
        shade = gray.mean(axis=(1, 2), keepdims=True)
        red = shade + written
        blue_green = (shade - 0.299 * red) / (1 - 0.299)
        return np.concatenate([red, blue_green, blue_green], axis=-1) * np.ones_like(gray)

    y, x = np.mgrid[:16, :16]
    checkers = ((-1.0) ** (x + y))[None, ..., None]
    hidden = {name: value["mean"] for name, value in hidden_color(reads, hides, split).items()}
    assert hidden["F(y)"] < 0.7 * hidden["luma(y)"]
    assert hidden["F(y) + noise of 0.1"] > hidden["F(y) + noise of 0.01"] > hidden["F(y)"]
    assert hidden["JPEG of F(y), quality 75"] > 1.1 * hidden["F(y)"]
    honest = {name: value["mean"] for name, value in hidden_color(gray_as_color, to_luma, split).items()}
    assert honest["F(y)"] == pytest.approx(honest["luma(y)"])


def test_diversity_of_a_collapsed_and_of_a_lively_colorizer(split):
    def one(gray, samples, seed):
        return to_uint8(np.repeat(gray_as_color(gray)[:, None], samples, axis=1))

    def lively(gray, samples, seed):
        # Another hue for each picture and sample; its chroma is far from gray.
        random = np.random.default_rng(seed).uniform(-0.2, 0.2, (len(gray), samples, 1, 1, 3))
        return to_uint8(gray[:, None] + random)

    collapsed, alive = (diversity(colorize, split, samples=4) for colorize in (one, lively))
    assert collapsed["pairwise_chroma_l1"]["mean"] == 0
    assert collapsed["collapsed"]["mean"] == 1
    assert collapsed["best_of_k"] == collapsed["one_sample"]
    assert alive["collapsed"]["mean"] == 0
    assert alive["pairwise_chroma_l1"]["mean"] > 0.02
    assert alive["best_of_k"]["mean"] < alive["one_sample"]["mean"]
    assert diversity(lively, split, samples=4) == alive


def test_pairwise_chroma_by_hand():
    gray = np.full((2, 2, 3), 0.5)
    red = gray + np.array([0.2, 0, 0])
    # Chroma of red − gray: 0.2 − 0.0598, −0.0598, −0.0598; of three pairs one is the same twice.
    apart = (0.1402 + 2 * 0.0598) / 3
    assert pairwise_chroma_l1(np.stack([gray, red])) == pytest.approx(apart, rel=1e-3)
    assert pairwise_chroma_l1(np.stack([gray, red, red])) == pytest.approx(apart * 2 / 3, rel=1e-3)


def test_turned_hues_keep_lightness_and_saturation():
    rgb = np.full((2, 2, 3), (0.5, 0.45, 0.4))
    turned = turned_hues(rgb, np.array([0.0, np.pi]))
    assert turned[0] == pytest.approx(rgb, abs=1e-3)
    before, after = rgb2lab(rgb), rgb2lab(turned[1])
    assert after[..., 0] == pytest.approx(before[..., 0], abs=0.1)
    assert after[..., 1:] == pytest.approx(-before[..., 1:], abs=0.2)


def test_class_accuracy_by_hand(split):
    def by_hue(pictures):
        mean = pictures.mean(axis=(1, 2))
        return np.where(np.ptp(mean, axis=-1) < 0.1, 2, (mean[:, 0] > mean[:, 1]).astype(int))

    found = class_accuracy(
        by_hue, {"real": lambda which, color: color, "gray": lambda which, color: gray_as_color(luma(color))}, split
    )
    assert found["real"]["mean"] == 1
    assert found["gray"]["mean"] == 0.25


def test_a_classifier_learns_its_classes_once(tmp_path, monkeypatch, uncompiled):
    from PIL import Image

    for kind, hue in (("red", 0), ("blue", 2)):
        (tmp_path / kind).mkdir()
        for number in range(10):
            pixels = np.random.default_rng(number).integers(0, 90, (32, 32, 3), np.uint8)
            pixels[..., hue] += 150
            Image.fromarray(pixels).save(tmp_path / kind / f"{number}.png")
    flowers = load_flowers(str(tmp_path), image_size=32)
    monkeypatch.setattr(classifier, "RECIPE", classifier.Recipe(filters=4, epochs=30, batch_size=8))
    trained, split = trained_classifier(flowers), flowers.split("train")
    originals = to_unit(split.color())
    assert (trained(originals) == split.labels).all()
    monkeypatch.setattr(classifier, "train_classifier", None)
    again = trained_classifier(flowers)
    assert (again(originals) == split.labels).all()
    assert again.digest == trained.digest
    # Other labels of the same pictures are another classifier, which would be trained.
    flowers.labels[:] = flowers.labels[::-1]
    with pytest.raises(TypeError):
        trained_classifier(flowers)
