"""Score a trained colorizer on held-out photographs, beside what trivial colourings score.

python experiments/evaluate.py results/runs/cyclegan-oxford17-paper-seed0
python experiments/evaluate.py RUN_DIR --split val --json scores.json
python experiments/evaluate.py --dataset oxford17 --split all --image-size 128 --trivial-only

pixel_l1              sum of |original - generated| over height x width x 3 values in [0, 1]; lower is better.
                      It rewards dullness, so read it together with colorfulness.
ratio_to_gray         pixel_l1 as a multiple of what leaving the picture gray scores; below 1 beats it.
colorfulness          Hasler & Suesstrunk 2003, signed; best where it equals the originals'.
pixel_l1_as_published the paper's own formula, which compares [0, 1] with [-1, 1]: it prefers washed-out
                      pictures to perfect ones and can rank nothing. It explains the published numbers only.
"""

import argparse
import itertools
import json
from pathlib import Path

from data_loader import UserError, load_flowers
from data_loader.flowers import SPLITS
from data_loader.images import MIN_SIDE, luma, to_unit
from data_loader.progress import progress_bar
from evaluation.color_law import law_report
from evaluation.scores import score, summarize, trivial_colorings
from evaluation.statistics import mean_with_interval
from experiments.cli import import_keras, run_script
from experiments.run_directory import read_config
from experiments.train import show_notes
from models.files import write_text
from models.presets import MODELS


def main():
    """Score from the command line."""
    arguments = _parser().parse_args()
    if bool(arguments.run_dir) == arguments.trivial_only:
        raise UserError("name either a RUN_DIR to score, or --trivial-only with a --dataset.")
    config = read_config(arguments.run_dir) if arguments.run_dir else None
    flowers = _flowers(arguments, config)
    show_notes(flowers)
    split = flowers.split(arguments.split)
    colorings = trivial_colorings(flowers, arguments.split)
    if config:
        colorings[Path(arguments.run_dir).resolve().name] = _trained(arguments.run_dir, MODELS[config["model"]][0])
    values, originals = score(colorings, split, progress_bar)
    report = {
        "dataset": flowers.name,
        "split": arguments.split,
        "images": len(split),
        "image_size": flowers.image_size,
        "originals_colorfulness": mean_with_interval(originals),
        "rows": summarize(values),
    }
    if flowers.source == "synthetic":
        report["law"] = law_report(split)
    _print(report)
    _write(report, arguments, config)
    return 0


def _flowers(arguments, config):
    if config is None:
        if arguments.image_size < MIN_SIDE:
            raise UserError(f"--image-size {arguments.image_size} is too small: use a number of at least {MIN_SIDE}.")
        return load_flowers(arguments.dataset or "auto", arguments.image_size, arguments.data_dir)
    data = config["data"]
    dataset = arguments.dataset or data["dataset"]
    data_dir = arguments.data_dir or (None if arguments.dataset else data["data_dir"])
    flowers = load_flowers(dataset, config["options"]["image_size"], data_dir)
    if flowers.digest != data["digest"]:
        raise UserError(
            f"{flowers.name} now holds other images than {arguments.run_dir} was trained on: "
            "point --dataset or --data-dir to the images of that time."
        )
    return flowers


def _trained(run_dir, class_name):
    """The run's colorizer as a function of originals in [0, 1]; it sees their luma alone."""
    import_keras()
    from models.colorizing import colorize, load_colorizer

    network = load_colorizer(run_dir, class_name)
    numbers = itertools.count()

    def colored(color):
        # A colorizer that reads noise gets other noise in each batch.
        return to_unit(colorize(network, luma(color), seed=(0, next(numbers))))

    return colored


def _print(report):
    print(f"\n{report['dataset']}, {report['split']} split: {report['images']} images of {report['image_size']} pixels")
    print("means over images with 95 % bootstrap intervals\n")
    print(f"{'':34}{'pixel_l1':>26}{'ratio_to_gray':>24}{'colorfulness':>14}{'as published':>14}")
    for name, row in report["rows"].items():
        l1, ratio = row["pixel_l1"], row.get("ratio_to_gray")
        ratio = f"{ratio['mean']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]" if ratio else "-"
        l1 = f"{l1['mean']:,.1f} [{l1['low']:,.0f}, {l1['high']:,.0f}]"
        print(
            f"{name:34}{l1:>26}{ratio:>24}{row['colorfulness']['mean']:14.1f}"
            f"{row['pixel_l1_as_published']['mean']:14,.1f}"
        )
    print(f"{'(the originals)':34}{'':50}{report['originals_colorfulness']['mean']:14.1f}")
    if "law" in report:
        law = report["law"]
        print(
            f"\nThe colour law: the best that one can expect is a pixel_l1 of {law['expected_best_pixel_l1']:,.1f} "
            f"({law['expected_best_ratio_to_gray']:.3f} x gray);\ntwo draws of a picture whose species has several "
            f"colours differ by {law['diversity']:,.1f}."
        )


def _write(report, arguments, config):
    text = json.dumps(report, indent=2) + "\n"
    if config:
        write_text(Path(arguments.run_dir) / "scores.json", text)
    if arguments.json:
        write_text(arguments.json, text)


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_dir", nargs="?", metavar="RUN_DIR", help="a directory that a training made")
    parser.add_argument("--split", default="test", help=f"{', '.join(SPLITS)} or all (default: test)")
    parser.add_argument("--json", metavar="FILE", help="write the scores here too")
    parser.add_argument("--data-dir", help="folder that holds the Oxford images")
    parser.add_argument(
        "--trivial-only", action="store_true", help="score the trivial rows of a --dataset, without a run"
    )
    parser.add_argument("--dataset", help="as in training (default: the run's; with --trivial-only auto)")
    parser.add_argument("--image-size", type=int, default=128, metavar="N", help="with --trivial-only (default: 128)")
    return parser


if __name__ == "__main__":
    run_script(main)
