"""Scores of runs and of the trivial rows on one split, as a report for JSON."""

import json
import sys
from functools import partial
from pathlib import Path

from data_loader.progress import progress_bar
from evaluation.baselines import (
    GRAY,
    PERFECT,
    TRIVIAL_ROWS,
    ab_prior,
    color_means,
    known_split,
    trivial_colorings,
)
from evaluation.brightness import brightness
from evaluation.class_test import class_accuracy, trained_classifier
from evaluation.color_law import law_report
from evaluation.cycles import cycle_errors, hidden_color
from evaluation.diversity import diversity
from evaluation.scores import mean_scores, score, summarize
from evaluation.statistics import over_seeds
from evaluation.workers import Workers, usable_cpus
from experiments.kept_scores import KeptScores
from experiments.run_directory import read_metrics
from experiments.trained_run import coloring_by, opened_run, run_names
from models.files import write_text


def score_runs(flowers, split_name, configs, samples=10, probes=False, class_test=False, last=0):
    """Score runs and the trivial rows on one split; what a run scored is kept beside it, see `KeptScores`.

    Args:
        flowers: `data_loader.Flowers`.
        split_name: train, val, test or all.
        configs: directory of each run to its config.
        samples: colourings a picture of runs that have several, at least 2, or 0 to leave that out.
        probes: look for colours hidden in F(y).
        class_test: ask a classifier for the class of each colouring.
        last: score each run by the mean over the colorizers of so many last epochs; 0 for its last checkpoint alone,
            which is what all else is measured of.

    Returns:
        the report, a dict for JSON, and name to `Scores`.
    """
    split, known = flowers.split(split_name), known_split(flowers, split_name)
    prior = ab_prior(known)
    trivial = trivial_colorings(split, *color_means(known))
    question = {"split": split_name, "samples": samples, "probes": probes, "class_test": class_test, "last": last}
    with Workers(usable_cpus()) as workers:
        scores = score(trivial, split, prior, _bar("scoring trivial colourings"), workers)
        classifier = trained_classifier(flowers, progress_bar) if class_test and configs else None
        if classifier:
            by_class = class_accuracy(classifier, {"real": trivial[PERFECT], "gray": trivial[GRAY]}, split)
        runs = {}
        for name, run_dir in zip(run_names(configs), configs, strict=True):
            kept = KeptScores(run_dir, flowers, question, classifier and classifier.digest)
            answer = kept.read()
            if answer:
                print(f"{name}: scored before, with the same run, pictures, question and code.", file=sys.stderr)
            else:
                with opened_run(run_dir) as trained:
                    answer = (
                        _mean_over_epochs(trained, last, split, prior, name, workers),
                        _beside_the_scores(trained, split, samples, probes, classifier, name),
                    )
                kept.write(*answer)
            scores[name], beside = answer
            runs[name] = _identity(run_dir, configs[run_dir]) | beside
            if classifier:
                runs[name]["class_test"] = by_class | beside["class_test"]
    return _report(flowers, split_name, scores, runs, last or 1), scores


def score_colorizers(networks, flowers, split_name, beside=TRIVIAL_ROWS):
    """Score colorizers of which nothing but the network is known, and trivial rows, on one split.

    Args:
        networks: name to a colorizer, as `models.packed_colorizer.unpack` gives it.
        flowers, split_name: as in `score_runs`.
        beside: names of the trivial rows; "perfect" and "gray unchanged" must be among them.

    Returns:
        the report, as of `score_runs`, without runs.
    """
    split, known = flowers.split(split_name), known_split(flowers, split_name)
    trivial = trivial_colorings(split, *color_means(known))
    colorings = {name: coloring for name, coloring in trivial.items() if name in beside}
    colorings |= {name: partial(coloring_by, network) for name, network in networks.items()}
    with Workers(usable_cpus()) as workers:
        scores = score(colorings, split, ab_prior(known), _bar("scoring colorizers"), workers)
    return _report(flowers, split_name, scores, {}, 1)


def brightness_of_colorizers(networks, split):
    """Name of each colorizer to its `brightness`, as a report has it of its runs."""
    return {
        name: {"brightness": brightness(partial(coloring_by, network), split, _bar(f"{name}, brightness"))}
        for name, network in networks.items()
    }


def _report(flowers, split_name, scores, runs, epochs):
    split, rows = flowers.split(split_name), summarize(scores)
    report = {
        "dataset": flowers.name,
        "digest": flowers.digest,
        "split": split_name,
        "images": len(split),
        "image_size": flowers.image_size,
        "epochs_scored": epochs,
        "rows": rows,
        "runs": runs,
    }
    if flowers.source == "synthetic":
        report["law"] = law_report(split)
    return report


def configurations(runs, rows):
    """Runs that differ by their seed alone, with their means over seeds; `runs` and `rows` as in a report."""
    groups = {}
    for name, run in runs.items():
        options = run["options"] | {"seed": None}
        key = json.dumps([run["model"], options, run["training"], run["precision"]], sort_keys=True)
        groups.setdefault(key, []).append(name)
    return [
        {"runs": names, "seeds": [runs[name]["options"]["seed"] for name in names]}
        | {measure: over_seeds([rows[name][measure]["mean"] for name in names]) for measure in rows[names[0]]}
        for names in groups.values()
        if len({runs[name]["options"]["seed"] for name in names}) == len(names) > 1
    ]


def write_scores(report, run_dirs):
    """Write scores.json of each run: the trivial rows and its own."""
    names = run_names(run_dirs)
    for name, run_dir in zip(names, run_dirs, strict=True):
        others = set(names) - {name}
        own = {key: value for key, value in report.items() if key != "comparison"} | {"configurations": []}
        for part in ("rows", "runs"):
            own[part] = {row: value for row, value in report[part].items() if row not in others}
        write_text(Path(run_dir) / "scores.json", json.dumps(own, indent=2) + "\n")


def _identity(run_dir, config):
    """What a run is, and how long the steps of its finished epochs took."""
    epochs = read_metrics(Path(run_dir) / "metrics.csv")
    known = {name: config[name] for name in ("model", "preset", "options", "training", "precision", "made_with")}
    return known | {"training_seconds": round(sum(epoch["seconds"] for epoch in epochs), 1)}


def _mean_over_epochs(trained, last, split, prior, name, workers):
    """Mean `Scores` over the colorizers of a run's last epochs, or those of its last checkpoint where last is 0."""
    colorings = trained.last_colorings(last) if last else [trained.coloring]
    found = score(dict(enumerate(colorings)), split, prior, _bar(f"scoring {name}"), workers)
    return mean_scores(list(found.values()))


def _beside_the_scores(trained, split, samples, probes, classifier, name):
    """What is measured of a run beside its scores."""
    found = {"brightness": brightness(trained.coloring, split, _bar(f"{name}, brightness"))}
    if trained.has_gray_generator:
        translate = (trained.to_color, trained.to_gray, split)
        found["cycle"] = cycle_errors(*translate, _bar(f"{name}, cycles"))
        if probes:
            found["hidden_color"] = hidden_color(*translate, _bar(f"{name}, probes"))
    if trained.has_samples and samples:
        drawn = diversity(trained.samples, split, samples, _bar(f"{name}, samples"))
        found["diversity"] = {"samples": samples} | drawn
    if classifier:
        bar = _bar(f"{name}, class test")
        found["class_test"] = class_accuracy(classifier, {"run": trained.coloring}, split, bar)
    return found


def _bar(what):
    """A progress bar around the pieces of a split."""
    return lambda pieces: progress_bar(pieces, desc=what)
