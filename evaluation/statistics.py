"""Intervals for means over images and over seeds, and for distances between sets of images."""

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import binomtest, bootstrap, t, ttest_ind

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


def histogram_distance_with_interval(histograms, reference):
    """Jensen-Shannon distance (base 2) between two sets' mean histograms: 0 where they are alike, 1 where disjoint.

    Args:
        histograms, reference: (images, bins), shares of each image's pixels; resampled together. The interval is the
            basic bootstrap's, twice the estimate minus the percentiles, since resampled sets lie further apart than
            the sets themselves.
    """
    images = len(histograms)
    counts = np.random.default_rng(0).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    both = np.concatenate([np.ones((1, images)), counts]) / images
    # Of equal sets it takes the root of what rounding leaves of 0, which can be below.
    with np.errstate(invalid="ignore"):
        distances = np.nan_to_num(jensenshannon(both @ histograms, both @ reference, base=2, axis=1))
    low, high = np.clip(2 * distances[0] - np.percentile(distances[1:], (97.5, 2.5)), 0, 1)
    return {"mean": float(distances[0]), "low": float(min(low, distances[0])), "high": float(max(high, distances[0]))}


def share_with_interval(count, of):
    """A share of pictures and its 95 % Wilson interval, which is honest at 0 and 1 too.

    Args:
        count: how many have it; of several seeds' pictures the mean count.
        of: pictures; with none, anything is possible.
    """
    if not of:
        return {"mean": 0.5, "low": 0.0, "high": 1.0}
    interval = binomtest(round(count), of).proportion_ci(method="wilson")
    return {"mean": count / of, "low": float(interval.low), "high": float(interval.high)}


def over_seeds(means):
    """Mean of several runs' means and its 95 % t-interval over the runs.

    Args:
        means: (k,), one a run of the same configuration, k above 1.
    """
    mean, half = float(np.mean(means)), half_width_over_seeds(means)
    return {"mean": mean, "low": mean - half, "high": mean + half}


def half_width_over_seeds(means):
    """Half of the 95 % t-interval of several runs' mean; 0 for one run, of which nothing is known."""
    if len(means) < 2:
        return 0.0
    return float(t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))


def half_width_between(first, second):
    """Half of the 95 % interval of the difference of two means over seeds.

    Args:
        first, second: (k,) and (m,), one mean a run. Where both have several, it is Welch's; where one has a single
            run, that run is taken to vary as the other's do (Student's pooled variance, to which it adds nothing);
            with one run each nothing is known, and it is 0.
    """
    if min(len(first), len(second)) > 1:
        interval = ttest_ind(first, second, equal_var=False).confidence_interval()
        return float(np.nan_to_num((interval.high - interval.low) / 2))
    several = max(first, second, key=len)
    return half_width_over_seeds(several) * float(np.sqrt(1 + len(several)))


def widened(interval, half_width):
    """An interval over pictures, made wider by another source of error, as independent errors add up.

    Args:
        interval: dict of mean, low, high.
        half_width: of the other error's 95 % interval.
    """
    mean = interval["mean"]
    below, above = (float(np.hypot(side, half_width)) for side in (mean - interval["low"], interval["high"] - mean))
    return {"mean": mean, "low": mean - below, "high": mean + above}


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
