"""Intervals for means over images."""

import numpy as np
from scipy.stats import bootstrap

RESAMPLES = 2000


def mean_with_interval(values):
    """Mean and its 95 % bootstrap interval (percentile, 2000 resamples of the images, fixed seed).

    Args:
        values: (n,), one an image.

    Returns:
        dict of mean, low, high; with a single image the interval is that value.
    """
    return _interval((np.asarray(values, np.float64),), lambda x, axis=-1: x.mean(axis=axis))


def ratio_with_interval(values, reference):
    """Ratio of two means over the same images, resampled together; see `mean_with_interval`."""
    pairs = (np.asarray(values, np.float64), np.asarray(reference, np.float64))
    return _interval(pairs, lambda x, y, axis=-1: x.mean(axis=axis) / y.mean(axis=axis))


def _interval(samples, statistic):
    estimate = float(statistic(*samples))
    if len(samples[0]) < 2:
        return {"mean": estimate, "low": estimate, "high": estimate}
    interval = bootstrap(
        samples,
        statistic,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        batch=100,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return {"mean": estimate, "low": float(interval.low), "high": float(interval.high)}
