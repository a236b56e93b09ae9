"""Tracked results as Markdown: the page of claims, what a tier is, and tables."""

from experiments.score_report import interval
from experiments.tiers import TIERS


def claims_page(document):
    """claims.md: every claim of every tier with its numbers, rule and verdict.

    Args:
        document: as in claims.json.
    """
    lines = [
        "# The paper's claims, and aims of our own",
        "",
        "Written by `experiments/reproduce.py`. A verdict needs the whole 95 % interval on one side of its rule, and",
        "several seeds of each system where errors are compared; a share of pictures with one seed is that one run's.",
        "Differences are shares of the gray row's pixel-L1; where one of two systems has several seeds and the other a",
        "single one, that one is taken to vary as much. A tier is a preset and a data set, and says nothing about",
        "another.",
    ]
    for tier, results in document.items():
        lines += ["", f"## {tier}", "", setting(results), ""]
        titles = ("claim", "measured", "value, 95 % interval", "rule", "verdict")
        lines += table(titles, [row for claim in results["claims"] for row in _rows_of(claim)])
    return "\n".join(lines) + "\n"


def _rows_of(claim):
    """A row a part, a row of the whole where there are several, and the caveat."""
    for number, part in enumerate(claim["parts"]):
        told = f"**{claim['id']}** ({claim['section']}) {claim['text']}" if not number else ""
        value = interval(part["value"], 3) if part["value"] else ""
        yield told, part["measure"], value, part["rule"], part["verdict"]
    if len(claim["parts"]) > 1:
        yield "", f"{claim['id']} as a whole", "", "", f"**{claim['verdict']}**"
    if "caveat" in claim:
        yield "", claim["caveat"], "", "", ""


def table(titles, rows):
    """The lines of a table; titles and each row's cells are strings."""
    return [f"| {' | '.join(cells)} |" for cells in (titles, ["---"] * len(titles), *rows)]


def setting(results):
    """What a tier is, in a sentence or three; `results` as in claims.json."""
    counts = results["images"]
    changed = f", with {', '.join(results['changed'])}" if results["changed"] else ""
    return (
        f"Preset `{results['preset']}`{changed} on {results['dataset']}, {counts['train']} training and "
        f"{counts['test']} test pictures of {results['image_size']} pixels, {_seeds(results['seeds'])}; "
        f"{_hours(results['hours'])}.{_missing(results)}"
    )


def _hours(machines):
    """How long the runs trained, all together."""
    return "trained for " + " and ".join(f"{hours:.1f} hours ({name})" for name, hours in machines.items())


def _seeds(counts):
    fewest, most = min(counts.values()), max(counts.values())
    if most == 1:
        return "one seed: intervals are over pictures alone, and what compares errors stays undecided"
    return f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"


def _missing(results):
    """The tier's runs that are not among those scored: not begun, not at their end, or broken down."""
    plan, found = TIERS[results["preset"]], results["seeds"]
    planned = {name: plan.seeds_of(name) for name in plan.runs}
    missing = {name: count - found.get(name, 0) for name, count in planned.items() if found.get(name, 0) < count}
    if not missing:
        return ""
    told = [
        f"{name} ({count} more seed{'s' * (count > 1)})" if planned[name] > 1 else name
        for name, count in missing.items()
    ]
    ended = sum(planned.values()) - sum(missing.values())
    return f" **{ended} of {sum(planned.values())} runs are at their end; still to come: {', '.join(told)}.**"
