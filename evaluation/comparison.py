"""Two colorizers on the same pictures: which is nearer, are they alike, and do they win on different ones (§4.2)."""

import numpy as np
from scipy.stats import ttest_1samp, wilcoxon

from evaluation.statistics import mean_with_interval, share_with_interval

# Of the gray row's error. Half of what the data set's mean chroma gains over gray on Oxford-17; the paper's own
# "comparatively the same" (6.7 %) is of sums that rank nothing.
MARGIN = 0.05
# A side, as in a 95 % interval that must lie within the margin.
LEVEL = 0.025


def compare(first, second, margin):
    """Compare two colorizers' errors picture by picture.

    Args:
        first, second: (n,), errors on the same pictures, lower is better.
        margin: difference that still counts as alike, in the errors' unit.

    Returns:
        dict of `difference` (second − first, mean and 95 % interval), `wilcoxon_p` (signed ranks, two-sided),
        `margin`, `equivalence_p` (two one-sided t-tests; below 0.025 the difference is smaller than the margin),
        `alike`, and `first_wins`: the share of pictures on which the first is nearer, of those on which they differ,
        with its 95 % Wilson interval.
    """
    difference = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    equivalence_p = _equivalence_p(difference, margin)
    wins, decided = int((difference > 0).sum()), int((difference != 0).sum())
    return {
        "difference": mean_with_interval(difference),
        "wilcoxon_p": float(wilcoxon(difference).pvalue) if decided else 1.0,
        "margin": float(margin),
        "equivalence_p": equivalence_p,
        "alike": equivalence_p < LEVEL,
        "first_wins": share_with_interval(wins, decided),
    }


def most_different(first, second, count):
    """Positions of the pictures where the first is nearer by most, and of those where the second is.

    Args:
        first, second: (n,), errors on the same pictures.
        count: at most so many of each.
    """
    difference = np.asarray(second) - np.asarray(first)
    order = np.argsort(difference, kind="stable")
    second_nearer = [int(position) for position in order[:count] if difference[position] < 0]
    first_nearer = [int(position) for position in order[::-1][:count] if difference[position] > 0]
    return first_nearer, second_nearer


def _equivalence_p(difference, margin):
    if len(difference) < 2:
        # A single picture shows nothing.
        return 1.0
    if np.ptp(difference) == 0:
        return 0.0 if abs(difference[0]) < margin else 1.0
    above = ttest_1samp(difference, -margin, alternative="greater").pvalue
    below = ttest_1samp(difference, margin, alternative="less").pvalue
    return float(max(above, below))
