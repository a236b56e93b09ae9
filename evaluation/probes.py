"""What scores do not show: brightness, cycles, hidden colour, and how different several colourings are.

Each takes a `data_loader.flowers.Split`, and as `progress` what wraps the list of its pieces in a progress bar; each
gives dicts of a mean with its 95 % interval over the pictures.
"""

import io
import warnings

import numpy as np
import scipy
import skimage
from PIL import Image

from data_loader.images import correlations, in_gamut, luma, to_uint8, to_unit
from evaluation.baselines import CHUNK, measured
from evaluation.metrics import l1
from evaluation.statistics import interval, mean_with_interval, share_with_interval

# Fewer have no interval.
FEWEST_PICTURES = 4
# What rounding makes of means that are equal.
EQUAL = 1e-6
NOISE = (0.01, 0.02, 0.05, 0.1)
JPEG_QUALITIES = (95, 75)
# Colourings that differ by less on average, of a range of 1, are one and the same to the eye and to 8 bits.
COLLAPSED = 1 / 255


def brightness(coloring, split, progress=iter):
    """How brightness goes through G, and what the colours alone are worth.

    Two generators may exchange bright and dark pictures, or bright and dark within them, as a negative does: the cycle
    brings both back, and a discriminator that sees no pairs finds as many of each as before.

    Args:
        coloring: function of (which, originals) to colourings.

    Returns:
        dict of `correlation`, over pictures, of the mean luma of x and of G(x), with Fisher's interval (None where all
        are equally bright or fewer than `FEWEST_PICTURES`); `within`, the mean correlation of both over a picture's
        pixels, of the pictures that are not flat (None where all are); and `luma_put_back`, the pixel-L1 of G(x)'s
        chroma over x, which is how `colorize.py` colours photographs.
    """

    def through(which, color):
        gray, colored = luma(color), coloring(which, color)
        own = luma(colored)
        return {
            "before": gray.mean(axis=(1, 2, 3)),
            "after": own.mean(axis=(1, 2, 3)),
            "within": correlations(gray, own),
            "errors": l1(in_gamut(gray, colored - own), color),
        }

    values = measured(through, split, progress)
    within = values["within"][~np.isnan(values["within"])]
    return {
        "correlation": _correlation(values["before"], values["after"]),
        "within": mean_with_interval(within) if len(within) else None,
        "luma_put_back": mean_with_interval(values["errors"]),
    }


def _correlation(first, second):
    if len(first) < FEWEST_PICTURES or min(np.ptp(first), np.ptp(second)) < EQUAL:
        return None
    correlation = scipy.stats.pearsonr(first, second)
    return interval(correlation.statistic, *correlation.confidence_interval(0.95))


def cycle_errors(to_color, to_gray, split, progress=iter):
    """How well both cycles of Eq. 2 bring a picture back: `gray`, ‖F(G(x)) − x‖₁, and `color`, ‖G(F(y)) − y‖₁.

    Args:
        to_color, to_gray: G and F as functions of (pictures, seed) to pictures, (n, S, S, 1) and (n, S, S, 3), in
            [0, 1], without rounding to 8 bits, since what F hides may be smaller.
    """

    def errors(which, color):
        gray, seed = luma(color), (2, which.start)
        return {
            "gray": l1(to_gray(to_color(gray, seed), seed), gray),
            "color": l1(to_color(to_gray(color, seed), seed), color),
        }

    return _means(measured(errors, split, progress))


def hidden_color(to_color, to_gray, split, progress=iter):
    """Pixel-L1 of G's colouring of F(y), of F(y) disturbed, and of the true luma of y, by the name of the probe.

    Where F hides no colour, G does as well from the luma as from F(y), and a disturbance costs both the same. Where
    "F(y)" is far nearer than "luma(y)" and noise or JPEG undoes that, at little cost to "luma(y)" (the control), the
    colours were written into F(y). Noise is Gaussian, its deviation in units of [0, 1]. G and F as in `cycle_errors`.
    """

    def errors(which, color):
        seed = (2, which.start)
        probes = _probes(to_gray(color, seed), luma(color), seed)
        return {name: l1(to_color(gray, seed), color) for name, gray in probes.items()}

    return _means(measured(errors, split, progress))


def _means(values):
    return {name: mean_with_interval(of_pictures) for name, of_pictures in values.items()}


def _probes(fake_gray, true_gray, seed):
    """Name to gray pictures: F(y) and the control, as they are and disturbed."""
    noise = np.random.default_rng((*seed, 1)).standard_normal(fake_gray.shape, dtype=np.float32)
    probes = {}
    for name, gray in (("luma(y)", true_gray), ("F(y)", fake_gray)):
        probes[name] = gray
        probes[f"{name} in 8 bits"] = to_unit(to_uint8(gray))
        probes |= {f"{name} + noise of {deviation}": gray + np.float32(deviation) * noise for deviation in NOISE}
        probes |= {f"JPEG of {name}, quality {quality}": _as_jpeg(gray, quality) for quality in JPEG_QUALITIES}
    return probes


def _as_jpeg(gray, quality):
    """Gray pictures (n, S, S, 1) in [0, 1] as they come back from a JPEG file."""
    decoded = []
    for picture in to_uint8(gray[..., 0]):
        with io.BytesIO() as file:
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            decoded.append(np.asarray(Image.open(file)))
    return to_unit(np.stack(decoded)[..., None])


def diversity(colorize, split, samples, progress=iter):
    """How different several colourings of a picture are, and whether the best of them is better than luck.

    Args:
        colorize: function of gray (n, S, S, 1) in [0, 1], a number of samples and a seed, to uint8
            (n, samples, S, S, 3).
        samples: colourings a picture, at least 2.

    Returns:
        dict of `pairwise_chroma_l1`, the mean absolute difference of two colourings' chroma (RGB − luma) a value, in
        [0, 1]; `collapsed`, the share of pictures for which that is below 1/255; `one_sample`, `best_of_k` and
        `best_of_k_random_hues`, pixel-L1 of the first, of the best colouring, and of the best of the first and k - 1
        copies of it with hues turned by random angles: what blind luck gets.
    """
    names = ("pairwise_chroma_l1", "one_sample", "best_of_k", "best_of_k_random_hues")

    def of_pictures(which, color):
        colorings = to_unit(colorize(luma(color), samples, (0, which.start)))
        angles = np.random.default_rng((1, which.start)).uniform(0, 2 * np.pi, (len(color), samples - 1))
        rows = []
        for original, drawn, turns in zip(color, colorings, angles, strict=True):
            error, lucky = l1(drawn, original), l1(turned_hues(drawn[0], turns), original)
            rows.append((pairwise_chroma_l1(drawn), error[0], error.min(), min(error[0], *lucky)))
        return dict(zip(names, np.array(rows).T, strict=True))

    # A picture is as much work here as `samples` are elsewhere.
    values = measured(of_pictures, split, progress, size=max(1, CHUNK // samples))
    collapsed = int((values["pairwise_chroma_l1"] < COLLAPSED).sum())
    return _means(values) | {"collapsed": share_with_interval(collapsed, len(split))}


def pairwise_chroma_l1(colorings):
    """Mean over pairs of colourings (k, H, W, 3) in [0, 1] of the mean absolute difference of their chroma."""
    chroma = (colorings - luma(colorings)).astype(np.float64)
    pairs = np.triu_indices(len(chroma), 1)
    return float(np.mean([np.abs(chroma[a] - chroma[b]).mean() for a, b in zip(*pairs, strict=True)]))


def turned_hues(rgb, angles):
    """A picture (H, W, 3) in [0, 1] with its hues turned in the ab plane, one for each angle: (k, H, W, 3)."""
    lightness, a, b = np.moveaxis(skimage.color.rgb2lab(rgb), -1, 0)
    cos, sin = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    lightness = np.broadcast_to(lightness, (len(angles), *lightness.shape))
    turned = np.stack([lightness, cos * a - sin * b, sin * a + cos * b], axis=-1)
    with warnings.catch_warnings():
        # A turned hue may lie outside RGB; it is clipped.
        warnings.simplefilter("ignore", UserWarning)
        return skimage.color.lab2rgb(turned)
