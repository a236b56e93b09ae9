"""Tracked results as Markdown: the page of claims, and the README's section."""

from evaluation.baselines import GRAY
from evaluation.effects import ratio_to
from evaluation.measures import BETTER, MEASURES, OTHER_MEASURES
from experiments.score_report import interval
from experiments.tiers import TIERS, configuration_of

TABLE = (
    ("colorfulness", "colourfulness", 1),
    ("ciede2000", "CIEDE2000", 1),
    ("auc_ab_rebalanced", "AuC rebalanced", 3),
    ("ab_histogram_distance", "ab histogram distance", 3),
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
        "another. A1 and A2 are aims of our own.",
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


def results_section(document, tiers):
    """The README's results: a table of scores and one of verdicts a tier.

    Args:
        document: as in claims.json.
        tiers: tier to its report and scores, as `read_tier` gives them.
    """
    lines = []
    for tier, results in document.items():
        report, scores = tiers[tier]
        lines += [f"### `{tier}`", "", _setting(results), ""]
        titles = ["", "ratio to gray", *(title for _, title, _ in TABLE), "class named"]
        lines += [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
        for label, names in _systems(report).items():
            ratio = ratio_to([scores[name] for name in names], "pixel_l1", scores[GRAY])
            means = [_mean([report["rows"][name][key] for name in names], digits) for key, _, digits in TABLE]
            cells = (label, interval(ratio, 3), *means, _class_named(report, names))
            lines.append(f"| {' | '.join(cells)} |")
        lines += _shipped(tier, report)
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


def _systems(report):
    """The label of each row of a table to the names in the report that it tells of: seeds of one system go together."""
    systems = {}
    for name in report["rows"]:
        systems.setdefault(configuration_of(name) if name in report["runs"] else name, []).append(name)
    return {f"{label}, {len(names)} seeds" if len(names) > 1 else label: names for label, names in systems.items()}


def _mean(values, digits):
    return f"{sum(value['mean'] for value in values) / len(values):.{digits}f}"


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


def _shipped(tier, report):
    """What the colorizers that come along score: each is of one epoch, where the table tells of several."""
    told = [run["shipped"] for run in report["runs"].values() if "shipped" in run]
    if not told:
        return []
    lines = ["", "Comes along, the last epoch alone, in half precision:", ""]
    lines += ["| colorizer | ratio to gray | colourfulness |", "|---|---|---|"]
    for own in told:
        link = f"[`{own['file'].rsplit('/', 1)[-1]}`](results/{tier}/{own['file']})"
        lines.append(f"| {link} | {interval(own['ratio_to_gray'], 3)} | {interval(own['colorfulness'], 1)} |")
    return lines


def _class_named(report, names):
    """The class test's share for the seeds of a system, and for the originals and gray."""
    runs = report["runs"]
    tests = [run["class_test"] for run in runs.values() if "class_test" in run]
    if names[0] in runs:
        found = [runs[name]["class_test"]["run"] for name in names if "class_test" in runs[name]]
    else:
        kind = {"perfect": "real", "gray unchanged": "gray"}.get(names[0])
        found = [test[kind] for test in tests[:1] if kind]
    return _mean(found, 2) if found else ""
