"""Tracked results as Markdown: the page of claims, and the README's section."""

from evaluation.measures import BETTER, MEASURES, OTHER_MEASURES
from experiments.score_report import interval

TABLE = (
    ("ratio_to_gray", "ratio to gray", 3, True),
    ("colorfulness", "colourfulness", 1, False),
    ("ciede2000", "CIEDE2000", 1, False),
    ("auc_ab_rebalanced", "AuC rebalanced", 3, False),
    ("ab_histogram_distance", "ab histogram distance", 3, False),
)


def claims_page(document):
    """claims.md: every claim of every tier with its numbers, rule and verdict.

    Args:
        document: as in claims.json.
    """
    lines = [
        "# The paper's claims",
        "",
        "Written by `experiments/reproduce.py`. A verdict needs the whole 95 % interval on one side of its rule, and",
        "several seeds of each system where errors are compared; a share of pictures with one seed is that one run's.",
        "Differences are shares of the gray row's pixel-L1. A tier is a preset and a data set, and says nothing about",
        "another.",
    ]
    for tier, results in document.items():
        lines += ["", f"## {tier}", "", _setting(results), ""]
        lines += ["| claim | measured | value, 95 % interval | rule | verdict |", "|---|---|---|---|---|"]
        for claim in results["claims"]:
            for number, part in enumerate(claim["parts"]):
                told = f"**{claim['id']}** ({claim['section']}) {claim['text']}" if not number else ""
                value = interval(part["value"], 3) if part["value"] else ""
                lines.append(f"| {told} | {part['measure']} | {value} | {part['rule']} | {part['verdict']} |")
            if len(claim["parts"]) > 1:
                lines.append(f"| | {claim['id']} as a whole | | | {claim['verdict']} |")
            if "caveat" in claim:
                lines.append(f"| | {claim['caveat']} | | | |")
    return "\n".join(lines) + "\n"


def measures_section():
    """The README's table of measures."""
    lines = ["| measure | what it is | unit | range | better | source |", "|---|---|---|---|---|---|"]
    for name, entry in (MEASURES | OTHER_MEASURES).items():
        cells = (f"`{name}`", entry.meaning, entry.unit, entry.range, BETTER[entry.better], entry.source)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def results_section(document, reports):
    """The README's results: a table of scores and one of verdicts a tier.

    Args:
        document: as in claims.json.
        reports: tier to its scores.json.
    """
    lines = []
    for tier, results in document.items():
        report = reports[tier]
        lines += [f"### `{tier}`", "", _setting(results), ""]
        titles = [title for _, title, _, _ in TABLE]
        lines += [f"| {' | '.join(['', *titles, 'class named'])} |", f"|{'---|' * (len(titles) + 2)}"]
        for name, row in report["rows"].items():
            cells = [
                (interval(row[key], digits) if bracketed else f"{row[key]['mean']:.{digits}f}")
                for key, _, digits, bracketed in TABLE
            ]
            lines.append(f"| {' | '.join([name, *cells, _class_named(report, name)])} |")
        lines += ["", "| claim | measured, with 95 % interval | verdict |", "|---|---|---|"]
        for claim in results["claims"]:
            parts = [part for part in claim["parts"] if part["value"]]
            values = "<br>".join(f"{part['measure']}: {interval(part['value'], 3)}" for part in parts)
            lines.append(f"| {claim['id']} ({claim['section']}) {claim['text']} | {values} | **{claim['verdict']}** |")
        lines.append("")
    return "\n".join(lines)


def _setting(results):
    counts = results["images"]
    changed = f", with {', '.join(results['changed'])}" if results["changed"] else ""
    return (
        f"Preset `{results['preset']}`{changed} on {results['dataset']}, {counts['train']} training and "
        f"{counts['test']} test pictures of {results['image_size']} pixels, {_seeds(results['seeds'])}; "
        f"{_hours(results['hours'])}."
    )


def _hours(machines):
    """How long the runs trained, all together."""
    return "trained for " + " and ".join(f"{hours:.1f} hours ({name})" for name, hours in machines.items())


def _seeds(counts):
    fewest, most = min(counts.values()), max(counts.values())
    if most == 1:
        return "one seed: intervals are over pictures alone, and what compares errors stays undecided"
    return f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"


def _class_named(report, name):
    """The class test's share for a run, and for the originals and gray."""
    runs = report["runs"]
    if name in runs:
        found = runs[name].get("class_test", {}).get("run")
    else:
        kind = {"perfect": "real", "gray unchanged": "gray"}.get(name)
        found = next((run["class_test"].get(kind) for run in runs.values() if "class_test" in run), None)
    return f"{found['mean']:.2f}" if found else ""
