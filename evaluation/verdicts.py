"""Decision rules for claims.

Every rule reads a value with its 95 % interval. It says "confirmed" or "refuted" only where the whole interval does,
and "undecided" in between. Errors of systems are told apart by several seeds of each; one seed decides nothing there.
What a share of a run's pictures shows needs one run, and is a verdict on that run.
"""

from dataclasses import dataclass

CONFIRMED, REFUTED, UNDECIDED, NOT_RUN = "confirmed", "refuted", "undecided", "not run"
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
    """The value lies within a margin of another (equivalence: a missing difference must be shown, not assumed)."""

    margin: float
    around: float = 0.0

    def verdict(self, value):
        """Of a dict of mean, low and high."""
        low, high = value["low"] - self.around, value["high"] - self.around
        return _verdict(-self.margin < low and high < self.margin, low > self.margin or high < -self.margin)

    def __str__(self):
        around = f" of {self.around:.3g}" if self.around else ""
        return f"confirmed within ±{self.margin:.3g}{around}, refuted outside"


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
