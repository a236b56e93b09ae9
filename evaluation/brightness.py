"""Whether colourings keep the brightness of the gray pictures: nothing in Eq. 1 to 3 asks for it."""

import numpy as np
from scipy.stats import pearsonr

from data_loader.images import in_gamut, luma
from evaluation.baselines import originals, pieces
from evaluation.metrics import l1
from evaluation.statistics import mean_with_interval

# Fewer have no interval.
FEWEST_PICTURES = 4
# What luma may differ by within a picture that is flat: one of 256 levels.
FLAT = 1 / 255
# What rounding makes of means that are equal.
EQUAL = 1e-6


def brightness(coloring, split, progress=lambda pieces: pieces):
    """How brightness goes through G, and what the colours alone are worth.

    Two generators may exchange bright and dark pictures, or bright and dark within them, as a negative does: the cycle
    brings both back, and a discriminator that sees no pairs finds as many of each as before.

    Args:
        coloring: function of (which, originals) to colourings.
        split: `data_loader.flowers.Split`.
        progress: wraps the list of pieces in a progress bar.

    Returns:
        dict of `correlation`, over pictures, of the mean luma of x and of G(x), −1 to 1, with Fisher's 95 % interval
        (None where all pictures, or all colourings, are equally bright or fewer than `FEWEST_PICTURES`); `within`, the
        mean over pictures of the correlation of both over a picture's pixels, −1 to 1, with its interval, without the
        pictures that are flat before or after (None where all are); and `luma_put_back`, the pixel-L1 of G(x)'s chroma
        over x, which is how `colorize.py` colours photographs.
    """
    before, after, within, errors = [], [], [], []
    for piece in progress(pieces(split)):
        color = originals(split, piece)
        gray, colored = luma(color), coloring(piece, color)
        own = luma(colored)
        before.append(gray.mean(axis=(1, 2, 3)))
        after.append(own.mean(axis=(1, 2, 3)))
        within.append(_correlations_within(gray, own))
        errors.append(l1(in_gamut(gray, colored - own), color))
    return {
        "correlation": _correlation(np.concatenate(before), np.concatenate(after)),
        "within": _mean_of_known(np.concatenate(within)),
        "luma_put_back": mean_with_interval(np.concatenate(errors)),
    }


def _correlation(first, second):
    if len(first) < FEWEST_PICTURES or min(np.ptp(first), np.ptp(second)) < EQUAL:
        return None
    found = pearsonr(first, second)
    low, high = found.confidence_interval(0.95)
    return {"mean": float(found.statistic), "low": float(low), "high": float(high)}


def _correlations_within(first, second):
    """Correlation over the pixels of each picture (n, S, S, 1) of two; NaN where one of them is flat."""
    first, second = (images.reshape(len(images), -1).astype(np.float64) for images in (first, second))
    flat = np.minimum(np.ptp(first, axis=1), np.ptp(second, axis=1)) <= FLAT
    found = np.full(len(first), np.nan)
    found[~flat] = pearsonr(first[~flat], second[~flat], axis=1).statistic
    return found


def _mean_of_known(values):
    known = values[~np.isnan(values)]
    return mean_with_interval(known) if len(known) else None
