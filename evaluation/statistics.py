"""Intervals for means over images and over seeds, distances between sets, and comparisons of two colorizers."""

import numpy as np
import scipy

RESAMPLES = 2000
# Of the gray row's error. Half of what the data set's mean chroma gains over gray on Oxford-17; the paper's own
# "comparatively the same" (6.7 %) is of sums that rank nothing.
MARGIN = 0.05
# A side, as in a 95 % interval that must lie within the margin.
LEVEL = 0.025
# Of a number of seeds that is planned: how often they would decide, and beyond how many none is named.
POWER, MOST_SEEDS = 0.8, 10_000


def interval(mean, low, high):
    """A number and its 95 % interval, as for JSON."""
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def mean_with_interval(values):
    """Mean of the images' values (n,) and its bootstrap interval (percentile, 2000 resamples, fixed seed).

    With a single image the interval is that value.
    """
    return _bootstrapped((np.asarray(values, np.float64),), lambda x, axis=-1: x.mean(axis=axis))


def ratio_with_interval(values, reference):
    """Ratio of two means over the same images, resampled together; see `mean_with_interval`."""
    pairs = (np.asarray(values, np.float64), np.asarray(reference, np.float64))
    return _bootstrapped(pairs, lambda x, y, axis=-1: x.mean(axis=axis) / y.mean(axis=axis))


def _bootstrapped(samples, statistic):
    estimate = statistic(*samples)
    if len(samples[0]) < 2:
        return interval(estimate, estimate, estimate)
    draws = {"n_resamples": RESAMPLES, "batch": 100, "rng": np.random.default_rng(0)}
    resampled = scipy.stats.bootstrap(samples, statistic, paired=True, vectorized=True, method="percentile", **draws)
    return interval(estimate, *resampled.confidence_interval)


def histogram_distance_with_interval(histograms, reference):
    """Jensen-Shannon distance (base 2) between two sets' mean histograms: 0 where they are alike, 1 where disjoint.

    The interval is the basic bootstrap's, twice the estimate minus the percentiles, since resampled sets lie further
    apart than the sets themselves.

    Args:
        histograms, reference: (images, bins), shares of each image's pixels; resampled together.
    """
    images = len(histograms)
    counts = np.random.default_rng(0).multinomial(images, np.full(images, 1 / images), size=RESAMPLES)
    both = np.concatenate([np.ones((1, images)), counts]) / images
    # Of equal sets it takes the root of what rounding leaves of 0, which can be below.
    with np.errstate(invalid="ignore"):
        distances = scipy.spatial.distance.jensenshannon(both @ histograms, both @ reference, base=2, axis=1)
    distances = np.nan_to_num(distances)
    low, high = np.clip(2 * distances[0] - np.percentile(distances[1:], (97.5, 2.5)), 0, 1)
    return interval(distances[0], min(low, distances[0]), max(high, distances[0]))


def share_with_interval(count, of):
    """A share, `count` of so many pictures, and its 95 % Wilson interval, which is honest at 0 and 1 too."""
    if not of:  # anything is possible
        return interval(0.5, 0, 1)
    return interval(count / of, *scipy.stats.binomtest(round(count), of).proportion_ci(method="wilson"))


def over_seeds(means):
    """Mean of the means of several runs of one configuration, and its 95 % t-interval over the runs."""
    mean = np.mean(means)
    return widened(interval(mean, mean, mean), half_width_over_seeds(means))


def half_width_over_seeds(means):
    """Half of the 95 % t-interval of several runs' mean; 0 for one run, of which nothing is known."""
    if len(means) < 2:
        return 0.0
    return float(scipy.stats.t.ppf(0.975, len(means) - 1) * np.std(means, ddof=1) / np.sqrt(len(means)))


def seeds_needed(value, low, high):
    """How many seeds would show, four times in five, on which side of two bounds a mean is, as intervals judge it.

    Args:
        value: dict of mean; `pictures`, half of its interval over pictures; and `spread`, the deviation of what one
            seed of each system gives, which n seeds bring down to spread / √n. Both are taken to stay as they are.
        low, high: the bounds; infinite where there is none.

    It is the fewest n of which the interval, √(pictures² + (t₀.₉₇₅ · spread / √n)²) on each side, still is on that
    side when the mean comes out nearer to the bound by t₀.₈ · spread / √n; t₀.₉ where there is a bound on both sides of
    it. t are Student's quantiles at n − 1. None where the spread is not known, or no number would do.
    """
    if value.get("spread") is None:
        return None
    distance = min(abs(value["mean"] - bound) for bound in (low, high))
    lies_between = low < value["mean"] < high and np.isfinite([low, high]).all()
    counts = np.arange(2, MOST_SEEDS + 1)
    error = value["spread"] / np.sqrt(counts)
    half_width = np.hypot(value["pictures"], scipy.stats.t.ppf(1 - LEVEL, counts - 1) * error)
    bad_luck = scipy.stats.t.ppf(1 - (1 - POWER) / (1 + lies_between), counts - 1) * error
    enough = counts[half_width + bad_luck < distance]
    return int(enough[0]) if len(enough) else None


def spread_of_one_seed(*seeds):
    """The deviation of what a single seed of each system gives together, of some seeds' means of each, (k,), (m,), ...

    A system with one seed is taken to vary as the others do; with one of each, None.
    """
    variances = [np.var(means, ddof=1) for means in seeds if len(means) > 1]
    return float(np.sqrt(np.mean(variances) * len(seeds))) if variances else None


def half_width_between(first, second):
    """Half of the 95 % interval of the difference of two means over seeds, (k,) and (m,), one mean a run.

    Where both have several, it is Welch's; where one has a single run, that run is taken to vary as the other's do
    (Student's pooled variance, to which it adds nothing); with one run each nothing is known, and it is 0.
    """
    if min(len(first), len(second)) > 1:
        low, high = scipy.stats.ttest_ind(first, second, equal_var=False).confidence_interval()
        return float(np.nan_to_num((high - low) / 2))
    several = max(first, second, key=len)
    return half_width_over_seeds(several) * float(np.sqrt(1 + len(several)))


def widened(value, half_width):
    """A dict of mean, low and high, made wider by half of another error's interval, as independent errors add up."""
    mean = value["mean"]
    below, above = np.hypot([mean - value["low"], value["high"] - mean], half_width)
    return interval(mean, mean - below, mean + above)


def compare(first, second, margin):
    """Compare two colorizers' errors picture by picture.

    Args:
        first, second: (n,), errors on the same pictures, lower is better.
        margin: difference that still counts as alike, in the errors' unit.

    Returns:
        dict of `difference` (second − first), `wilcoxon_p` (signed ranks, two-sided), `margin`, `equivalence_p` (two
        one-sided t-tests; below 0.025 the difference is smaller than the margin), `alike`, and `first_wins`: the share
        of pictures on which the first is nearer, of those on which they differ.
    """
    difference = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    equivalence_p = _equivalence_p(difference, margin)
    decided = int((difference != 0).sum())
    return {
        "difference": mean_with_interval(difference),
        "wilcoxon_p": float(scipy.stats.wilcoxon(difference).pvalue) if decided else 1.0,
        "margin": float(margin),
        "equivalence_p": equivalence_p,
        "alike": equivalence_p < LEVEL,
        "first_wins": share_with_interval(int((difference > 0).sum()), decided),
    }


def most_different(first, second, count):
    """Positions of at most `count` pictures where the first's error is smaller by most, and where the second's is."""
    difference = np.asarray(second) - np.asarray(first)
    order = np.argsort(difference, kind="stable")
    second_nearer = [int(position) for position in order[:count] if difference[position] < 0]
    first_nearer = [int(position) for position in order[::-1][:count] if difference[position] > 0]
    return first_nearer, second_nearer


def _equivalence_p(difference, margin):
    if len(difference) < 2:  # a single picture shows nothing
        return 1.0
    if np.ptp(difference) == 0:
        return 0.0 if abs(difference[0]) < margin else 1.0
    above = scipy.stats.ttest_1samp(difference, -margin, alternative="greater").pvalue
    below = scipy.stats.ttest_1samp(difference, margin, alternative="less").pvalue
    return float(max(above, below))
