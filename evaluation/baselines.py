"""Trivial colourings: what a score is worth shows beside them."""

import numpy as np

from data_loader.images import luma, to_unit
from evaluation.metrics import AbPrior
from evaluation.pictures import Pictures

CHUNK = 32
PERFECT, GRAY = "perfect", "gray unchanged"
MEAN_COLOR, MEAN_CHROMA, OWN_CHROMA = "mean color", "luma + mean chroma", "luma + own mean chroma (oracle)"
OTHER_IMAGE = "a random other image"
TRIVIAL_ROWS = (PERFECT, GRAY, MEAN_COLOR, MEAN_CHROMA, OWN_CHROMA, OTHER_IMAGE)


def pieces(split):
    """Ranges that cover a split, some pictures each, so that memory stays bounded."""
    return [range(start, min(start + CHUNK, len(split))) for start in range(0, len(split), CHUNK)]


def originals(split, which):
    """Colour originals of a split, float32 (n, S, S, 3) in [0, 1]; `which` indexes into it."""
    return to_unit(split.color(list(which)))


def color_means(split):
    """Mean colour and mean chroma (RGB − luma) of a split's pixels, each (3,), summed in float64.

    In float32 the mean over a whole data set is off in the third digit.
    """
    color_sum, chroma_sum, pixels = np.zeros(3), np.zeros(3), 0
    for piece in pieces(split):
        color = originals(split, piece)
        color_sum += color.sum(axis=(0, 1, 2), dtype=np.float64)
        chroma_sum += (color - luma(color)).sum(axis=(0, 1, 2), dtype=np.float64)
        pixels += color[..., 0].size
    return color_sum / pixels, chroma_sum / pixels


def ab_prior(split):
    """How often the colours of the ab plane occur in a split."""
    total = sum(Pictures(originals(split, piece)).ab_histogram.sum(axis=0) for piece in pieces(split))
    return AbPrior(total / len(split))


def known_split(flowers, split_name):
    """What statistics of the data come from: the training split, or all where all is scored or nothing trains."""
    return flowers.split("all" if split_name == "all" or not (flowers.split_of == "train").any() else "train")


def trivial_colorings(split, mean_color, mean_chroma):
    """What trivial colorizers make of a split's pictures.

    "perfect" and the oracle see the answer; the others see its luma alone. Sums of luma and chroma are
    clipped to [0, 1].

    Args:
        split: of which pictures are coloured.
        mean_color, mean_chroma: (3,), of the training pictures.

    Returns:
        name to function of (which, originals) to colourings (n, S, S, 3) in [0, 1], where `which` are the
        positions of the originals in the split.
    """

    def own_mean_chroma(which, color):
        return np.clip(luma(color) + (color - luma(color)).mean(axis=(1, 2), keepdims=True), 0, 1)

    rows = {
        PERFECT: lambda which, color: color,
        GRAY: lambda which, color: np.repeat(luma(color), 3, axis=-1),
        MEAN_COLOR: lambda which, color: np.broadcast_to(mean_color, color.shape),
        MEAN_CHROMA: lambda which, color: np.clip(luma(color) + mean_chroma, 0, 1),
        OWN_CHROMA: own_mean_chroma,
    }
    if len(split) > 1:
        shuffled = np.random.default_rng(0).permutation(len(split))
        other = np.empty_like(shuffled)
        other[shuffled] = np.roll(shuffled, 1)
        rows[OTHER_IMAGE] = lambda which, color: originals(split, other[list(which)])
    return rows
