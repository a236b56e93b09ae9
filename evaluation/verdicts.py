"""Decision rules for claims, fixed before the numbers are seen, and the numbers that they decide on.

Every rule reads a value with its 95 % interval. It says "confirmed" or "refuted" only where the whole interval does,
and "undecided" in between.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, ttest_ind

from evaluation.statistics import mean_with_interval

CONFIRMED, REFUTED, UNDECIDED, NOT_RUN = "confirmed", "refuted", "undecided", "not run"
# A picture with less than this share of its original's colourfulness counts as monochrome.
MONOCHROME = 1 / 3


@dataclass(frozen=True)
class Above:
    """The value lies above a threshold."""

    threshold: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        return _verdict(value["low"] > self.threshold, value["high"] < self.threshold)

    def __str__(self):
        return f"confirmed above {self.threshold:g}, refuted below"


@dataclass(frozen=True)
class AtMost:
    """The value is not larger than a margin (non-inferiority)."""

    margin: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        return _verdict(value["high"] < self.margin, value["low"] > self.margin)

    def __str__(self):
        return f"confirmed below {self.margin:g}, refuted above"


@dataclass(frozen=True)
class Within:
    """The value lies within a margin of 0 (equivalence: a missing difference must be shown, not assumed)."""

    margin: float

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        inside = -self.margin < value["low"] and value["high"] < self.margin
        return _verdict(inside, value["low"] > self.margin or value["high"] < -self.margin)

    def __str__(self):
        return f"confirmed within ±{self.margin:g}, refuted outside"


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


def relative_difference(of, than):
    """How much larger a system's pixel-L1 is than another's, as a share of the other's.

    Args:
        of, than: `Scores` of each seed's run, on the same pictures.

    Returns:
        dict of mean, low, high: over pictures and, where both have several seeds, over seeds (Welch), whichever
        interval is wider.
    """
    first, second = (np.array([scores.values["pixel_l1"] for scores in runs]) for runs in (of, than))
    scale = second.mean()
    over_pictures = mean_with_interval((first.mean(axis=0) - second.mean(axis=0)) / scale)
    if min(len(first), len(second)) < 2:
        return over_pictures
    interval = ttest_ind(first.mean(axis=1), second.mean(axis=1), equal_var=False).confidence_interval()
    low, high = interval.low / scale, interval.high / scale
    return over_pictures | (
        {"low": low, "high": high} if high - low > over_pictures["high"] - over_pictures["low"] else {}
    )


def smaller_share_of_wins(of, than):
    """The share of pictures that the system with fewer wins is nearer on, with its Wilson interval."""
    first, second = (np.mean([scores.values["pixel_l1"] for scores in runs], axis=0) for runs in (of, than))
    wins, decided = int((first < second).sum()), int((first != second).sum())
    fewer = min(wins, decided - wins)
    interval = binomtest(fewer, decided).proportion_ci(method="wilson")
    return {"mean": fewer / decided, "low": float(interval.low), "high": float(interval.high)}


def monochrome_excess(of, than, original):
    """How many more of a system's pictures are monochrome than of another's, as a share of all pictures.

    Args:
        of, than: `Scores` of each seed's run.
        original: `Scores` of the originals themselves.
    """
    least = MONOCHROME * original.values["colorfulness"]
    first, second = (np.mean([scores.values["colorfulness"] < least for scores in runs], axis=0) for runs in (of, than))
    return mean_with_interval(first - second)
