"""The tracked results: verdicts as JSON, as text, and in the README, and whether all of them agree."""

import json
from collections import Counter
from pathlib import Path

import numpy as np

from data_loader.errors import UserError
from experiments.captions import read_captions
from experiments.cli import PROJECT
from experiments.judging import judged
from experiments.results_text import claims_page, measures_section, results_section
from experiments.tier_files import configuration_of, evidence_of, read_tier
from models.files import write_text

# The README's sections that are written from files and code stand between these.
BEGIN, END = "<!-- {}: begin -->", "<!-- {}: end -->"


def read_document(folder):
    """Tier to its setting and claims, as in claims.json; empty where there is none yet.

    Raises:
        UserError: the file is damaged.
    """
    file = Path(folder) / "claims.json"
    if not file.exists():
        return {}
    try:
        document = json.loads(file.read_text())
        if not all("claims" in results for results in document.values()):
            raise ValueError
        return document
    except (ValueError, AttributeError, TypeError):
        raise UserError(f"{file} is damaged: restore it, or move it away and type the same command again.") from None


def tier_results(folder, identity):
    """A tier's setting and claims, as in claims.json, from its files alone.

    Args:
        folder: of the tier.
        identity: dict of its preset, data set, images, image size and changed options.
    """
    report, scores = read_tier(folder)
    seeds = Counter(configuration_of(run) for run in report["runs"])
    machines = {f"{made['backend']}, {made['cpus']} CPU cores" for made in _made_with(report)}
    setting = {"seeds": dict(seeds), "machines": sorted(machines)}
    return identity | setting | {"claims": judged(evidence_of(report, scores))}


def _made_with(report):
    return [run["made_with"] for run in report["runs"].values()]


def write_results(folder, document):
    """Write the claims and, where the folder is the project's own, the README's sections."""
    folder = Path(folder)
    write_text(folder / "claims.json", json.dumps(document, indent=1) + "\n")
    write_text(folder / "claims.md", claims_page(document))
    if folder.resolve() == (PROJECT / "results").resolve():
        readme = PROJECT / "README.md"
        write_text(readme, _with_sections(readme.read_text(), _sections(folder, document)))


def check(folder, readme):
    """What does not agree among claims.json, claims.md, the tiers' scores and figures, the README and the code.

    Args:
        folder: of the tracked results.
        readme: path of the README.

    Returns:
        list of sentences, empty where all agrees.
    """
    folder, document = Path(folder), read_document(folder)
    problems = [] if document else [f"{folder}/claims.json is missing: run experiments/reproduce.py."]
    for tier, results in document.items():
        try:
            problems += [f"{folder}/{tier}/{name} is missing" for name in _missing_figures(folder / tier)]
            problems += [f"{tier}, {problem}" for problem in _disagreements(folder / tier, results)]
        except UserError as error:
            problems.append(str(error))
    if problems:
        return problems
    if (folder / "claims.md").read_text() != claims_page(document):
        problems.append(f"{folder}/claims.md is not what claims.json says")
    text = Path(readme).read_text()
    if _with_sections(text, _sections(folder, document)) != text:
        problems.append(f"{readme}: its tables are not what the tracked results and the code say")
    return problems


def _disagreements(folder, tracked):
    """Where a tier's tracked claims are not what its files and the code say."""
    report, scores = read_tier(folder)
    for name, row in scores.items():
        if not np.isclose(row.values["pixel_l1"].mean(), report["rows"][name]["pixel_l1"]["mean"], rtol=1e-4):
            yield f"{name}: the mean of pictures.csv is not that of scores.json"
    made = judged(evidence_of(report, scores))
    if [claim["id"] for claim in tracked["claims"]] != [claim["id"] for claim in made]:
        yield "claims.json holds other claims than the code: run experiments/reproduce.py again"
        return
    for was, now in zip(tracked["claims"], made, strict=True):
        if _without_numbers(was) != _without_numbers(now):
            yield f"{now['id']}: its text, measures or rules are not the code's"
        elif not _same_numbers(was, now):
            yield f"{now['id']}: its numbers are not those of scores.json and pictures.csv"
        elif _verdicts(was) != _verdicts(now):
            yield f"{now['id']}: its verdict does not follow from its numbers"


def _without_numbers(claim):
    parts = [(part["measure"], part["rule"]) for part in claim["parts"]]
    return {key: value for key, value in claim.items() if key != "verdict"} | {"parts": parts}


def _same_numbers(was, now):
    numbers = [
        [float(number) for part in claim["parts"] for number in (part["value"] or {}).values()] for claim in (was, now)
    ]
    return len(numbers[0]) == len(numbers[1]) and np.allclose(*numbers, rtol=1e-6, atol=1e-9)


def _verdicts(claim):
    return [part["verdict"] for part in claim["parts"]] + [claim["verdict"]]


def _missing_figures(folder):
    captions = folder / "figures" / "captions.md"
    wanted = [captions, *(captions.parent / name for name in read_captions(captions))]
    return [str(file.relative_to(folder)) for file in wanted if not file.exists()]


def _sections(folder, document):
    """Name to text of the README's sections that are written from files and code."""
    reports = {tier: read_tier(folder / tier)[0] for tier in document}
    return {"results": results_section(document, reports), "measures": measures_section()}


def _with_sections(text, sections):
    """A README with the sections between their markers.

    Raises:
        UserError: it has no markers.
    """
    for name, section in sections.items():
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise UserError(f"README.md needs one line {begin} and one line {end}: restore them.")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{section}{end}{rest.split(end)[1]}"
    return text
