"""Score trained colorizers on held-out photographs, beside what trivial colourings score.

python experiments/evaluate.py results/runs/cyclegan-oxford17-paper-seed0
python experiments/evaluate.py RUN_DIR --split val --json scores.json --probes --class-test
python experiments/evaluate.py PATCHGAN_RUN CAPSULE_RUN             compares the two, picture by picture (4.2)
python experiments/evaluate.py RUN_SEED0 RUN_SEED1 RUN_SEED2        intervals over seeds too
python experiments/evaluate.py results/reduced-oxford17/colorizers/*.npz --dataset oxford17     those that we ship
python experiments/evaluate.py models/colorizers/flowers.npz --dataset oxford17 --photographs    as colorize.py colours
python experiments/evaluate.py RUN_DIR --dataset oxford17             one of the sets that the run was trained on
python experiments/evaluate.py --dataset oxford17 --split all --image-size 128 --trivial-only

What a run scored stays in its directory and is not scored again, as long as nothing that it depends on has changed.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json
import textwrap
from functools import partial

from data_loader import UserError, load_flowers
from data_loader.files import write_text
from data_loader.flowers import SPLITS, require_split
from evaluation.baselines import GRAY
from evaluation.metrics import BETTER, MEASURES, MIN_SCORED_SIDE, OTHER_MEASURES
from evaluation.statistics import MARGIN, compare
from experiments import import_keras, require_defaults, require_numbers, run_script
from experiments.support import runs
from experiments.support.drawing import draw_most_different
from experiments.support.scoring import Question, Scoring
from experiments.support.store import interval
from experiments.support.training_command import show_notes
from models.photographs import require_size
from models.shipped import named

IMAGE_SIZE, PHOTOGRAPH_SIZE = 128, 256
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


def main():
    """Score from the command line."""
    arguments = _parser().parse_args()
    _require_sound(arguments)
    colorings, configs, learned_from = {}, {}, None
    size = arguments.image_size or (PHOTOGRAPH_SIZE if arguments.photographs else IMAGE_SIZE)
    if any(Path(path).suffix == ".npz" for path in arguments.run_dirs):
        colorings, size = _unpacked(arguments, size)
        learned_from = _learned_from(arguments.run_dirs)
    elif arguments.run_dirs:
        configs = runs.require_comparable(arguments.run_dirs)
    if configs:
        flowers = runs.flowers_of_runs(configs, arguments.dataset, arguments.data_dir)
    else:
        flowers = load_flowers(arguments.dataset or "auto", size, arguments.data_dir, part_of=learned_from)
    show_notes(flowers)
    asked = ("split", "samples", "probes", "class_test", "last")
    scoring = Scoring(flowers, Question(**{name: getattr(arguments, name) for name in asked}))
    scored = scoring.trivial | scoring.runs(configs)
    scored |= {name: scoring.packed(name, *functions) for name, functions in colorings.items()}
    report = scoring.report(scored)
    if len(configs) == 2:
        report["comparison"] = _comparison(arguments, scoring.split, list(configs), scored)
    _print_report(report)
    scoring.write_reports(scored, configs)
    if arguments.json:
        write_text(arguments.json, json.dumps(report, indent=2) + "\n")
    return 0


def _require_sound(arguments):
    """Refuse what nothing can be scored with."""
    if bool(arguments.run_dirs) == arguments.trivial_only:
        raise UserError("name at least one RUN_DIR or FILE.npz to score, or --trivial-only with a --dataset.")
    packed = [path for path in arguments.run_dirs if Path(path).suffix == ".npz"]
    if arguments.photographs and (arguments.trivial_only or len(packed) < len(arguments.run_dirs)):
        raise UserError("--photographs is for packed colorizers: leave it out, or pack a run with export.py.")
    if arguments.size is not None:
        if not arguments.photographs:
            raise UserError("--size goes with --photographs: add it, or leave --size out.")
        require_size(arguments.size)
    require_split(arguments.split)
    if arguments.samples == 1 or arguments.samples < 0:
        raise UserError(f"--samples {arguments.samples} cannot differ: use at least 2, or 0 to leave them out.")
    if not 0 < arguments.margin < 1:
        raise UserError(f"--margin {arguments.margin} is no share: use a number between 0 and 1, such as 0.05.")
    if arguments.class_test and arguments.split in ("train", "all"):
        raise UserError(f"--class-test knows the {arguments.split} split's pictures: score it on test or val.")
    require_numbers(arguments, image_size=MIN_SCORED_SIDE, last=0)


def _unpacked(arguments, size):
    """Name in tables to what `Scoring.packed` takes of packed colorizers; the side of their images."""
    files, photographs = [str(Path(file).resolve()) for file in arguments.run_dirs], arguments.photographs
    for file in files:
        if Path(file).suffix != ".npz":
            raise UserError(f"{file} is no packed colorizer: score runs and packed colorizers apart.")
        if files.count(file) > 1:
            raise UserError(f"{file} is named twice: name each colorizer once.")
    if arguments.image_size and not photographs:
        raise UserError("--image-size is a packed colorizer's own: leave it out, or add --photographs.")
    of_runs = ("probes", "class_test", "last", "margin", "figure")
    require_defaults(_parser(), arguments, of_runs, "for a packed colorizer: leave it out, or name runs")
    if photographs:
        require_defaults(_parser(), arguments, ["samples"], "with --photographs: leave one of the two out")
    import_keras()
    from models.colorizing import unpack

    networks = {name: unpack(file) for name, file in zip(runs.run_names(files), files, strict=True)}
    if photographs:
        return {name: [runs.photograph_coloring(network, arguments.size)] for name, network in networks.items()}, size
    sizes = {network.inputs[0].shape[1] for network in networks.values()}
    if len(sizes) > 1:
        told = " and ".join(map(str, sorted(sizes)))
        raise UserError(f"these colorizers have images of {told} pixels: score them apart.")
    return {name: (partial(runs.coloring_by, one), runs.samples_by(one)) for name, one in networks.items()}, sizes.pop()


def _learned_from(files):
    """The sets that packed colorizers learned from, as in --dataset, by the files beside them; None if not all alike.

    A set that is one of them keeps the split that it had among them.
    """
    learned = set()
    for beside in (Path(file).with_suffix(".json") for file in files):
        if not beside.is_file():
            return None
        with runs.understood(beside, "restore it, or move it away to do without it"):
            learned.add(json.loads(beside.read_text(encoding="utf-8"))["data"].replace("+", ","))
    return learned.pop() if len(learned) == 1 else None


def _comparison(arguments, split, run_dirs, scored):
    """The paired comparison of two runs, and a picture of where they differ most."""
    names = runs.run_names(run_dirs)
    first, second, gray = (scored[name].scores.values["pixel_l1"] for name in (*names, GRAY))
    file = arguments.figure or Path(run_dirs[0]) / f"against-{Path(run_dirs[1]).name}.png"
    draw_most_different(file, split, dict(zip(names, run_dirs, strict=True)), first, second)
    return {"runs": names} | compare(first, second, arguments.margin * gray.mean()) | {"figure": str(file)}


def _print_report(report):
    """Print the scores: a table, then a block of what else was measured for each run and each comparison."""
    print(f"\n{report['dataset']}, {report['split']} split: {report['images']} images of {report['image_size']} pixels")
    print("means over images (--help explains them); in brackets 95 % bootstrap intervals, more are in the JSON\n")
    width = max(len(name) for name in report["rows"]) + 1
    print(f"{'':{width}}{'pixel_l1':>10}{'ratio to gray':>23}" + "".join(f"{title:>9}" for _, title, _ in COLUMNS))
    for name, row in report["rows"].items():
        ratio = interval(row["ratio_to_gray"], 3) if "ratio_to_gray" in row else "-"
        values = "".join(f"{row[key]['mean']:>9,.{digits}f}" for key, _, digits in COLUMNS)
        print(f"{name:{width}}{row['pixel_l1']['mean']:>10,.1f}{ratio:>23}{values}")
    for name, run in report["runs"].items():
        values = {f"{part}: {key}": value for part in OTHER_MEASURES for key, value in run.get(part, {}).items()}
        _print_values(name, values)
    for group in report["configurations"]:
        title = f"{', '.join(group['runs'])}: one configuration, seeds {group['seeds']}, with t-intervals over seeds"
        _print_values(title, {measure: group[measure] for measure in ("ratio_to_gray", "colorfulness")})
    if "comparison" in report:
        compared = dict(report["comparison"])
        first, second = compared.pop("runs")
        _print_values(f"{second} - {first}: pixel_l1, with Wilcoxon's and an equivalence test", compared)
    if "law" in report:
        title = "The colour law, as pixel_l1: the best to expect, and how far two draws of a picture differ"
        _print_values(title, report["law"])


def _print_values(title, values):
    """Print numbers, means with intervals, and other facts, a line each, by their names in the JSON."""
    print(f"\n{textwrap.fill(title, 120)}")
    width = max(map(len, values))
    for name, value in values.items():
        if isinstance(value, dict):
            value = interval(value, 1 if abs(value["mean"]) >= 10 else 4)
        elif isinstance(value, float):
            value = f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
        print(f"  {name.replace('_', ' '):{width}}  {value}")


def _parser():
    description = f"{__doc__}\nmeasures of a colouring, each a mean over images:\n" + "\n".join(
        f"  {name}\n      {one.meaning}\n      ({one.unit}; {one.range}; {BETTER[one.better]}; {one.source})"
        for name, one in (MEASURES | OTHER_MEASURES).items()
    )
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    told = "directories of trainings, or packed colorizers, also by name, as flowers"
    add("run_dirs", nargs="*", type=named, metavar="RUN_DIR | FILE.npz", help=told)
    add("--split", default="test", help=f"{', '.join(SPLITS)} or all (default: test)")
    add("--json", metavar="FILE", help="write the scores here too, beside each run's scores.json")
    add("--probes", action="store_true", help="look for colours that F hides in its gray pictures")
    add("--class-test", action="store_true", help="ask a classifier of real photographs for each colouring's class")
    told = f"colourings a picture where there are several, 0 for none (default: {Question.samples})"
    add("--samples", type=int, default=Question.samples, metavar="N", help=told)
    told = "score the mean over the colorizers of the last N finished epochs (default: the last checkpoint)"
    add("--last", type=int, default=0, metavar="N", help=told)
    told = f"two runs count as alike within this share of the gray row's pixel_l1 (default: {MARGIN})"
    add("--margin", type=float, default=MARGIN, metavar="SHARE", help=told)
    add("--figure", metavar="FILE", help="where two runs differ most (default: against-SECOND.png in the first)")
    add("--data-dir", help="folder that holds the Oxford images")
    add("--trivial-only", action="store_true", help="score the trivial rows of a --dataset, without a run")
    told = "as in training, or one of the sets that a run joined (default: the run's; without a run auto)"
    add("--dataset", help=told)
    told = "score packed colorizers as colorize.py colours photographs, here of --image-size, and not as in training"
    add("--photographs", action="store_true", help=told)
    add("--size", type=int, metavar="N", help="with --photographs: what the network sees, as in colorize.py")
    told = f"with --trivial-only (default: {IMAGE_SIZE}) or --photographs (default: {PHOTOGRAPH_SIZE})"
    add("--image-size", type=int, metavar="N", help=told)
    return parser


if __name__ == "__main__":
    run_script(main)
