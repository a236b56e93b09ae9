"""How different a stochastic colorizer's colourings of one picture are, and whether that helps (§4.3)."""

import warnings

import numpy as np
from skimage.color import lab2rgb, rgb2lab

from data_loader.images import luma, to_unit
from evaluation.baselines import CHUNK, originals
from evaluation.metrics import l1
from evaluation.statistics import mean_with_interval, share_with_interval

# Colourings that differ by less on average, of a range of 1, are one and the same to the eye and to 8 bits.
COLLAPSED = 1 / 255


def diversity(colorize, split, samples, progress=lambda pieces: pieces):
    """Draw several colourings of each picture.

    Args:
        colorize: function of gray (n, S, S, 1) in [0, 1], a number of samples and a seed, to uint8
            (n, samples, S, S, 3).
        split: `data_loader.flowers.Split`.
        samples: colourings a picture, at least 2.
        progress: wraps the list of pieces in a progress bar.

    Returns:
        dict of means with 95 % intervals over pictures: `pairwise_chroma_l1`, the mean absolute difference of two
        colourings' chroma (RGB − luma) a value, in [0, 1]; `collapsed`, the share of pictures for which that is below
        1/255; `one_sample`, `best_of_k` and `best_of_k_random_hues`, pixel-L1 of the first, of the best colouring, and
        of the best of the first and k - 1 copies of it with hues turned by random angles: what blind luck gets.
    """
    rows = []
    # A picture is as much work here as `samples` are elsewhere.
    step = max(1, CHUNK // samples)
    for start in progress(range(0, len(split), step)):
        color = originals(split, range(start, min(start + step, len(split))))
        colorings = to_unit(colorize(luma(color), samples, (0, start)))
        angles = np.random.default_rng((1, start)).uniform(0, 2 * np.pi, (len(color), samples - 1))
        for original, drawn, turns in zip(color, colorings, angles, strict=True):
            apart = pairwise_chroma_l1(drawn)
            error = l1(drawn, original)
            lucky = l1(turned_hues(drawn[0], turns), original)
            rows.append((apart, error[0], error.min(), min(error[0], *lucky)))
    names = ("pairwise_chroma_l1", "one_sample", "best_of_k", "best_of_k_random_hues")
    found = dict(zip(names, zip(*rows, strict=True), strict=True))
    collapsed = sum(apart < COLLAPSED for apart in found["pairwise_chroma_l1"])
    means = {name: mean_with_interval(values) for name, values in found.items()}
    return means | {"collapsed": share_with_interval(collapsed, len(split))}


def pairwise_chroma_l1(colorings):
    """Mean over pairs of colourings (k, H, W, 3) in [0, 1] of the mean absolute difference of their chroma."""
    chroma = (colorings - luma(colorings)).astype(np.float64)
    pairs = np.triu_indices(len(chroma), 1)
    return float(np.mean([np.abs(chroma[a] - chroma[b]).mean() for a, b in zip(*pairs, strict=True)]))


def turned_hues(rgb, angles):
    """A picture (H, W, 3) in [0, 1] with its hues turned in the ab plane, one for each angle: (k, H, W, 3)."""
    lightness, a, b = np.moveaxis(rgb2lab(rgb), -1, 0)
    cos, sin = np.cos(angles)[:, None, None], np.sin(angles)[:, None, None]
    lightness = np.broadcast_to(lightness, (len(angles), *lightness.shape))
    turned = np.stack([lightness, cos * a - sin * b, sin * a + cos * b], axis=-1)
    with warnings.catch_warnings():
        # A turned hue may lie outside RGB; it is clipped.
        warnings.simplefilter("ignore", UserWarning)
        return lab2rgb(turned)
