"""Decision rules for claims, and the numbers that they decide on.

Every rule reads a value with its 95 % interval. It says "confirmed" or "refuted" only where the whole interval does,
and "undecided" in between. Errors of systems are told apart by several seeds of each; one seed decides nothing there.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_ind

from evaluation.comparison import MARGIN
from evaluation.statistics import mean_with_interval, ratio_with_interval, share_with_interval

CONFIRMED, REFUTED, UNDECIDED, NOT_RUN = "confirmed", "refuted", "undecided", "not run"
# A picture with less than this share of its original's spread in the ab plane counts as monochrome.
MONOCHROME = 1 / 3
FEWEST_SEEDS = 2


@dataclass(frozen=True)
class Above:
    """The value lies above a threshold."""

    threshold: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        return _verdict(value["low"] > self.threshold, value["high"] < self.threshold)

    def __str__(self):
        return f"confirmed above {self.threshold:.3g}, refuted below"


@dataclass(frozen=True)
class AtMost:
    """The value is not larger than a margin (non-inferiority)."""

    margin: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        return _verdict(value["high"] < self.margin, value["low"] > self.margin)

    def __str__(self):
        return f"confirmed below {self.margin:.3g}, refuted above"


@dataclass(frozen=True)
class Within:
    """The value lies within a margin of 0 (equivalence: a missing difference must be shown, not assumed)."""

    margin: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        inside = -self.margin < value["low"] and value["high"] < self.margin
        return _verdict(inside, value["low"] > self.margin or value["high"] < -self.margin)

    def __str__(self):
        return f"confirmed within ±{self.margin:.3g}, refuted outside"


def _verdict(confirmed, refuted):
    if confirmed:
        return CONFIRMED
    return REFUTED if refuted else UNDECIDED


def combined(verdicts):
    """The verdict on a claim of several parts: confirmed if all are, refuted if one is."""
    for verdict in (NOT_RUN, REFUTED, UNDECIDED):
        if verdict in verdicts:
            return verdict
    return CONFIRMED


def enough_seeds(seeds):
    """Whether so many runs of each system are what a comparison of errors needs."""
    return seeds >= FEWEST_SEEDS


def difference(of, than, gray):
    """How much larger a system's pixel-L1 is than another's, as a share of the gray row's.

    Args:
        of, than: `Scores` of each seed's run, on the same pictures.
        gray: `Scores` of the gray row.

    Returns:
        dict of mean, low, high. The half-widths over pictures (bootstrap) and, where both have several seeds, over
        seeds (Welch) add up as independent errors do.
    """
    first, second = (np.array([scores.values["pixel_l1"] for scores in runs]) for runs in (of, than))
    scale = gray.values["pixel_l1"].mean()
    found = mean_with_interval((first.mean(axis=0) - second.mean(axis=0)) / scale)
    if not enough_seeds(min(len(of), len(than))):
        return found
    interval = ttest_ind(first.mean(axis=1), second.mean(axis=1), equal_var=False).confidence_interval()
    over_seeds = np.nan_to_num((interval.high - interval.low) / 2 / scale)
    below, above = (
        np.hypot(found["mean"] - found["low"], over_seeds),
        np.hypot(found["high"] - found["mean"], over_seeds),
    )
    return {"mean": found["mean"], "low": float(found["mean"] - below), "high": float(found["mean"] + above)}


def smaller_share_of_wins(of, than, gray):
    """Of the pictures on which two systems differ by more than the margin, the share of the one that wins fewer.

    Args:
        of, than, gray: as in `difference`; the margin is a share of each picture's gray error.
    """
    first, second = (np.mean([scores.values["pixel_l1"] for scores in runs], axis=0) for runs in (of, than))
    apart = (second - first) / np.maximum(gray.values["pixel_l1"], 1e-9)
    wins, losses = int((apart > MARGIN).sum()), int((apart < -MARGIN).sum())
    return share_with_interval(min(wins, losses), wins + losses)


def monochrome_share(runs, original):
    """The share of a system's pictures that are monochrome: of one tint, strong, weak or gray.

    Args:
        runs: `Scores` of each seed's run.
        original: `Scores` of the originals themselves.
    """
    least = MONOCHROME * original.values["ab_spread"]
    counts = [(scores.values["ab_spread"] < least).sum() for scores in runs]
    return share_with_interval(float(np.mean(counts)), len(least))


def ratio_to(runs, measure, reference):
    """A system's mean of a measure as a multiple of a trivial row's."""
    values = np.mean([scores.values[measure] for scores in runs], axis=0)
    return ratio_with_interval(values, reference.values[measure])


def pooled_share(shares):
    """The mean of several seeds' shares of the same pictures, with the widest of their intervals' ends."""
    return {
        "mean": float(np.mean([share["mean"] for share in shares])),
        "low": min(share["low"] for share in shares),
        "high": max(share["high"] for share in shares),
    }
