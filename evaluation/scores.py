"""Score colourings of a split, a chunk of images at a time."""

import numpy as np

from evaluation.baselines import CHUNK, chunks, color_means, trivial_rows
from evaluation.metrics import METRICS, colorfulness
from evaluation.statistics import mean_with_interval, ratio_with_interval

GRAY_ROW = "gray unchanged"


def score(colorings, split, progress=lambda chunks, total: chunks):
    """Score several colorizers on the same images.

    Args:
        colorings: name to function of originals (n, S, S, 3) in [0, 1] to colourings of their luma.
        split: `data_loader.flowers.Split`.
        progress: wraps the iterable of chunks, whose number is `total`, in a progress bar.

    Returns:
        name to metric to values (images,), and the originals' colourfulness (images,).
    """
    values = {name: {metric: [] for metric in METRICS} for name in colorings}
    originals = []
    for color in progress(chunks(split), total=-(-len(split) // CHUNK)):
        originals.append(colorfulness(color))
        for name, colorize in colorings.items():
            generated = colorize(color)
            for metric, measure in METRICS.items():
                values[name][metric].append(measure(color, generated))
    joined = {name: {m: np.concatenate(v) for m, v in by_metric.items()} for name, by_metric in values.items()}
    return joined, np.concatenate(originals)


def trivial_colorings(flowers, split_name):
    """The trivial rows; the data set's means come from the training split, or from all for "all"."""
    means_from = "all" if split_name == "all" or not (flowers.split_of == "train").any() else "train"
    return trivial_rows(*color_means(flowers.split(means_from)))


def summarize(values):
    """Each row's means with their 95 % intervals, and its pixel-L1 as a multiple of the gray row's.

    Args:
        values: as `score` returns it, with the gray row in it.
    """
    gray = values[GRAY_ROW]["pixel_l1"]
    rows = {}
    for name, by_metric in values.items():
        rows[name] = {metric: mean_with_interval(numbers) for metric, numbers in by_metric.items()}
        if gray.any():
            rows[name]["ratio_to_gray"] = ratio_with_interval(by_metric["pixel_l1"], gray)
    return rows
