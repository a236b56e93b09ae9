"""The tracked results: verdicts as JSON, as text, and in the README, and whether all of them agree."""

import json
from pathlib import Path

from data_loader.errors import UserError
from evaluation.verdicts import NOT_RUN, UNDECIDED, combined, enough_seeds
from experiments.claims import CLAIMS
from experiments.cli import PROJECT
from experiments.results_text import claims_page, measures_section, results_section
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


def judged(claims, evidence, before, setting):
    """The claims of a tier with their numbers and verdicts, as for JSON.

    Args:
        claims: those that were asked for; the others keep what stands in `before`, if its setting is the same.
        evidence: `Evidence`.
        before: what claims.json holds of the tier.
        setting: of the tier now.
    """
    same = {name: before.get(name) for name in setting} == setting
    old = {claim["id"]: claim for claim in before.get("claims", ())} if same else {}
    found = []
    for claim in CLAIMS:
        if claim not in claims and claim.id in old:
            found.append(old[claim.id])
            continue
        ran = claim in claims and all(name in evidence.scores for name in claim.runs)
        parts = [_part(part, evidence if ran else None) for part in claim.parts]
        found.append(_facts(claim) | {"parts": parts, "verdict": combined([part["verdict"] for part in parts])})
    return found


def _part(part, evidence):
    told = {"measure": part.measure, "rule": str(part.rule)}
    if evidence is None:
        return told | {"value": None, "seeds": 0, "verdict": NOT_RUN}
    value = part.value(evidence)
    seeds = min(len(evidence.scores[name]) for name in part.compares or evidence.scores)
    return told | {"value": value, "seeds": seeds, "verdict": _verdict(part, value, seeds)}


def _verdict(part, value, seeds):
    if value is None:
        return NOT_RUN
    return UNDECIDED if part.compares and not enough_seeds(seeds) else part.rule.verdict(value)


def _facts(claim):
    return {"id": claim.id, "section": claim.section, "text": claim.text, "runs": list(claim.runs)}


def write_results(folder, document, tier, report):
    """Write the claims, a tier's scores, and, where the folder is the project's own, the README's section."""
    folder = Path(folder)
    write_text(folder / tier / "scores.json", json.dumps(report, indent=1) + "\n")
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
        problems += [f"{folder}/{tier}/{name} is missing" for name in _missing(folder / tier)]
        if [claim["id"] for claim in results["claims"]] != [claim.id for claim in CLAIMS]:
            problems.append(f"{tier} holds other claims than the code: run experiments/reproduce.py again.")
            continue
        scored = _scored_runs(folder / tier)
        for claim, tracked in zip(CLAIMS, results["claims"], strict=True):
            problems += [f"{tier}, {claim.id}: {problem}" for problem in _disagreements(claim, tracked)]
            if tracked["verdict"] != NOT_RUN:
                unscored = [name for name in tracked["runs"] if name not in scored]
                problems += [f"{tier}, {claim.id}: its scores have no row of {name}" for name in unscored]
    if problems:
        return problems
    if (folder / "claims.md").read_text() != claims_page(document):
        problems.append(f"{folder}/claims.md is not what claims.json says")
    text = Path(readme).read_text()
    if _with_sections(text, _sections(folder, document)) != text:
        problems.append(f"{readme}: its tables are not what the tracked results and the code say")
    return problems


def _disagreements(claim, tracked):
    """Where a tracked claim is not what the code says of it."""
    problems = [f"its {name} is not the code's" for name, value in _facts(claim).items() if tracked.get(name) != value]
    for part, stored in zip(claim.parts, tracked["parts"], strict=True):
        if (stored["measure"], stored["rule"]) != (part.measure, str(part.rule)):
            problems.append("its measure or rule is not the code's")
        if stored["verdict"] != _verdict(part, stored["value"], stored["seeds"]):
            problems.append("its verdict does not follow from its number")
    if tracked["verdict"] != combined([part["verdict"] for part in tracked["parts"]]):
        problems.append("its verdict does not follow from its parts")
    return problems


def _scored_runs(folder):
    """Names of the runs, without their seeds, that a tier's scores hold; none where there are no scores."""
    file = folder / "scores.json"
    return {row.rsplit("-seed", 1)[0] for row in json.loads(file.read_text())["rows"]} if file.exists() else set()


def _missing(folder):
    pictures = folder / "figures"
    captions = pictures / "captions.md"
    named = [line.split("**")[1] for line in captions.read_text().splitlines() if line] if captions.exists() else []
    wanted = [folder / "scores.json", captions, *(pictures / name for name in named)]
    return [str(file.relative_to(folder)) for file in wanted if not file.exists()]


def _sections(folder, document):
    """Name to text of the README's sections that are written from files and code."""
    reports = {tier: json.loads((folder / tier / "scores.json").read_text()) for tier in document}
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
