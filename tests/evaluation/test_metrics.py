"""Every measure by hand: a case one can check, its ideal, and one where it must get worse."""

import numpy as np
import pytest
from skimage.color import lab2rgb

from data_loader.images import luma
from evaluation.metrics import AB_BINS_A_SIDE, MEASURES, Pictures, measure, rarity, rarity_of_colors
from evaluation.statistics import histogram_distance_with_interval

GRAY_SQUARE = 11 * AB_BINS_A_SIDE + 11
IDEAL = {
    "pixel_l1": 0,
    "psnr": 100,
    "ssim": 1,
    "ciede2000": 0,
    "ab_error": 0,
    "auc_ab": 1,
    "auc_ab_rebalanced": 1,
    "colorfulness_gap": 0,
}
NO_IDEAL = {"colorfulness", "colorfulness_absolute", "ab_spread", "pixel_l1_as_published"}


@pytest.fixture
def colors():
    return np.random.default_rng(0).random((6, 16, 16, 3)).astype("float32")


def even_prior():
    return rarity_of_colors(np.full(AB_BINS_A_SIDE**2, 1 / AB_BINS_A_SIDE**2))


def measured(name, original, generated, prior=None):
    values = MEASURES[name].function(Pictures(original), Pictures(generated), even_prior() if prior is None else prior)
    assert values.shape == (len(original),)
    return values


def lab(*values):
    """One pixel of a colour given in CIELAB, (1, 1, 1, 3) in RGB."""
    return lab2rgb(np.array(values, float)[None, None, None])


def test_every_measure_is_here():
    assert set(MEASURES) == set(IDEAL) | NO_IDEAL
    found = measure(Pictures(np.zeros((2, 12, 12, 3))), Pictures(np.ones((2, 12, 12, 3))), even_prior())
    assert set(found) == set(MEASURES)


@pytest.mark.parametrize("name", IDEAL)
def test_perfect_is_ideal_and_a_wrong_colour_is_worse(colors, name):
    assert measured(name, colors, colors) == pytest.approx(np.full(6, IDEAL[name]), abs=1e-4)
    wrong = measured(name, colors, np.repeat(luma(colors), 3, -1))
    sign = {"higher": -1, "lower": 1}[MEASURES[name].better]
    assert (sign * (wrong - IDEAL[name]) > 0.01).all()


def test_pixel_errors_by_hand():
    original, generated = np.array([[[[0.0, 0.5, 1.0]]]]), np.array([[[[0.25, 0.5, 0.5]]]])
    assert measured("pixel_l1", original, generated) == pytest.approx([0.75])
    assert measured("psnr", original, generated) == pytest.approx([-10 * np.log10((0.25**2 + 0.5**2) / 3)])
    assert measured("pixel_l1_as_published", original, original) == pytest.approx([1.0 + 0.5 + 0.0])


def test_ssim_by_hand():
    flat, other = np.full((1, 16, 16, 3), 0.5), np.full((1, 16, 16, 3), 0.25)
    # No variance: only the luminance term is left.
    expected = (2 * 0.5 * 0.25 + 0.01**2) / (0.5**2 + 0.25**2 + 0.01**2)
    assert measured("ssim", flat, other) == pytest.approx([expected], rel=1e-5)


def test_the_published_formula_prefers_a_washed_out_image_and_ours_does_not(colors):
    washed_out = (1 + colors) / 2
    published = [measured("pixel_l1_as_published", colors, image) for image in (washed_out, colors)]
    assert (published[0] < published[1]).all()
    assert (measured("pixel_l1", colors, washed_out) > measured("pixel_l1", colors, colors)).all()


def test_ab_distance_and_its_curve_by_hand():
    gray, pink = lab(60, 0, 0), lab(60, 30, 0)
    assert measured("ab_error", gray, pink) == pytest.approx([30], abs=0.01)
    # Of the thresholds 0 to 150, those from 31 on are above 30.0 and a bit: 120 of 151.
    slightly_more = lab(60, 30.3, 0)
    assert measured("auc_ab", gray, slightly_more) == pytest.approx([120 / 151])
    assert measured("ab_error", lab(40, 0, 0), lab(80, 0, 0)) == pytest.approx([0], abs=0.01)


def test_rebalanced_weighs_rare_colours_more():
    red = 15 * AB_BINS_A_SIDE + 14
    frequency = np.zeros(AB_BINS_A_SIDE**2)
    frequency[[GRAY_SQUARE, red]] = 0.9, 0.1
    prior = rarity_of_colors(frequency)
    assert prior[red] == pytest.approx(9 * prior[GRAY_SQUARE], rel=0.02)
    assert prior[0] >= prior[red]
    # Half of the picture is gray and right, half red and called gray.
    gray, colored = lab(50, 1, 1), lab(50, 41, 29)
    original = np.concatenate([gray, colored], axis=1)
    raw, rebalanced = (
        measured(name, original, np.repeat(gray, 2, 1), prior) for name in ("auc_ab", "auc_ab_rebalanced")
    )
    missed = 1 - measured("auc_ab", colored, gray)
    assert raw == pytest.approx(1 - missed / 2)
    assert rebalanced == pytest.approx(1 - 0.9 * missed, abs=0.01)


def test_ciede2000_by_hand():
    # Equal lightness, gray against a* = 1: ΔE is about a*(1 + G)/S_C with G = 0.5 near the axis.
    assert measured("ciede2000", lab(50, 0, 0), lab(50, 1, 0)) == pytest.approx([1.5 / (1 + 0.045 * 0.75)], rel=0.03)


def test_colorfulness_by_hand(colors):
    assert measured("colorfulness", colors, np.repeat(luma(colors), 3, -1)) == pytest.approx(np.zeros(6), abs=1e-4)
    red = np.zeros((1, 2, 2, 3))
    red[..., 0] = 1
    # rg = 255 and yb = 127.5 everywhere: no deviation, 0.3 of the mean's length.
    assert measured("colorfulness", red, red) == pytest.approx([0.3 * np.hypot(255, 127.5)])
    half = red.copy()
    half[:, 0] = 0
    deviation = np.hypot(127.5, 63.75)
    assert measured("colorfulness", red, half) == pytest.approx([deviation + 0.3 * deviation])
    faded = luma(colors) + 0.5 * (colors - luma(colors))
    assert (measured("colorfulness", colors, faded) < measured("colorfulness", colors, colors)).all()


def test_the_two_colorfulnesses_differ_where_opponents_change_sign():
    red_and_green = np.zeros((1, 1, 2, 3))
    red_and_green[0, 0, 0, 0] = red_and_green[0, 0, 1, 1] = 1
    # rg = ±255 and yb = 127.5: signed deviates by 255 about 0, absolute is 255 without deviation.
    signed, absolute = (measured(f"colorfulness{kind}", red_and_green, red_and_green) for kind in ("", "_absolute"))
    assert signed == pytest.approx([255 + 0.3 * 127.5])
    assert absolute == pytest.approx([0.3 * np.hypot(255, 127.5)])
    assert measured("colorfulness_gap", red_and_green, np.zeros_like(red_and_green)) == pytest.approx(signed)


def test_histogram_distance_is_zero_for_the_same_set_and_one_for_disjoint_ones():
    gray, pink = (Pictures(np.repeat(lab(60, a, 0), 4, axis=1)).ab_histogram for a in (0, 35))
    assert gray[0, GRAY_SQUARE] == 1
    assert histogram_distance_with_interval(gray, gray) == {"mean": 0, "low": 0, "high": 0}
    assert histogram_distance_with_interval(gray, pink)["mean"] == pytest.approx(1)
    both = np.concatenate([gray, pink])
    # The same two pictures in the other order are the same set.
    assert histogram_distance_with_interval(both, both[::-1])["mean"] == pytest.approx(0, abs=1e-6)
    # Half of the pixels in another bin: JS divergence of (1/2, 1/2) and (1, 0) is 0.311 bits.
    half = histogram_distance_with_interval(both, np.concatenate([gray, gray]))
    assert half["mean"] == pytest.approx(np.sqrt(0.3113), abs=1e-3)


def test_histogram_distance_is_no_matter_of_rounding_and_lies_in_its_interval():
    rng = np.random.default_rng(0)
    shades = np.repeat(rng.uniform(0.1, 0.9, (6, 16, 16, 1)), 3, axis=-1)
    tinted = np.clip(shades + rng.uniform(-1, 1, shades.shape) / 255, 0, 1)
    assert histogram_distance_with_interval(*(Pictures(p).ab_histogram for p in (shades, tinted)))["mean"] < 0.05
    sparse = [rng.dirichlet(np.full(529, 0.02), 40) for _ in range(2)]
    found = histogram_distance_with_interval(*sparse)
    assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1


def test_spread_of_hues_by_hand():
    two = np.concatenate([lab(60, 20, 0), lab(60, -20, 0)], axis=1)
    assert measured("ab_spread", two, two) == pytest.approx([20], abs=0.05)
    one_tint = np.concatenate([lab(40, 30, 10), lab(70, 30, 10)], axis=1)
    assert measured("ab_spread", two, one_tint) == pytest.approx([0], abs=0.05)


def test_rarity_is_the_mean_weight_of_the_pixels():
    frequency = np.zeros(AB_BINS_A_SIDE**2)
    frequency[GRAY_SQUARE] = 1
    prior = rarity_of_colors(frequency)
    gray = lab(50, 0, 0)
    assert rarity(Pictures(gray), prior) == pytest.approx([prior[GRAY_SQUARE]])
