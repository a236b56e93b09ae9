"""Scores as a table on the terminal."""

from evaluation.measures import BETTER, MEASURES, OTHER_MEASURES

# Shown in this order: name in the JSON, title, digits.
COLUMNS = (
    ("psnr", "PSNR", 2),
    ("ssim", "SSIM", 3),
    ("ciede2000", "CIEDE", 2),
    ("ab_error", "ab err", 2),
    ("auc_ab", "AuC", 3),
    ("auc_ab_rebalanced", "AuC reb", 3),
    ("ab_histogram_distance", "ab hist", 3),
    ("colorfulness", "colorf", 1),
    ("colorfulness_absolute", "c. abs", 1),
    ("colorfulness_gap", "c. gap", 1),
    ("pixel_l1_as_published", "as publ.", 1),
)


def print_report(report):
    """Print what `evaluate.py` found; see its `--help` for the measures."""
    print(f"\n{report['dataset']}, {report['split']} split: {report['images']} images of {report['image_size']} pixels")
    print("means over images; in brackets 95 % bootstrap intervals, those of the other columns are in the JSON\n")
    width = max(len(name) for name in report["rows"]) + 1
    print(f"{'':{width}}{'pixel_l1':>10}{'ratio to gray':>23}" + "".join(f"{title:>9}" for _, title, _ in COLUMNS))
    for name, row in report["rows"].items():
        ratio = interval(row["ratio_to_gray"], 3) if "ratio_to_gray" in row else "-"
        values = "".join(f"{row[key]['mean']:>9,.{digits}f}" for key, _, digits in COLUMNS)
        print(f"{name:{width}}{row['pixel_l1']['mean']:>10,.1f}{ratio:>23}{values}")
    for name, run in report["runs"].items():
        _print_run(name, run)
    for group in report["configurations"]:
        print(f"\n{', '.join(group['runs'])}: one configuration, seeds {', '.join(map(str, group['seeds']))}")
        print(f"  ratio to gray {interval(group['ratio_to_gray'], 3)} over seeds (t-interval)")
        print(f"  colorfulness  {interval(group['colorfulness'], 1)}")
    if "comparison" in report:
        _print_comparison(report["comparison"])
    if "law" in report:
        _print_law(report["law"])


def interval(value, digits):
    """A mean with its interval, as in 0.920 [0.871, 0.972]."""
    return f"{value['mean']:,.{digits}f} [{value['low']:,.{digits}f}, {value['high']:,.{digits}f}]"


def _print_run(name, run):
    if "brightness" in run:
        _print_brightness(name, run["brightness"])
    if "cycle" in run:
        gray, color = (interval(run["cycle"][domain], 1) for domain in ("gray", "color"))
        print(f"\n{name}: cycle errors (pixel-L1) gray {gray}, colour {color}")
    if "diversity" in run:
        found = run["diversity"]
        print(f"\n{name}: {found['samples']} colourings a picture")
        print(f"  they differ in chroma by {interval(found['pairwise_chroma_l1'], 5)} of the range")
        print(f"  share of pictures with but one colouring (below 1/255) {interval(found['collapsed'], 3)}")
        print(
            f"  pixel_l1 of one {found['one_sample']['mean']:,.1f}, of the best {found['best_of_k']['mean']:,.1f}, "
            f"of the best of as many random hues {found['best_of_k_random_hues']['mean']:,.1f}"
        )
    if "hidden_color" in run:
        print(f"\n{name}: pixel_l1 of G's colouring of")
        for probe, value in run["hidden_color"].items():
            print(f"  {probe:26} {interval(value, 1)}")
    if "class_test" in run:
        shares = ", ".join(f"{kind} {interval(value, 3)}" for kind, value in run["class_test"].items())
        print(f"\n{name}: share of pictures whose class a classifier of real photographs names: {shares}")


def _print_brightness(name, found):
    print(f"\n{name}: luma of G(x) against that of x")
    for where, what in (("correlation", "over the pictures' means"), ("within", "within a picture, in the mean")):
        if found[where]:
            print(f"  correlation {what} {interval(found[where], 3)}")
    print(f"  pixel_l1 with the luma of x put back {interval(found['luma_put_back'], 1)}")


def _print_comparison(found):
    first, second = found["runs"]
    print(f"\n{second} - {first}: pixel_l1 {interval(found['difference'], 1)}, Wilcoxon p = {found['wilcoxon_p']:.2g}")
    alike = "alike" if found["alike"] else "not shown to be alike"
    print(f"  equivalence within {found['margin']:,.1f}: p = {found['equivalence_p']:.2g}, {alike}")
    print(f"  {first} is nearer on a share of {interval(found['first_wins'], 3)} of the pictures")
    print(f"  where they differ most: {found['figure']}")


def _print_law(law):
    print(
        f"\nThe colour law: the best that one can expect is a pixel_l1 of {law['expected_best_pixel_l1']:,.1f} "
        f"({law['expected_best_ratio_to_gray']:.3f} x gray);\ntwo draws of a picture whose species has several "
        f"colours differ by {law['diversity']:,.1f}."
    )


def describe_measures():
    """The measures as text for --help: name, meaning, unit, range, which way is better, source."""
    lines = []
    for name, entry in (MEASURES | OTHER_MEASURES).items():
        lines += [
            f"  {name}",
            f"      {entry.meaning}",
            f"      ({entry.unit}; {entry.range}; {BETTER[entry.better]}; {entry.source})",
        ]
    return "\n".join(lines)
