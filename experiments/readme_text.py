"""The README's sections that are written from the tracked results and the code."""

from evaluation.baselines import GRAY, MEAN_CHROMA, PERFECT
from evaluation.effects import ratio_to
from evaluation.measures import BETTER, MEASURES, OTHER_MEASURES
from evaluation.verdicts import VERDICTS
from experiments.results_text import setting
from experiments.score_report import interval
from experiments.tiers import configuration_of, systems_of

TABLE = (
    ("colorfulness", "colourfulness", 1),
    ("ciede2000", "CIEDE2000", 1),
    ("auc_ab_rebalanced", "AuC rebalanced", 3),
    ("ab_histogram_distance", "ab histogram distance", 3),
)
# The trivial rows that the systems are read against first.
HEADLINE_ROWS = (PERFECT, GRAY, MEAN_CHROMA)


def headline_section(document, tiers):
    """What the README begins with: the systems of the tier that says most, and how the claims came out.

    Args:
        document, tiers: as in `results_section`.
    """
    if not document:
        return ""
    tier, results = next(iter(document.items()))
    report, scores = tiers[tier]
    what = f"{results['dataset']}, {results['image_size']} pixels"
    lines = [f"| {what} | error, as a multiple of gray's | colourfulness |", "|---|---|---|"]
    for label, names in systems_of(report).items():
        if names[0] in report["runs"] or names[0] in HEADLINE_ROWS:
            cells = (label, _ratio(scores, names), _mean([report["rows"][name]["colorfulness"] for name in names], 1))
            lines.append(f"| {' | '.join(cells)} |")
    verdicts = {
        verdict: [claim["id"] for claim in results["claims"] if claim["verdict"] == verdict] for verdict in VERDICTS
    }
    told = "; ".join(f"**{verdict}** {', '.join(claims)}" for verdict, claims in verdicts.items() if claims)
    told = f"Of the claims, on these data and after this training: {told} ([what they say](results/claims.md))."
    return "\n".join([*lines, "", _how_scored(results, report), "", told, ""])


def _how_scored(results, report):
    """What the headline's rows are, and what their numbers are means over."""
    epochs, runs = report["epochs_scored"], report["runs"]
    over = f"over the last {epochs} epochs and over" if epochs > 1 else "of the last epoch over"
    paired = dict.fromkeys(configuration_of(name) for name, run in runs.items() if _learns_from_pairs(run))
    told = [
        f"Means {over} {results['images']['test']} test pictures, one seed where none are named, with 95 % intervals.",
        "luma + mean chroma is the photographs' average tint over every picture's own luma.",
    ]
    if paired:
        told.append(f"Learned from pairs: {', '.join(paired)}.")
    if any(configuration_of(name) == "best" for name in runs):
        told.append("`best` is our own recipe, `best-first` what it was at first.")
    return " ".join(told)


def _learns_from_pairs(run):
    return run["model"] == "pix2pix" or run["options"].get("paired_weight", 0) > 0


def results_section(document, tiers):
    """The README's results: a table of scores and one of verdicts a tier.

    Args:
        document: as in claims.json.
        tiers: tier to its report and scores, as `read_tier` gives them.
    """
    lines = []
    for tier, results in document.items():
        report, scores = tiers[tier]
        lines += [f"### `{tier}`", "", setting(results), ""]
        titles = ["", "ratio to gray", *(title for _, title, _ in TABLE), "class named, last epoch"]
        lines += [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
        for label, names in systems_of(report).items():
            means = [_mean([report["rows"][name][key] for name in names], digits) for key, _, digits in TABLE]
            cells = (label, _ratio(scores, names), *means, _class_named(report, names))
            lines.append(f"| {' | '.join(cells)} |")
        lines += _classifiers(report)
        lines += _shipped(tier, results["dataset"], report)
        lines += ["", "| claim | measured, with 95 % interval | verdict |", "|---|---|---|"]
        for claim in results["claims"]:
            parts = [part for part in claim["parts"] if part["value"]]
            values = "<br>".join(f"{part['measure']}: {interval(part['value'], 3)}" for part in parts)
            lines.append(f"| {claim['id']} ({claim['section']}) {claim['text']} | {values} | **{claim['verdict']}** |")
        lines.append("")
    return "\n".join(lines)


def measures_section():
    """The README's table of measures."""
    lines = ["| measure | what it is | unit | range | better | source |", "|---|---|---|---|---|---|"]
    for name, entry in (MEASURES | OTHER_MEASURES).items():
        cells = (f"`{name}`", entry.meaning, entry.unit, entry.range, BETTER[entry.better], entry.source)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _shipped(tier, dataset, report):
    """What the colorizers that come along score: each is of one epoch, where the table tells of several."""
    told = [run["shipped"] for run in report["runs"].values() if "shipped" in run]
    if not told:
        return []
    again = f"`evaluate.py results/{tier}/colorizers/*.npz --dataset {dataset}`"
    lines = ["", f"Comes along, the last epoch alone, in half precision ({again} scores them again):", ""]
    lines += ["| colorizer | ratio to gray | colourfulness |", "|---|---|---|"]
    for own in told:
        link = f"[`{own['file']}`](results/{tier}/colorizers/{own['file']})"
        lines.append(f"| {link} | {interval(own['ratio_to_gray'], 3)} | {interval(own['colorfulness'], 1)} |")
    return lines


def _classifiers(report):
    """A sentence where the runs were asked by several classifiers, as each machine trains its own."""
    tests = [run["class_test"] for run in report["runs"].values() if "class_test" in run]
    shares = {(test["real"]["mean"], test["gray"]["mean"]): None for test in tests}
    if len(shares) < 2:
        return []
    told = " and ".join(f"{real:.3f} ({gray:.3f} when gray)" for real, gray in shares)
    return ["", f"Classes were named by {len(shares)} classifiers, which name {told} of the originals."]


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


def _mean(values, digits):
    return f"{sum(value['mean'] for value in values) / len(values):.{digits}f}"


def _ratio(scores, names):
    return interval(ratio_to([scores[name] for name in names], "pixel_l1", scores[GRAY]), 3)
