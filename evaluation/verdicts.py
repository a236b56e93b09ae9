"""The numbers that claims are decided on, and the rules that decide.

A number is a dict of mean, low and high, an interval over pictures and over seeds, where there are several. It is made
of the `Scores` of each seed's run of one or two systems, and of those of a trivial row, on the same pictures.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.statistics import (
    MARGIN,
    half_width_between,
    half_width_over_seeds,
    mean_with_interval,
    ratio_with_interval,
    share_with_interval,
    spread_of_one_seed,
    widened,
)

# A picture with less than this share of its original's spread in the ab plane counts as monochrome.
MONOCHROME = 1 / 3


def difference(of, than, gray):
    """How much larger a system's pixel-L1 is than another's, as a share of the gray row's."""
    scale = gray.values["pixel_l1"].mean()
    first, second = (_of_seeds(runs, "pixel_l1") / scale for runs in (of, than))
    over_pictures = mean_with_interval(first.mean(axis=0) - second.mean(axis=0))
    means = first.mean(axis=1), second.mean(axis=1)
    return widened(over_pictures, half_width_between(*means)) | _planned_by(over_pictures, *means)


def smaller_share_of_wins(of, than, gray):
    """Of the pictures on which two systems differ by more than the margin, the share of the one that wins fewer.

    The margin is a share of each picture's gray error; the seeds are taken in pairs.
    """
    first, second = (_of_seeds(runs, "pixel_l1") for runs in (of, than))
    scale = np.maximum(gray.values["pixel_l1"], 1e-9)
    # Each pair's own wins, as averages over seeds would differ by less.
    pairs = min(len(first), len(second))
    apart = (second[:pairs] - first[:pairs]) / scale
    wins, losses = ((side > MARGIN).sum(axis=1) for side in (apart, -apart))
    decided = wins + losses
    by_seed = wins[decided > 0] / decided[decided > 0]
    fewer = min(wins.mean(), losses.mean())
    return _within_0_and_1(share_with_interval(float(fewer), round(decided.mean())), by_seed)


def monochrome_share(runs, original):
    """The share of a system's pictures that are monochrome: of one tint, strong, weak or gray."""
    counts = (_of_seeds(runs, "ab_spread") < MONOCHROME * original.values["ab_spread"]).sum(axis=1)
    pictures = len(original.values["ab_spread"])
    return _within_0_and_1(share_with_interval(float(counts.mean()), pictures), counts / pictures)


def ratio_to(runs, measure, reference):
    """A system's mean of a measure as a multiple of a trivial row's."""
    values, base = _of_seeds(runs, measure), reference.values[measure]
    over_pictures = ratio_with_interval(values.mean(axis=0), base)
    means = values.mean(axis=1) / base.mean()
    return widened(over_pictures, half_width_over_seeds(means)) | _planned_by(over_pictures, means)


def pooled_share(shares):
    """The mean of several seeds' shares of the same pictures; of their intervals over pictures the mean counts."""
    pooled = {end: float(np.mean([share[end] for share in shares])) for end in ("mean", "low", "high")}
    return _within_0_and_1(pooled, [share["mean"] for share in shares])


def _planned_by(over_pictures, *seeds):
    """What `evaluation.statistics.seeds_needed` reads beside a mean."""
    half = (over_pictures["high"] - over_pictures["low"]) / 2
    return {"pictures": half, "spread": spread_of_one_seed(*seeds)}


def _of_seeds(runs, measure):
    """A measure of each picture in each seed's run, (seeds, pictures)."""
    return np.array([scores.values[measure] for scores in runs])


def _within_0_and_1(share, by_seed):
    """A share, with its interval widened by what the seeds differ by."""
    wide = widened(share, half_width_over_seeds(by_seed))
    return wide | {"low": max(0.0, wide["low"]), "high": min(1.0, wide["high"])}


CONFIRMED, REFUTED, UNDECIDED, NOT_RUN = "confirmed", "refuted", "undecided", "not run"
# Runs of each system that a comparison of errors needs.
FEWEST_SEEDS = 2


@dataclass(frozen=True)
class Rule:
    """Confirmed where a value's whole interval lies between two bounds, refuted where all of it lies beyond one.

    A missing difference must be shown, not assumed: an interval that crosses a bound decides nothing.
    """

    low: float
    high: float
    text: str

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        if self.low < value["low"] and value["high"] < self.high:
            return CONFIRMED
        return REFUTED if value["high"] < self.low or value["low"] > self.high else UNDECIDED


def above(threshold):
    """The value lies above a threshold."""
    return Rule(threshold, np.inf, f"confirmed above {threshold:.3g}, refuted below")


def at_most(margin):
    """The value is not larger than a margin (non-inferiority)."""
    return Rule(-np.inf, margin, f"confirmed below {margin:.3g}, refuted above")


def within(margin, around=0.0):
    """The value lies within a margin of another (equivalence)."""
    what = f"±{margin:.3g}" + (f" of {around:.3g}" if around else "")
    return Rule(around - margin, around + margin, f"confirmed within {what}, refuted outside")


def combined(verdicts):
    """The verdict on a claim of several parts: "not run" if one is, else refuted if one is; confirmed if all are."""
    return next((verdict for verdict in (NOT_RUN, REFUTED, UNDECIDED) if verdict in verdicts), CONFIRMED)
