"""The tracked results: verdicts as JSON, and what is written from them: two pages, and the README's sections."""

import json
from collections import Counter
from pathlib import Path

from data_loader.errors import UserError
from experiments.claims import claims_of
from experiments.claims_page import claims_page
from experiments.cli import PROJECT
from experiments.judging import judged
from experiments.readme_text import headline_section, measures_section
from experiments.scores_page import scores_page
from experiments.tier_files import evidence_of, read_tier
from experiments.tiers import TIERS, by_configuration
from models.files import write_text

IDENTITY = ("preset", "dataset", "images", "image_size", "changed")
SETTING = (*IDENTITY, "seeds", "hours", "claims")
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
        for results in document.values():
            known = set(SETTING) <= set(results) and results["preset"] in TIERS
            if not known or not all(_is_claim(claim) for claim in results["claims"]):
                raise ValueError
        return document
    except (ValueError, AttributeError, TypeError, KeyError):
        raise UserError(
            f"{file} is damaged, or of another version of the code: restore it, or move it away and type the same "
            "command again."
        ) from None


def _is_claim(claim):
    of_a_part, of_a_seed = {"measure", "rule", "value", "seeds", "by_seed", "verdict"}, {"seed", "mean", "low", "high"}
    return {"id", "verdict", "parts"} <= set(claim) and all(
        of_a_part <= set(part) and all(of_a_seed <= set(one) for one in part["by_seed"]) for part in claim["parts"]
    )


def tier_results(identity, report, scores):
    """A tier's setting and claims, as in claims.json, from its files alone.

    Args:
        identity: dict of the `IDENTITY`.
        report, scores: as `read_tier` gives them.
    """
    seeds = {name: len(runs) for name, runs in by_configuration(report["runs"]).items()}
    hours = Counter()
    for run in report["runs"].values():
        hours[_machine(run["made_with"])] += run["training_seconds"] / 3600
    setting = {"seeds": seeds, "hours": {name: round(count, 2) for name, count in sorted(hours.items())}}
    return identity | setting | {"claims": judged(claims_of(TIERS[identity["preset"]]), evidence_of(report, scores))}


def _machine(made_with):
    """What trained a run; runs from before that was recorded have None."""
    if not made_with:
        return "a machine that was not recorded"
    cpus = made_with["cpus"]
    return f"{made_with['backend']}, {cpus} CPU core{'s' * (cpus > 1)}"


def write_results(folder, document):
    """Write the claims, the pages and, where the folder is the project's own, the README's sections."""
    folder, document = Path(folder), in_order(document)
    write_text(folder / "claims.json", json.dumps(document, indent=1) + "\n")
    tiers = read_tiers(folder, document)
    for name, text in pages(document, tiers).items():
        write_text(folder / name, text)
    if folder.resolve() == (PROJECT / "results").resolve():
        readme = PROJECT / "README.md"
        write_text(readme, with_sections(readme.read_text(), readme_sections(document, tiers)))


def in_order(document):
    """Tiers that say more come first: the order of `TIERS`, backwards."""
    presets = list(TIERS)
    return dict(sorted(document.items(), key=lambda entry: -presets.index(entry[1]["preset"])))


def read_tiers(folder, document):
    """Tier to its report and scores, as `read_tier` gives them, of the tiers in claims.json."""
    return {tier: read_tier(folder / tier) for tier in document}


def pages(document, tiers):
    """Name to text of the results' pages."""
    return {"claims.md": claims_page(document), "scores.md": scores_page(document, tiers)}


def readme_sections(document, tiers):
    """Name to text of the project's README's sections that are written from files and code."""
    return {"headline": headline_section(document, tiers), "measures": measures_section()}


def with_sections(text, sections):
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
