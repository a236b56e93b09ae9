"""What a tier keeps of its runs: scores.json, all measures of every row, and pictures.csv, the ones that verdicts read.

A tier is a preset and a data set. Verdicts are made from these two files alone, so that anybody can make them again.
"""

import csv
import io
import json
from pathlib import Path

import numpy as np

from data_loader.errors import UserError
from evaluation.baselines import GRAY, PERFECT
from evaluation.scores import Scores
from experiments.claims import RUNS, Evidence
from experiments.scoring import configurations
from models.files import write_text

PICTURE_MEASURES = ("pixel_l1", "ab_spread", "colorfulness")
SAME_PICTURES = ("dataset", "split", "images", "image_size")


def write_tier(folder, report, scores):
    """Write a tier's files; its runs that were not scored now stay as they are, if they are of the same pictures.

    Args:
        folder: of the tier.
        report, scores: as `score_runs` returns them.
    """
    folder = Path(folder)
    if (folder / "scores.json").exists() and (folder / "pictures.csv").exists():
        report, scores = _merged(*read_tier(folder), report, scores)
    write_text(folder / "scores.json", json.dumps(report, indent=1) + "\n")
    write_text(folder / "pictures.csv", _as_csv(scores))


def read_tier(folder):
    """A tier's report and name to `Scores`, as they were written.

    Raises:
        UserError: a file is missing or damaged.
    """
    try:
        report = json.loads((Path(folder) / "scores.json").read_text())
        scores = _from_csv((Path(folder) / "pictures.csv").read_text())
        if not {PERFECT, GRAY} <= set(scores) or set(scores) != set(report["rows"]) or "runs" not in report:
            raise ValueError
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing: run experiments/reproduce.py again.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{folder}: scores.json or pictures.csv is damaged: restore them, or move them away and type the same "
            "command again."
        ) from None
    return report, scores


def configuration_of(run):
    """The name in `RUNS` of a run such as cyclegan-seed0."""
    return run.rsplit("-seed", 1)[0]


def evidence_of(report, scores):
    """`Evidence` for the claims from a tier's files."""
    runs = {name: [] for name in RUNS}
    for run in report["runs"]:
        runs[configuration_of(run)].append(run)
    return Evidence(
        {name: [scores[run] for run in seeds] for name, seeds in runs.items() if seeds},
        {name: [report["runs"][run] for run in seeds] for name, seeds in runs.items() if seeds},
        {name: row for name, row in scores.items() if name not in report["runs"]},
    )


def _merged(old_report, old_scores, report, scores):
    same = all(old_report.get(name) == report[name] for name in SAME_PICTURES)
    if not same or not np.allclose(old_scores[GRAY].values["pixel_l1"], scores[GRAY].values["pixel_l1"], rtol=1e-4):
        return report, scores
    kept = [run for run in old_report["runs"] if run not in report["runs"] and configuration_of(run) in RUNS]
    runs = {run: old_report["runs"][run] for run in kept} | report["runs"]
    runs = dict(sorted(runs.items(), key=lambda entry: _place(entry[0])))
    names = [name for name in scores if name not in runs] + list(runs)
    rows = {name: (old_report if name in kept else report)["rows"][name] for name in names}
    changed = {"rows": rows, "runs": runs, "configurations": configurations(runs, rows)}
    return report | changed, {name: (old_scores if name in kept else scores)[name] for name in names}


def _place(run):
    return list(RUNS).index(configuration_of(run)), int(run.rsplit("-seed", 1)[1])


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
