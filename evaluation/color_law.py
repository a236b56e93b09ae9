"""What the synthetic flowers' colour law makes possible: the best reachable score and the true diversity."""

import numpy as np

from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import possible_flowers
from evaluation.metrics import l1


def law_report(split):
    """What the colour law makes possible on a split of the synthetic set.

    Returns:
        dict of `expected_best_pixel_l1`, the lowest mean pixel-L1 that a colorizer can expect that reads species,
        outlines and background perfectly from luma: that of the weighted median, value by value, of the
        colourings that the law allows. It is an expectation over the law's draws; on the one draw that the
        split holds, the same colorizer scores a little more or less. `expected_best_ratio_to_gray`: the same as
        a multiple of the gray row's. `diversity`: the mean pixel-L1 between two independent draws, which may be
        the same, for a picture whose species has more than one colour.
    """
    best, gray_row, diversity = [], [], []
    for position in split.positions:
        images, weights = possible_flowers(int(position), split.flowers.image_size)
        images = to_unit(images)
        gray = luma(images[:1])
        apart = np.abs(images[:, None] - images[None]).sum(axis=(2, 3, 4), dtype=np.float64)
        median = _weighted_median(images, weights)
        best.append(weights @ l1(images, median))
        gray_row.append(weights @ l1(images, gray))
        if len(images) > 1:
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
