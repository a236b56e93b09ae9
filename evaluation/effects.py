"""The numbers that claims are decided on, with 95 % intervals over pictures and over seeds, where there are several."""

import numpy as np

from evaluation.comparison import MARGIN
from evaluation.statistics import (
    half_width_between,
    half_width_over_seeds,
    mean_with_interval,
    ratio_with_interval,
    share_with_interval,
    widened,
)

# A picture with less than this share of its original's spread in the ab plane counts as monochrome.
MONOCHROME = 1 / 3


def difference(of, than, gray):
    """How much larger a system's pixel-L1 is than another's, as a share of the gray row's.

    Args:
        of, than: `Scores` of each seed's run, on the same pictures.
        gray: `Scores` of the gray row.

    Returns:
        dict of mean, low, high: over pictures (bootstrap) and over seeds, where one of the two has several.
    """
    scale = gray.values["pixel_l1"].mean()
    first, second = (_of_seeds(runs, "pixel_l1") / scale for runs in (of, than))
    found = mean_with_interval(first.mean(axis=0) - second.mean(axis=0))
    return widened(found, half_width_between(first.mean(axis=1), second.mean(axis=1)))


def smaller_share_of_wins(of, than, gray):
    """Of the pictures on which two systems differ by more than the margin, the share of the one that wins fewer.

    Args:
        of, than, gray: as in `difference`; the margin is a share of each picture's gray error.

    Returns:
        dict of mean, low, high: over pictures (Wilson) and over the seeds, taken in pairs.
    """
    first, second = (_of_seeds(runs, "pixel_l1") for runs in (of, than))
    scale = np.maximum(gray.values["pixel_l1"], 1e-9)
    # Each pair's own wins, as averages over seeds would differ by less.
    apart = [(other - one) / scale for one, other in zip(first, second, strict=False)]
    wins, losses = (np.array([(side > MARGIN).sum() for side in sides]) for sides in (apart, [-one for one in apart]))
    decided = wins + losses
    by_seed = wins[decided > 0] / decided[decided > 0]
    fewer = min(wins.mean(), losses.mean())
    return _within_0_and_1(share_with_interval(float(fewer), round(decided.mean())), by_seed)


def monochrome_share(runs, original):
    """The share of a system's pictures that are monochrome: of one tint, strong, weak or gray.

    Args:
        runs: `Scores` of each seed's run.
        original: `Scores` of the originals themselves.
    """
    counts = (_of_seeds(runs, "ab_spread") < MONOCHROME * original.values["ab_spread"]).sum(axis=1)
    pictures = len(original.values["ab_spread"])
    return _within_0_and_1(share_with_interval(float(counts.mean()), pictures), counts / pictures)


def ratio_to(runs, measure, reference):
    """A system's mean of a measure as a multiple of a trivial row's, with its interval over pictures and seeds."""
    values, known = _of_seeds(runs, measure), reference.values[measure]
    found = ratio_with_interval(values.mean(axis=0), known)
    return widened(found, half_width_over_seeds(values.mean(axis=1) / known.mean()))


def pooled_share(shares):
    """The mean of several seeds' shares of the same pictures.

    Args:
        shares: dict of mean, low, high of each seed; of their intervals over pictures the mean counts.
    """
    found = {end: float(np.mean([share[end] for share in shares])) for end in ("mean", "low", "high")}
    return _within_0_and_1(found, [share["mean"] for share in shares])


def _of_seeds(runs, measure):
    """A measure of each picture in each seed's run, (seeds, pictures)."""
    return np.array([scores.values[measure] for scores in runs])


def _within_0_and_1(share, by_seed):
    """A share, with its interval widened by what the seeds differ by."""
    found = widened(share, half_width_over_seeds(by_seed))
    return found | {"low": max(0.0, found["low"]), "high": min(1.0, found["high"])}
