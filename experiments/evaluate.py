"""Score trained colorizers on held-out photographs, beside what trivial colourings score.

python experiments/evaluate.py results/runs/cyclegan-oxford17-paper-seed0
python experiments/evaluate.py RUN_DIR --split val --json scores.json --probes --class-test
python experiments/evaluate.py PATCHGAN_RUN CAPSULE_RUN             compares the two, picture by picture (4.2)
python experiments/evaluate.py RUN_SEED0 RUN_SEED1 RUN_SEED2        intervals over seeds too
python experiments/evaluate.py results/reduced-oxford17/colorizers/*.npz --dataset oxford17     those that come along
python experiments/evaluate.py --dataset oxford17 --split all --image-size 128 --trivial-only

What a run scored stays in its directory and is not scored again, as long as nothing that it depends on has changed.
"""

import argparse
import json
from pathlib import Path

from data_loader import UserError, load_flowers
from data_loader.flowers import SPLITS, require_split
from evaluation.baselines import GRAY
from evaluation.comparison import MARGIN, compare
from evaluation.metrics import MIN_SCORED_SIDE
from experiments.cli import import_keras, require_defaults, run_script
from experiments.compared_images import draw_most_different
from experiments.score_report import describe_measures, print_report
from experiments.scoring import brightness_of_colorizers, configurations, score_colorizers, score_runs, write_scores
from experiments.train import show_notes
from experiments.trained_run import flowers_of_runs, require_comparable, run_names
from models.files import write_text

SAMPLES = 10


def main():
    """Score from the command line."""
    arguments = _parser().parse_args()
    if bool(arguments.run_dirs) == arguments.trivial_only:
        raise UserError("name at least one RUN_DIR or FILE.npz to score, or --trivial-only with a --dataset.")
    require_split(arguments.split)
    if arguments.samples == 1 or arguments.samples < 0:
        raise UserError(f"--samples {arguments.samples} cannot differ: use at least 2, or 0 to leave them out.")
    if arguments.last < 0:
        raise UserError(f"--last {arguments.last} is too small: use at least 1, or leave it out.")
    if not 0 < arguments.margin < 1:
        raise UserError(f"--margin {arguments.margin} is no share: use a number between 0 and 1, such as 0.05.")
    if arguments.class_test and arguments.split in ("train", "all"):
        raise UserError(f"--class-test knows the {arguments.split} split's pictures: score it on test or val.")
    if any(Path(path).suffix == ".npz" for path in arguments.run_dirs):
        return _evaluate_packed(arguments)
    configs = require_comparable(arguments.run_dirs) if arguments.run_dirs else {}
    run_dirs = list(configs)
    if configs:
        flowers = flowers_of_runs(configs, arguments.dataset, arguments.data_dir)
    elif arguments.image_size < MIN_SCORED_SIDE:
        raise UserError(f"--image-size {arguments.image_size} is too small: use at least {MIN_SCORED_SIDE}.")
    else:
        flowers = load_flowers(arguments.dataset or "auto", arguments.image_size, arguments.data_dir)
    show_notes(flowers)
    extras = {name: getattr(arguments, name) for name in ("samples", "probes", "class_test", "last")}
    report, scores = score_runs(flowers, arguments.split, configs, **extras)
    report["configurations"] = configurations(report["runs"], report["rows"])
    if len(run_dirs) == 2:
        report["comparison"] = _comparison(arguments, flowers, run_dirs, scores)
    print_report(report)
    write_scores(report, run_dirs)
    return _write_json(arguments, report)


def _evaluate_packed(arguments):
    """Score packed colorizers, of which nothing but the network is known; they are not compared with each other."""
    files = [str(Path(file).resolve()) for file in arguments.run_dirs]
    for file in files:
        if Path(file).suffix != ".npz":
            raise UserError(f"{file} is no packed colorizer: score runs and packed colorizers apart.")
        if files.count(file) > 1:
            raise UserError(f"{file} is named twice: name each colorizer once.")
    of_runs = ("probes", "class_test", "samples", "last", "margin", "figure", "image_size")
    require_defaults(_parser(), arguments, of_runs, "for a packed colorizer: leave it out, or name runs")
    import_keras()
    from models.packed_colorizer import unpack

    networks = {name: unpack(file) for name, file in zip(run_names(files), files, strict=True)}
    sizes = {network.inputs[0].shape[1] for network in networks.values()}
    if len(sizes) > 1:
        raise UserError(f"these colorizers have images of {' and '.join(map(str, sizes))} pixels: score them apart.")
    flowers = load_flowers(arguments.dataset or "auto", sizes.pop(), arguments.data_dir)
    show_notes(flowers)
    report = score_colorizers(networks, flowers, arguments.split)
    report |= {"runs": brightness_of_colorizers(networks, flowers.split(arguments.split)), "configurations": []}
    print_report(report)
    return _write_json(arguments, report)


def _write_json(arguments, report):
    if arguments.json:
        write_text(arguments.json, json.dumps(report, indent=2) + "\n")
    return 0


def _comparison(arguments, flowers, run_dirs, scores):
    """The paired comparison of two runs, and a picture of where they differ most."""
    names = run_names(run_dirs)
    errors = [scores[name].values["pixel_l1"] for name in names]
    margin = arguments.margin * scores[GRAY].values["pixel_l1"].mean()
    file = arguments.figure or Path(run_dirs[0]) / f"against-{Path(run_dirs[1]).name}.png"
    draw_most_different(file, flowers.split(arguments.split), dict(zip(names, run_dirs, strict=True)), *errors)
    return {"runs": names} | compare(*errors, margin) | {"figure": str(file)}


def _parser():
    description = f"{__doc__}\nmeasures of a colouring, each a mean over images:\n{describe_measures()}"
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "run_dirs", nargs="*", metavar="RUN_DIR | FILE.npz", help="directories of trainings, or packed colorizers"
    )
    parser.add_argument("--split", default="test", help=f"{', '.join(SPLITS)} or all (default: test)")
    parser.add_argument("--json", metavar="FILE", help="write the scores here too, beside each run's scores.json")
    parser.add_argument("--probes", action="store_true", help="look for colours that F hides in its gray pictures")
    parser.add_argument(
        "--class-test", action="store_true", help="ask a classifier of real photographs for each colouring's class"
    )
    parser.add_argument(
        "--samples",
        type=int,
        default=SAMPLES,
        metavar="N",
        help=f"colourings a picture of runs that have several, 0 for none (default: {SAMPLES})",
    )
    parser.add_argument(
        "--last",
        type=int,
        default=0,
        metavar="N",
        help="score the mean over the colorizers of the last N finished epochs (default: the last checkpoint)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=MARGIN,
        metavar="SHARE",
        help=f"two runs count as alike within this share of the gray row's pixel_l1 (default: {MARGIN})",
    )
    parser.add_argument(
        "--figure", metavar="FILE", help="where two runs differ most (default: against-SECOND.png in the first)"
    )
    parser.add_argument("--data-dir", help="folder that holds the Oxford images")
    parser.add_argument(
        "--trivial-only", action="store_true", help="score the trivial rows of a --dataset, without a run"
    )
    parser.add_argument("--dataset", help="as in training (default: the run's, or auto where there is no run)")
    parser.add_argument("--image-size", type=int, default=128, metavar="N", help="with --trivial-only (default: 128)")
    return parser


if __name__ == "__main__":
    run_script(main)
