"""Whether the tracked results, the README and the code agree."""

from pathlib import Path

import numpy as np

from data_loader.errors import UserError
from evaluation.baselines import GRAY
from evaluation.statistics import mean_with_interval, ratio_with_interval
from experiments.captions import read_captions
from experiments.run_directory import read_metrics
from experiments.shipped_colorizers import wrong_files
from experiments.tier_files import PICTURE_MEASURES
from experiments.tracked_results import (
    IDENTITY,
    pages,
    read_document,
    read_tiers,
    readme_sections,
    tier_results,
    with_sections,
)


def check(folder, readme):
    """What does not agree among claims.json, the pages, the tiers' scores and figures, the README and the code.

    Args:
        folder: of the tracked results.
        readme: path of the README.

    Returns:
        list of sentences, empty where all agrees.
    """
    folder = Path(folder)
    try:
        document = read_document(folder)
        tiers = read_tiers(folder, document)
        problems = [] if document else [f"{folder}/claims.json is missing: run experiments/reproduce.py."]
        for tier, results in document.items():
            problems += [f"{folder}/{tier}/{name} is missing" for name in _missing_figures(folder / tier)]
            problems += [f"{tier}, {problem}" for problem in _disagreements(folder / tier, results, *tiers[tier])]
        return problems or _texts_that_differ(folder, Path(readme), document, tiers)
    except UserError as error:
        return [str(error)]
    except OSError as error:
        return [f"{error.filename}: {error.strerror}"]


def _texts_that_differ(folder, readme, document, tiers):
    problems = [
        f"{folder}/{name} is not what the tracked results say"
        for name, text in pages(document, tiers).items()
        if (folder / name).read_text() != text
    ]
    text = readme.read_text()
    if with_sections(text, readme_sections(document, tiers)) != text:
        problems.append(f"{readme}: its tables are not what the tracked results and the code say")
    return problems


def _disagreements(folder, tracked, report, scores):
    """Where what is tracked of a tier is not what its files and the code say."""
    strips = {file.stem for file in (folder / "colorings").glob("*.png")}
    for name in sorted(strips ^ set(report["runs"])) if strips else []:
        yield f"colorings/{name}.png is {'of no run' if name in strips else 'missing'}"
    for name in wrong_files(folder / "colorizers", report["runs"]):
        yield f"colorizers/{name} is not what index.json lists and scores.json tells of"
    for name, run in report["runs"].items():
        seconds = sum(epoch["seconds"] for epoch in read_metrics(folder / "losses" / f"{name}.csv"))
        if not np.isclose(seconds, run["training_seconds"], atol=0.1):
            yield f"{name}: the seconds in losses/{name}.csv are not those of scores.json"
    for name, row in scores.items():
        made = {measure: mean_with_interval(row.values[measure]) for measure in PICTURE_MEASURES}
        made["ratio_to_gray"] = ratio_with_interval(row.values["pixel_l1"], scores[GRAY].values["pixel_l1"])
        for measure, value in made.items():
            # Of pictures that are rounded to six digits.
            if not _same_number(report["rows"][name][measure], value, 1e-4):
                yield f"{name}: {measure} of scores.json is not what pictures.csv gives"
    made = tier_results({name: tracked[name] for name in IDENTITY}, report, scores)
    told = (tracked["dataset"], tracked["image_size"], tracked["images"]["test"])
    if told != (report["dataset"], report["image_size"], report["images"]) or any(
        tracked[name] != made[name] for name in ("seeds", "hours")
    ):
        yield "its setting is not that of scores.json"
    if [claim["id"] for claim in tracked["claims"]] != [claim["id"] for claim in made["claims"]]:
        yield "claims.json holds other claims than the code: run experiments/reproduce.py again"
        return
    for was, now in zip(tracked["claims"], made["claims"], strict=True):
        if _without_numbers(was) != _without_numbers(now):
            yield f"{now['id']}: its text, measures, rules or seeds are not those of the code and the runs"
        elif not _same_numbers(was, now):
            yield f"{now['id']}: its numbers are not those of scores.json and pictures.csv"
        elif _verdicts(was) != _verdicts(now):
            yield f"{now['id']}: its verdict does not follow from its numbers"


def _without_numbers(claim):
    parts = [
        (part["measure"], part["rule"], part["seeds"], [one["seed"] for one in part["by_seed"]])
        for part in claim["parts"]
    ]
    return {key: value for key, value in claim.items() if key != "verdict"} | {"parts": parts}


def _same_numbers(was, now):
    pairs = zip(_numbers(was), _numbers(now), strict=True)
    return all(old == new or (None not in (old, new) and _same_number(old, new, 1e-6)) for old, new in pairs)


def _numbers(claim):
    """A claim's numbers and those of each seed."""
    return [value for part in claim["parts"] for value in (part["value"], *part["by_seed"])]


def _same_number(was, now, tolerance):
    """Whether two means with intervals are the same.

    Ends may differ by what another version of a random generator makes of them.
    """
    width = now["high"] - now["low"]
    ends = (("mean", 0), ("low", 0.1 * width), ("high", 0.1 * width))
    return all(np.isclose(was[end], now[end], rtol=tolerance, atol=extra + tolerance) for end, extra in ends)


def _verdicts(claim):
    return [part["verdict"] for part in claim["parts"]] + [claim["verdict"]]


def _missing_figures(folder):
    captions = folder / "figures" / "captions.md"
    wanted = [captions, captions.parent / "fidelity-plane.png"]
    wanted += [captions.parent / name for name in read_captions(captions)]
    return [str(file.relative_to(folder)) for file in wanted if not file.exists()]
