"""A split in pieces, the trivial colourings that every score is compared with, and what they need of the data."""

import numpy as np

from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import possible_flowers
from evaluation.metrics import Pictures, l1, rarity_of_colors

CHUNK = 32
PERFECT, GRAY = "perfect", "gray unchanged"
MEAN_COLOR, MEAN_CHROMA, OWN_CHROMA = "mean color", "luma + mean chroma", "luma + own mean chroma (oracle)"
OTHER_IMAGE = "a random other image"
TRIVIAL_ROWS = (PERFECT, GRAY, MEAN_COLOR, MEAN_CHROMA, OWN_CHROMA, OTHER_IMAGE)


def originals(split, which):
    """Colour originals of a split, float32 (n, S, S, 3) in [0, 1]; `which` indexes into it."""
    return to_unit(split.color(list(which)))


def in_pieces(split, progress=iter, size=None):
    """Yield a range of positions and their originals, until a split is covered; `progress` wraps the list of ranges."""
    size, end = size or CHUNK, len(split)
    for piece in progress([range(start, min(start + size, end)) for start in range(0, end, size)]):
        yield piece, originals(split, piece)


def measured(function, split, progress=iter, size=None):
    """What `function` of positions and originals gives as name to (n, ...), for a whole split: (pictures, ...)."""
    results = [function(*piece) for piece in in_pieces(split, progress, size)]
    return {name: np.concatenate([result[name] for result in results]) for name in results[0]}


def color_means(split):
    """Mean colour and mean chroma (RGB − luma) of a split's pixels, each (3,), summed in float64.

    In float32 the mean over a whole data set is off in the third digit.
    """
    color_sum, chroma_sum, pixels = np.zeros(3), np.zeros(3), 0
    for _, color in in_pieces(split):
        color_sum += color.sum(axis=(0, 1, 2), dtype=np.float64)
        chroma_sum += (color - luma(color)).sum(axis=(0, 1, 2), dtype=np.float64)
        pixels += color[..., 0].size
    return color_sum / pixels, chroma_sum / pixels


def ab_prior(split):
    """How much a pixel of each colour counts in a balanced measure, by how rare it is in a split; (529,)."""
    total = sum(Pictures(color).ab_histogram.sum(axis=0) for _, color in in_pieces(split))
    return rarity_of_colors(total / len(split))


def known_split(flowers, split_name):
    """What statistics of the data come from: the training split, or all where all is scored or nothing trains."""
    return flowers.split("all" if split_name == "all" or not (flowers.split_of == "train").any() else "train")


def trivial_colorings(split, mean_color, mean_chroma):
    """What trivial colorizers make of a split's pictures; "perfect" and the oracle see the answer, others its luma.

    The means, (3,), are those of the training pictures. Gives name to a function of positions in the split and their
    originals to colourings (n, S, S, 3), clipped to [0, 1].
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


def law_report(split):
    """What the colour law makes possible on a split of the synthetic set: expectations over the law's draws.

    Returns:
        dict of `expected_best_pixel_l1`, the lowest mean pixel-L1 of a colorizer that reads species, outlines and
        background perfectly from luma: that of the weighted median, value by value, of the colourings that the law
        allows (on the one draw that the split holds it scores a little more or less);
        `expected_best_ratio_to_gray`, the same as a multiple of the gray row's; and `diversity`, the mean pixel-L1
        between two independent draws, which may be the same, where a species has more than one colour.
    """
    best, gray_row, diversity = [], [], []
    for position in split.positions:
        images, weights = possible_flowers(int(position), split.flowers.image_size)
        images = to_unit(images)
        best.append(weights @ l1(images, _weighted_median(images, weights)))
        gray_row.append(weights @ l1(images, luma(images[:1])))
        if len(images) > 1:
            apart = np.abs(images[:, None] - images[None]).sum(axis=(2, 3, 4), dtype=np.float64)
            diversity.append(weights @ apart @ weights)
    return {
        "expected_best_pixel_l1": float(np.mean(best)),
        "expected_best_ratio_to_gray": float(np.mean(best) / np.mean(gray_row)),
        "diversity": float(np.mean(diversity)) if diversity else 0.0,
    }


def _weighted_median(images, weights):
    """Value by value, the smallest that has at least half of the weight at or below it."""
    order = np.argsort(images, axis=0)
    reached = np.cumsum(weights[order], axis=0) >= 0.5 - 1e-9
    pick = np.argmax(reached, axis=0)[None]
    return np.take_along_axis(images, np.take_along_axis(order, pick, axis=0), axis=0)
