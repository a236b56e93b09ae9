"""Score colourings of a split, some pictures at a time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from evaluation.baselines import GRAY, PERFECT, originals, pieces
from evaluation.measures import MEASURES, measure
from evaluation.metrics import rarity
from evaluation.pictures import Pictures
from evaluation.statistics import histogram_distance_with_interval, mean_with_interval, ratio_with_interval


@dataclass(frozen=True)
class Scores:
    """One colorizer's `values`, measure to (pictures,), `ab_histograms` (pictures, 529), and `rarity` (pictures,)."""

    values: dict
    ab_histograms: np.ndarray = None
    rarity: np.ndarray = None


def score(colorings, split, prior, progress=lambda pieces: pieces):
    """Score several colorizers on the same pictures.

    Args:
        colorings: name to function of (which, originals) to colourings; see `trivial_colorings`, whose "perfect" and
            "gray unchanged" the others are compared with.
        split: `data_loader.flowers.Split`.
        prior: `AbPrior` of the training split.
        progress: wraps the list of pieces in a progress bar.

    Returns:
        name to `Scores`.
    """
    found = {name: [] for name in colorings}
    with ThreadPoolExecutor() as threads:
        for piece in progress(pieces(split)):
            color = originals(split, piece)
            original = Pictures(color)
            # Also computes what the threads share of the originals.
            rare = rarity(original, prior)

            def scored(name, piece=piece, color=color, original=original, rare=rare):
                generated = original if name == PERFECT else Pictures(colorings[name](piece, color))
                return measure(original, generated, prior), generated.ab_histogram, rare

            for name, result in zip(colorings, threads.map(scored, colorings), strict=True):
                found[name].append(result)
    return {name: _joined(results) for name, results in found.items()}


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
