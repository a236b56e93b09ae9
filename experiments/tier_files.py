"""What a tier keeps of its runs: scores.json, all measures of all rows, and pictures.csv, the ones that verdicts read.

Verdicts are made from these two files alone, so that anybody can make them again.
"""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np

from data_loader.errors import UserError
from evaluation.baselines import GRAY, PERFECT
from evaluation.scores import Scores
from experiments.claims import Evidence
from experiments.tiers import FIXED, RUNS, by_configuration
from models.files import sha256_of_text, write_text
from models.presets import whole_options

PICTURE_MEASURES = ("pixel_l1", "ab_spread", "colorfulness")
SHIPPED = {"file", "sha256", "ratio_to_gray", "colorfulness"}
SAME_PICTURES = ("dataset", "digest", "split", "images", "image_size", "epochs_scored")


def write_tier(folder, report, scores):
    """Write a tier's files; its runs that were not scored now stay as they are, if they can be compared with these.

    Args:
        folder: of the tier.
        report, scores: as `score_runs` returns them.

    Raises:
        UserError: what is there is damaged.
    """
    folder = Path(folder)
    if has_tier(folder):
        report, scores = _merged(*read_tier(folder), report, scores)
    pictures = _as_csv(scores)
    write_text(folder / "pictures.csv", pictures)
    write_text(
        folder / "scores.json", json.dumps(report | {"pictures_sha256": sha256_of_text(pictures)}, indent=1) + "\n"
    )


def has_tier(folder):
    """Whether something of a tier is there."""
    return any((Path(folder) / name).exists() for name in ("scores.json", "pictures.csv"))


def read_tier(folder):
    """A tier's report and name to `Scores` of the `PICTURE_MEASURES`, as they were written.

    Raises:
        UserError: a file is missing or damaged.
    """
    try:
        report = json.loads((Path(folder) / "scores.json").read_text())
        pictures = (Path(folder) / "pictures.csv").read_text()
        scores = _from_csv(pictures)
        _require_whole(report, scores, pictures)
        for run in report["runs"].values():
            run["options"] = whole_options(run["model"], run["options"])
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing: restore it, or move the folder away.") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise UserError(
            f"{folder}: scores.json or pictures.csv is damaged, or of another version of the code: restore them, or "
            "move the folder away and type the same command again."
        ) from None
    return report, scores


def evidence_of(report, scores):
    """`Evidence` for the claims from a tier's files."""
    runs = by_configuration(report["runs"])
    return Evidence(
        {name: tuple(_place(run)[1] for run in seeds) for name, seeds in runs.items()},
        {name: [scores[run] for run in seeds] for name, seeds in runs.items()},
        {name: [report["runs"][run] for run in seeds] for name, seeds in runs.items()},
        {name: row for name, row in scores.items() if name not in report["runs"]},
    )


def _require_whole(report, scores, pictures):
    names, runs = set(report["rows"]), set(report["runs"])
    whole = report["pictures_sha256"] == sha256_of_text(pictures) and {PERFECT, GRAY} | runs <= names == set(scores)
    for row in scores.values():
        whole &= all(len(values) == report["images"] and np.isfinite(values).all() for values in row.values.values())
    for run in report["runs"].values():
        whole &= "training_seconds" in run and set(run.get("shipped", SHIPPED)) >= SHIPPED
    if not whole or any(_place(run)[0] < 0 for run in runs):
        raise ValueError


def _merged(old_report, old_scores, report, scores):
    kept = []
    for run, facts in old_report["runs"].items():
        if run in report["runs"]:
            continue
        if _comparable(old_report, facts, report):
            kept.append(run)
        else:
            print(f"{run} of the earlier results was trained or scored otherwise and is left out.", file=sys.stderr)
    runs = {run: old_report["runs"][run] for run in kept} | report["runs"]
    runs = dict(sorted(runs.items(), key=lambda entry: _place(entry[0])))
    names = [name for name in scores if name not in runs] + list(runs)
    rows = {name: (old_report if name in kept else report)["rows"][name] for name in names}
    scores = {name: (old_scores if name in kept else scores)[name] for name in names}
    return report | {"rows": rows, "runs": runs}, scores


def _comparable(old_report, facts, report):
    """Whether an earlier run has the pictures, the measures and the shared options of those that were scored now."""
    same = all(old_report.get(name) == report[name] for name in SAME_PICTURES)
    same &= set(old_report["rows"][GRAY]) == set(report["rows"][GRAY])
    alike = [
        run for run in report["runs"].values() if (run["model"], run["preset"]) == (facts["model"], facts["preset"])
    ]
    return same and all(_shared(run) == _shared(facts) for run in alike)


def _shared(run):
    """The options of a run that are no difference between a tier's runs."""
    options = run["options"] | run["training"] | {"precision": run["precision"]}
    return {name: value for name, value in options.items() if name.replace("_", "-") not in FIXED}


def _place(run):
    """Where a run stands in a table."""
    name, seed = run.rsplit("-seed", 1)
    return (list(RUNS).index(name) if name in RUNS else -1), int(seed)


def _as_csv(scores):
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["row", "picture", *PICTURE_MEASURES])
    for name, row in scores.items():
        values = zip(*(row.values[measure] for measure in PICTURE_MEASURES), strict=True)
        table.writerows([name, picture, *(f"{value:.6g}" for value in own)] for picture, own in enumerate(values))
    return text.getvalue()


def _from_csv(text):
    found = {}
    for line in csv.DictReader(io.StringIO(text)):
        row = found.setdefault(line["row"], {measure: [] for measure in PICTURE_MEASURES})
        for measure in PICTURE_MEASURES:
            row[measure].append(float(line[measure]))
    return {name: Scores({key: np.array(values) for key, values in row.items()}) for name, row in found.items()}
