"""scores.md, the page of all scores: a table a tier."""

from evaluation.baselines import GRAY, PERFECT
from experiments.results_text import how_scored, mean_of, ratio_of, ratio_of_each, setting, table
from experiments.score_report import interval
from experiments.tiers import systems_of

# Measures of a table's rows: name, title, digits.
COLUMNS = (
    ("colorfulness", "colourfulness", 1),
    ("ciede2000", "CIEDE2000", 1),
    ("auc_ab_rebalanced", "AuC rebalanced", 3),
    ("ab_histogram_distance", "ab histogram distance", 3),
)
TITLES = (
    "",
    "ratio to gray",
    "of each seed",
    *(title for _, title, _ in COLUMNS),
    "last epoch: ratio with the luma of x",
    "last epoch: class named",
)
LAST_EPOCH = "Two columns are of the last epoch alone, and empty where that was not measured by one classifier for all."
# The trivial rows that the class test is asked of, too, by its names for them.
CLASS_TEST_ROWS = {PERFECT: "real", GRAY: "gray"}


def scores_page(document, tiers):
    """scores.md: what each tier is, and the scores of its systems.

    Args:
        document: as in claims.json.
        tiers: tier to its report and scores, as `read_tier` gives them.
    """
    lines = [
        "# Scores",
        "",
        "Written by `experiments/reproduce.py`. What a measure is, `experiments/evaluate.py --help` says; how the",
        "claims came out is in [claims.md](claims.md). A tier is a preset and a data set, and says nothing about",
        "another. Intervals are 95 %, over pictures and, where there are several seeds, over these.",
    ]
    for tier, results in document.items():
        report, scores = tiers[tier]
        rows = [_row(report, scores, label, names) for label, names in systems_of(report).items()]
        lines += ["", f"## {tier}", "", setting(results), "", f"{how_scored(results, report)}. {LAST_EPOCH}", ""]
        lines += [*table(TITLES, rows), *_classifiers(report)]
        lines += _shipped(tier, results["dataset"], report)
        lines += [
            "",
            f"[Figures]({tier}/figures/captions.md), [losses]({tier}/losses), [all else]({tier}/scores.json).",
        ]
    return "\n".join(lines) + "\n"


def _row(report, scores, label, names):
    """A system's cells under the `TITLES`."""
    rows, runs = report["rows"], [report["runs"][name] for name in names if name in report["runs"]]
    means = (mean_of([rows[name][measure] for name in names], digits) for measure, _, digits in COLUMNS)
    put_back = [run["brightness"]["luma_put_back"]["mean"] for run in runs if "brightness" in run]
    ratios = [{"mean": error / rows[GRAY]["pixel_l1"]["mean"]} for error in put_back]
    last_epoch = (mean_of(ratios, 3), mean_of(_class_named(report, names), 2))
    return label, ratio_of(scores, names), ratio_of_each(scores, names), *means, *last_epoch


def _class_named(report, names):
    """The class test's shares for the seeds of a system, for the originals or for gray; none of several classifiers."""
    tests = {name: run["class_test"] for name, run in report["runs"].items() if "class_test" in run}
    if names[0] in report["runs"]:
        asked = [tests[name] for name in names if name in tests]
        return [test["run"] for test in asked] if len(_shares_of_originals(asked)) == 1 else []
    # Each run asked of them, too.
    return [test[CLASS_TEST_ROWS[names[0]]] for test in list(tests.values())[:1] if names[0] in CLASS_TEST_ROWS]


def _classifiers(report):
    """A sentence where the runs were asked by several classifiers, as each machine trains its own."""
    shares = _shares_of_originals([run["class_test"] for run in report["runs"].values() if "class_test" in run])
    if len(shares) < 2:
        return []
    told = " and ".join(f"{real:.3f} ({gray:.3f} when gray)" for real, gray in shares)
    return ["", f"Classes were named by {len(shares)} classifiers, which name {told} of the originals."]


def _shares_of_originals(tests):
    """What tells classifiers apart: the shares of originals and of gray pictures that each names, each pair once."""
    return list(dict.fromkeys((test["real"]["mean"], test["gray"]["mean"]) for test in tests))


def _shipped(tier, dataset, report):
    """What the colorizers that come along score: each is of one epoch, where the table tells of several."""
    shipped = [run["shipped"] for run in report["runs"].values() if "shipped" in run]
    if not shipped:
        return []
    again = f"`evaluate.py results/{tier}/colorizers/*.npz --dataset {dataset}`"
    rows = [
        (
            f"[`{own['file']}`]({tier}/colorizers/{own['file']})",
            interval(own["ratio_to_gray"], 3),
            interval(own["colorfulness"], 1),
        )
        for own in shipped
    ]
    told = f"Comes along, the last epoch alone, in half precision ({again} scores them again):"
    return ["", told, "", *table(("colorizer", "ratio to gray", "colourfulness"), rows)]
