"""Score colourings of a split, some pictures at a time, in as many processes as there are processors."""

import os
import signal
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import resource_tracker

import numpy as np

from data_loader.files import UserError, keep_freed_memory, usable_cpus
from evaluation.baselines import GRAY, PERFECT, in_pieces
from evaluation.metrics import Pictures, measure, rarity
from evaluation.statistics import histogram_distance_with_interval, mean_with_interval, ratio_with_interval

# So many pictures are scored before other processes have begun.
MOST_ALONE = 128
# Processes without work end after so many seconds, since they keep the memory of what they measured.
IDLE_SECONDS = 30


@dataclass(frozen=True)
class Scores:
    """One colorizer's `values`, measure to (pictures,), `ab_histograms` (pictures, 529), and `rarity` (pictures,)."""

    values: dict
    ab_histograms: np.ndarray = None
    rarity: np.ndarray = None


def score(colorings, split, prior, progress=iter, processes=None):
    """Score several colorizers on the same pictures: name to `Scores`.

    Args:
        colorings: name to function of (which, originals) to colourings; see `trivial_colorings`, whose "perfect" and
            "gray unchanged" the others are compared with.
        split: `data_loader.flowers.Split`.
        prior: `ab_prior` of the training split.
        progress: wraps the list of the split's pieces in a progress bar.
        processes: that share the measuring of a large split (default: one a processor).
    """
    keep_freed_memory()
    tasks = (
        # The originals need not be sent twice.
        (color, {name: None if name == PERFECT else made(which, color) for name, made in colorings.items()}, prior)
        for which, color in in_pieces(split, progress)
    )
    pieces = list(in_processes(_scored, tasks, 1 if len(split) <= MOST_ALONE else processes or usable_cpus()))
    return {name: _together([piece[name] for piece in pieces], np.concatenate) for name in colorings}


def _scored(color, colored, prior):
    """Name to `Scores` of the colourings of some originals; None is the originals."""
    original = Pictures(color)
    rare = rarity(original, prior)
    pictures = {name: original if rgb is None else Pictures(rgb) for name, rgb in colored.items()}
    return {
        name: Scores(measure(original, generated, prior), generated.ab_histogram, rare)
        for name, generated in pictures.items()
    }


def _together(several, function):
    """`Scores` that `function` makes of the lists of several ones' arrays."""
    values = {name: function([scores.values[name] for scores in several]) for name in several[0].values}
    histograms, rarities = zip(*((scores.ab_histograms, scores.rarity) for scores in several), strict=True)
    return Scores(values, function(histograms), function(rarities))


def mean_scores(several):
    """The mean of several `Scores` of the same pictures, picture by picture."""
    return replace(_together(several, lambda arrays: np.mean(arrays, axis=0)), rarity=several[0].rarity)


def summarize(scores, names=None):
    """The rows of what `score` returns, or some of them: name to measure to its mean with a 95 % interval.

    Beside the `MEASURES`: `ratio_to_gray`, the pixel-L1 as a multiple of the gray row's; `colorfulness_of_set`, the
    difference of the two sets' mean colourfulness; and `ab_histogram_distance` between the two sets.
    """
    gray, perfect = scores[GRAY].values["pixel_l1"], scores[PERFECT]
    rows = {}
    for name in names or scores:
        row = scores[name]
        means = {measure: mean_with_interval(values) for measure, values in row.values.items()}
        means["auc_ab_rebalanced"] = ratio_with_interval(row.values["auc_ab_rebalanced"] * row.rarity, row.rarity)
        if gray.any():
            means["ratio_to_gray"] = ratio_with_interval(row.values["pixel_l1"], gray)
        gap = row.values["colorfulness"] - perfect.values["colorfulness"]
        means["colorfulness_of_set"] = mean_with_interval(gap)
        means["ab_histogram_distance"] = histogram_distance_with_interval(row.ab_histograms, perfect.ab_histograms)
        rows[name] = means
    return rows


def in_processes(function, tasks, processes):
    """Yield `function(*task)` of each task, in order; with fewer than two processes the work is done in this one.

    The tasks are made in this process and thread, some of them while others are worked on: at most two for each process
    are there at a time.
    """
    if processes < 2:
        yield from (function(*task) for task in tasks)
        return
    import joblib

    settings = {"return_as": "generator", "pre_dispatch": "all", "batch_size": 1, "idle_worker_timeout": IDLE_SECONDS}
    settings["max_nbytes"] = None  # pipes are fast enough, and leave no files behind
    parallel = joblib.Parallel(processes, "loky", **settings, initializer=_begin, initargs=(os.getpid(),))
    try:
        tasks, results = iter(tasks), ()
        while window := list(islice(tasks, processes)):
            yield from results
            with _interrupts_held_back():
                results = parallel(joblib.delayed(function)(*task) for task in window)
        yield from results
    except BrokenProcessPool as error:
        raise UserError(
            "a process that measured was killed, perhaps for want of memory: type the same command again."
        ) from error


@contextmanager
def _interrupts_held_back():
    """A block within which Ctrl-C waits, and whose new processes never see it: it is for who started them."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    # It would let Ctrl-C through again if it were started within the block.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(parent):
    """Prepare a process that measures: it ends with the one that started it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
