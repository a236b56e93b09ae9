"""Trivial rows, tables and intervals, by hand."""

import numpy as np
import pytest

from data_loader.flowers import Flowers
from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import possible_flowers
from evaluation.baselines import _weighted_median, ab_prior, color_means, law_report, trivial_colorings
from evaluation.scores import MOST_ALONE, Scores, mean_scores, score, summarize
from evaluation.statistics import mean_with_interval, ratio_with_interval

ORACLE = "luma + own mean chroma (oracle)"


def pixel_l1(a, b):
    return np.abs(np.asarray(a, float) - b).sum(axis=(1, 2, 3))


@pytest.fixture
def colors():
    return np.random.default_rng(0).random((6, 12, 12, 3)).astype("float32")


def test_means_are_exact_and_trivial_rows_see_what_they_may(colors):
    split = make_flowers((colors * 255).astype(np.uint8)).split("train")
    mean_color, mean_chroma = color_means(split)
    pixels = split.flowers.images.reshape(-1, 3).astype(float) / 255
    assert mean_color == pytest.approx(pixels.mean(axis=0), abs=1e-7)
    assert mean_chroma == pytest.approx((pixels - luma(pixels)).mean(axis=0), abs=1e-6)
    rows = trivial_colorings(split, mean_color, mean_chroma)
    shuffled = luma(colors) + np.roll(colors - luma(colors), 1, axis=0)
    everything = range(6)
    for name in ("gray unchanged", "mean color", "luma + mean chroma"):
        assert rows[name](everything, colors) == pytest.approx(rows[name](everything, shuffled), abs=1e-5), name
    oracle, blind = (pixel_l1(colors, rows[name](everything, colors)) for name in (ORACLE, "luma + mean chroma"))
    assert oracle.mean() < blind.mean()
    other = rows["a random other image"](everything, colors)
    assert sorted(other.sum(axis=(1, 2, 3)).round(3)) == sorted(to_unit(split.color()).sum(axis=(1, 2, 3)).round(3))
    assert (np.abs(other - to_unit(split.color())).max(axis=(1, 2, 3)) > 0.1).all()


def make_flowers(images):
    count = len(images)
    return Flowers(
        "x",
        "x",
        images,
        list(map(str, range(count))),
        np.zeros(count, int),
        [""],
        np.full(count, "train"),
        np.arange(count),
        "",
    )


def test_processes_give_the_scores_of_one():
    images = MOST_ALONE + 29
    split = make_flowers(np.random.default_rng(0).integers(256, size=(images, 12, 12, 3), dtype=np.uint8)).split(
        "train"
    )
    rows, prior = trivial_colorings(split, *color_means(split)), ab_prior(split)
    alone, shared = (score(rows, split, prior, processes=count) for count in (1, 2))
    for name, row in alone.items():
        assert all((values == shared[name].values[measure]).all() for measure, values in row.values.items()), name
        assert (row.ab_histograms == shared[name].ab_histograms).all()


def test_scores_do_not_depend_on_the_chunk_and_are_the_same_twice(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (7, 12, 12, 3), np.uint8)
    split = make_flowers(images).split("train")
    rows = trivial_colorings(split, *color_means(split))
    first = score(rows, split, ab_prior(split))
    monkeypatch.setattr("evaluation.baselines.CHUNK", 3)
    second = score(rows, split, ab_prior(split))
    for name in rows:
        for measure, values in first[name].values.items():
            assert len(values) == 7
            assert values == pytest.approx(second[name].values[measure], rel=1e-5, abs=1e-5), measure
    assert summarize(first) == summarize(first)
    gray, perfect = (summarize(first)[name] for name in ("gray unchanged", "perfect"))
    assert gray["ratio_to_gray"]["mean"] == 1
    assert perfect["ratio_to_gray"]["high"] == 0
    assert perfect["ab_histogram_distance"]["high"] == 0
    assert gray["colorfulness_of_set"]["mean"] == pytest.approx(-perfect["colorfulness"]["mean"], abs=1e-3)


def test_the_rebalanced_share_is_that_of_all_pixels(colors):
    split = make_flowers((colors * 255).astype(np.uint8)).split("train")
    rows = trivial_colorings(split, *color_means(split))
    gray = score({"perfect": rows["perfect"], "gray unchanged": rows["gray unchanged"]}, split, ab_prior(split))
    row = gray["gray unchanged"]
    pooled = (row.values["auc_ab_rebalanced"] * row.rarity).sum() / row.rarity.sum()
    assert summarize(gray)["gray unchanged"]["auc_ab_rebalanced"]["mean"] == pytest.approx(pooled)


def test_intervals_hold_the_mean_and_narrow_with_more_images():
    rng = np.random.default_rng(0)
    few, many = (mean_with_interval(rng.normal(5, 1, count)) for count in (30, 3000))
    assert few["low"] < few["mean"] < few["high"]
    assert few["high"] - few["low"] == pytest.approx(2 * 1.96 / np.sqrt(30), rel=0.3)
    assert many["high"] - many["low"] == pytest.approx(2 * 1.96 / np.sqrt(3000), rel=0.2)
    assert mean_with_interval([3.0]) == {"mean": 3, "low": 3, "high": 3}
    values = rng.uniform(1, 2, 50)
    ratio = ratio_with_interval(values / 2, values)
    assert (ratio["low"], ratio["high"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_weighted_median_is_the_best_constant():
    values = np.array([[0.0], [1.0], [5.0]])
    assert _weighted_median(values, np.array([0.3, 0.3, 0.4])).tolist() == [[1.0]]
    assert _weighted_median(values, np.array([0.5, 0.3, 0.2])).tolist() == [[0.0]]
    assert _weighted_median(values, np.array([0.1, 0.3, 0.6])).tolist() == [[5.0]]


def test_the_colour_law_is_zero_for_one_color_and_bounds_what_can_be_reached():
    from data_loader import load_flowers
    from data_loader.flowers import Split

    flowers = load_flowers("synthetic", 32)
    single, several = (Split(flowers, np.array([start, start + 1])) for start in (200, 500))
    assert law_report(single) == {
        "expected_best_pixel_l1": 0.0,
        "expected_best_ratio_to_gray": 0.0,
        "diversity": 0.0,
    }
    law = law_report(several)
    assert 0 < law["expected_best_ratio_to_gray"] < 1
    # With two hues, 0.6 and 0.4, at a distance d: the best constant is the likelier one.
    two = Split(flowers, np.array([100]))
    images, _ = possible_flowers(100, 32)
    distance = pixel_l1(to_unit(images[:1]), to_unit(images[1:]))[0]
    assert law_report(two)["expected_best_pixel_l1"] == pytest.approx(0.4 * distance)
    assert law_report(two)["diversity"] == pytest.approx(2 * 0.6 * 0.4 * distance)


def test_the_mean_of_several_scores_is_taken_picture_by_picture():
    several = [
        Scores({"pixel_l1": np.array(values)}, np.array([[share, 1 - share]] * 2), np.ones(2))
        for values, share in (([1.0, 5.0], 0.0), ([3.0, 9.0], 0.5))
    ]
    mean = mean_scores(several)
    assert mean.values["pixel_l1"].tolist() == [2, 7]
    assert mean.ab_histograms.tolist() == [[0.25, 0.75]] * 2
