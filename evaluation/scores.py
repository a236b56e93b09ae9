"""Score colourings of a split, some pictures at a time."""

from dataclasses import dataclass

import numpy as np

from evaluation.baselines import GRAY, PERFECT, originals, pieces
from evaluation.measures import MEASURES, measure
from evaluation.metrics import rarity
from evaluation.pictures import Pictures
from evaluation.statistics import histogram_distance_with_interval, mean_with_interval, ratio_with_interval
from evaluation.workers import Workers
from models.memory import keep_freed_memory

# A smaller split is scored before other processes have begun.
FEWEST_PIECES = 5


@dataclass(frozen=True)
class Scores:
    """One colorizer's `values`, measure to (pictures,), `ab_histograms` (pictures, 529), and `rarity` (pictures,)."""

    values: dict
    ab_histograms: np.ndarray = None
    rarity: np.ndarray = None


def score(colorings, split, prior, progress=lambda pieces: pieces, workers=None):
    """Score several colorizers on the same pictures.

    Args:
        colorings: name to function of (which, originals) to colourings; see `trivial_colorings`, whose "perfect" and
            "gray unchanged" the others are compared with.
        split: `data_loader.flowers.Split`.
        prior: `AbPrior` of the training split.
        progress: wraps the list of pieces in a progress bar.
        workers: `Workers` that share a large split (default: this process alone).

    Returns:
        name to `Scores`.
    """
    parts = pieces(split)
    if workers is None or len(parts) < FEWEST_PIECES:
        workers = Workers()
    keep_freed_memory()
    tasks = (_task(colorings, split, piece, prior) for piece in progress(parts))
    results = list(workers.map(_measured, tasks))
    return {name: _joined([result[name] for result in results]) for name in colorings}


def _task(colorings, split, piece, prior):
    """What `_measured` needs of a piece of a split."""
    color = originals(split, piece)
    # The originals need not be sent twice.
    return color, {name: None if name == PERFECT else made(piece, color) for name, made in colorings.items()}, prior


def _measured(color, colored, prior):
    """Name to the values, ab histograms and rarities of the colourings of some originals; None is the originals."""
    original = Pictures(color)
    rare = rarity(original, prior)
    found = {}
    for name, rgb in colored.items():
        generated = original if rgb is None else Pictures(rgb)
        found[name] = (measure(original, generated, prior), generated.ab_histogram, rare)
    return found


def mean_scores(several):
    """The mean of several `Scores` of the same pictures, picture by picture."""
    values = {name: np.mean([scores.values[name] for scores in several], axis=0) for name in several[0].values}
    return Scores(values, np.mean([scores.ab_histograms for scores in several], axis=0), several[0].rarity)


def _joined(results):
    values, histograms, rarities = zip(*results, strict=True)
    joined = {name: np.concatenate([piece[name] for piece in values]) for name in MEASURES}
    return Scores(joined, np.concatenate(histograms), np.concatenate(rarities))


def summarize(scores):
    """Each row's means with 95 % intervals, and what compares it with the gray row and with the originals.

    Args:
        scores: as `score` returns them.

    Returns:
        name to measure to dict of mean, low, high. Beside the `MEASURES`: `ratio_to_gray`, the pixel-L1 as a multiple
        of the gray row's; `colorfulness_of_set`, the difference of the two sets' mean colourfulness; and
        `ab_histogram_distance` between the two sets.
    """
    gray, perfect = scores[GRAY].values["pixel_l1"], scores[PERFECT]
    rows = {}
    for name, row in scores.items():
        rows[name] = {
            measure: ratio_with_interval(values * row.rarity, row.rarity)
            if measure == "auc_ab_rebalanced"
            else mean_with_interval(values)
            for measure, values in row.values.items()
        }
        if gray.any():
            rows[name]["ratio_to_gray"] = ratio_with_interval(row.values["pixel_l1"], gray)
        gap = row.values["colorfulness"] - perfect.values["colorfulness"]
        rows[name]["colorfulness_of_set"] = mean_with_interval(gap)
        rows[name]["ab_histogram_distance"] = histogram_distance_with_interval(row.ab_histograms, perfect.ab_histograms)
    return rows
