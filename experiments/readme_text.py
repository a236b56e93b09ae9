"""The README's sections that are written from the tracked results and the code."""

from evaluation.baselines import GRAY, MEAN_CHROMA, PERFECT
from evaluation.measures import BETTER, MEASURES, OTHER_MEASURES
from experiments.results_text import how_scored, mean_of, ratio_of, ratio_of_each, table
from experiments.tiers import by_configuration, systems_of

# The trivial rows that the systems are read against first.
HEADLINE_ROWS = (PERFECT, GRAY, MEAN_CHROMA)
OURS = {
    "best": "`best`, a recipe for the CycleGANs",
    "best-first": "`best-first`, what it was at first",
    "capsule-best": "`capsule-best`, the recipe with capsules",
}


def headline_section(document, tiers):
    """What the README begins with: the systems of the tier that says most, and how the claims came out.

    Args:
        document: as in claims.json.
        tiers: tier to its report and scores, as `read_tier` gives them.
    """
    if not document:
        return ""
    tier, results = next(iter(document.items()))
    report, scores = tiers[tier]
    what = f"{results['dataset']}, {results['image_size']} pixels"
    rows = [
        (
            label,
            ratio_of(scores, names),
            ratio_of_each(scores, names),
            mean_of([report["rows"][name]["colorfulness"] for name in names], 1),
        )
        for label, names in systems_of(report).items()
        if names[0] in report["runs"] or names[0] in HEADLINE_ROWS
    ]
    scored = table((what, "pixel-L1 error, as a multiple of gray's", "of each seed", "colourfulness"), rows)
    verdicts = [(f"**{claim['id']}** {claim['text']}", f"**{claim['verdict']}**") for claim in results["claims"]]
    claims = table(("claim, on these data and after this training", "[verdict](results/claims.md)"), verdicts)
    return "\n".join([*scored, "", _what_rows_are(results, report), "", *claims, ""])


def _what_rows_are(results, report):
    """What the headline's rows are, and what their numbers are means over."""
    systems = by_configuration(report["runs"])
    paired = [name for name, seeds in systems.items() if _learns_from_pairs(report["runs"][seeds[0]])]
    ours = [told for name, told in OURS.items() if name in systems]
    told = [
        f"{how_scored(results, report)}, with 95 % intervals.",
        "Over few seeds that differ much intervals are wide and may pass 0.",
        "luma + mean chroma is the photographs' average tint over every picture's own luma.",
    ]
    if paired:
        told.append(f"Learned from pairs: {', '.join(paired)}.")
    if ours:
        told.append(f"Our own: {'; '.join(ours)}.")
    return " ".join(told)


def _learns_from_pairs(run):
    return run["model"] == "pix2pix" or run["options"].get("paired_weight", 0) > 0


def measures_section():
    """The README's table of measures."""
    rows = [
        (f"`{name}`", entry.meaning, entry.unit, entry.range, BETTER[entry.better], entry.source)
        for name, entry in (MEASURES | OTHER_MEASURES).items()
    ]
    return "\n".join(table(("measure", "what it is", "unit", "range", "better", "source"), rows)) + "\n"
