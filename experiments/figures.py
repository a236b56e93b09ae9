"""Draw the paper's figures 4 to 7 from trained runs, and what one needs beside them to judge.

python experiments/figures.py CYCLEGAN_RUN CAPSULE_RUN PIX2PIX_RUN STOCHASTIC_RUN --out figures

figure-4-NAME.png      gray, CycleGAN's colouring, the original (of each CycleGAN run)
figure-5-NAME.png      the same of each capsule run
figure-6-A-B.png       PatchGAN and capsules on the same pictures (of each seed that both have, or else of the first run
                       of each); where they differ most is drawn by evaluate.py A B
figure-7-NAME.png      the same of each pix2pix run
diversity-NAME.png     several colourings a picture, of each run that has several
systems.png            the same pictures by the first seed of each system, where there are several
loss-curves.png        the terms of each run's objective by epoch
fidelity-plane.png     pixel-L1 against colourfulness with the trivial colourings, once evaluate.py has scored the runs
captions.md            what each picture shows, of which run, trained how
"""

import argparse
import json
from pathlib import Path

import numpy as np

from data_loader import UserError
from data_loader.flowers import SPLITS, require_split
from data_loader.images import luma
from evaluation.baselines import originals
from experiments.captions import write_captions
from experiments.cli import PROJECT, run_script
from experiments.coloring_figures import ColoringFigures, with_kept
from experiments.plots import NEAR_GRAY, fidelity_plane, loss_curves
from experiments.run_directory import read_metrics
from experiments.tiers import systems_of
from experiments.trained_run import flowers_of_runs, opened_run, require_comparable, run_names

SHOWN_SAMPLES = 5


def main():
    """Draw from the command line."""
    arguments = _parser().parse_args()
    if arguments.images < 1:
        raise UserError(f"--images {arguments.images} is too small: use at least 1.")
    require_split(arguments.split)
    configs = require_comparable(arguments.run_dirs)
    split = flowers_of_runs(configs, arguments.dataset, arguments.data_dir).split(arguments.split)
    captions = draw_figures(Path(arguments.out), configs, split, arguments.images)
    for name in captions:
        print(f"{arguments.out}/{name}")
    return 0


def draw_figures(folder, configs, split, images=6, report=None, losses=None, photographs=True, strips=None):
    """Draw all figures that the runs allow, and captions.md.

    Args:
        folder: of the figures.
        configs: directory of each run to its config.
        split: of which pictures are shown, evenly spaced so that several classes come.
        images: how many.
        report: of a tier that the runs belong to, with others whose directories may be gone; if None, what the runs'
            scores.json hold.
        losses: name of a run to its `read_metrics`; if None, those of the runs.
        photographs: whether the gray pictures and the originals are drawn beside the colourings.
        strips: with a report, folder of the strips of the tier's runs: these runs' are written, the others' read.

    Returns:
        name of each picture to its caption.
    """
    shown = np.linspace(0, len(split) - 1, min(images, len(split))).astype(int)
    color = originals(split, shown)
    names = dict(zip((name.replace("/", "-") for name in run_names(configs)), configs, strict=True))
    runs, colorings = {name: configs[run_dir] for name, run_dir in names.items()}, {}
    figures = ColoringFigures(folder, color, photographs, next(iter(runs.values()))["data"]["name"])
    for name, run_dir in names.items():
        with opened_run(run_dir) as trained:
            colorings[name] = trained.coloring(shown, color)
            if trained.has_samples:
                figures.samples(name, runs[name], trained.samples(luma(color), SHOWN_SAMPLES, 0))
    if strips:
        colorings = with_kept(strips, colorings, report["runs"], color.shape)
        runs = {name: report["runs"][name] for name in colorings}
    for name, coloring in colorings.items():
        figures.one_run(name, runs[name], coloring)
    figures.patchgan_and_capsules(runs, colorings)
    figures.systems(runs, colorings)
    losses = losses or {name: read_metrics(Path(run_dir) / "metrics.csv") for name, run_dir in names.items()}
    # Of runs that stand alone the names say nothing about seeds.
    systems = systems_of(report) if report else None
    captions = figures.captions | _draw_losses(folder, losses, systems or {name: [name] for name in losses})
    captions |= _draw_plane(folder, report or _scored(names), systems)
    write_captions(folder, captions)
    return captions


def _draw_losses(folder, losses, systems):
    # A run that has not ended its first epoch has no losses.
    losses = {name: epochs for name, epochs in losses.items() if epochs}
    if not losses:
        return {}
    known = {label: [name for name in names if name in losses] for label, names in systems.items()}
    drawn = {label: names for label, names in known.items() if names}
    loss_curves(folder / "loss-curves.png", losses, drawn)
    caption = "Mean of each weighted term of the objective in each epoch"
    several = any(len(names) > 1 for names in drawn.values())
    return {"loss-curves.png": caption + ("; of several seeds the first is drawn thick." if several else ".")}


def _draw_plane(folder, report, systems):
    if not report:
        return {}
    systems = systems or {name: [name] for name in report["rows"]}
    fidelity_plane(folder / "fidelity-plane.png", report["rows"], systems, set(report["rows"]) - set(report["runs"]))
    caption = "Means over the scored pictures with 95 % bootstrap intervals over them"
    if any(len(names) > 1 for names in systems.values()):
        caption += "; of a system with several seeds the mean over them, without an interval, and small each seed"
    least, most = NEAR_GRAY
    caption += f". Right: those between {least} and {most} times gray's error again; the others are on the left alone."
    return {"fidelity-plane.png": caption}


def _scored(names):
    """The rows and runs of all runs' scores.json, if they are of the same pictures; None where some have no scores."""
    rows, runs, pictures = {}, {}, set()
    for name, run_dir in names.items():
        file = Path(run_dir) / "scores.json"
        if not file.exists():
            return None
        try:
            report = json.loads(file.read_text())
            pictures.add(tuple(report[key] for key in ("dataset", "split", "images", "image_size")))
            (scored_as,) = report["runs"]
            rows |= {row: values for row, values in report["rows"].items() if row != scored_as}
            runs[name] = report["rows"][scored_as]
            drawable = all({"ratio_to_gray", "colorfulness"} <= set(row) for row in (rows | runs).values())
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{file} is damaged: score the run again with experiments/evaluate.py.") from None
        if len(pictures) > 1 or not drawable:
            return None
    return {"rows": rows | runs, "runs": runs}


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_dirs", nargs="+", metavar="RUN_DIR", help="directories that trainings made")
    parser.add_argument("--out", default=str(PROJECT / "results" / "figures"), help="folder (default: results/figures)")
    parser.add_argument("--split", default="test", help=f"{', '.join(SPLITS)} or all (default: test)")
    parser.add_argument("--images", type=int, default=6, metavar="N", help="pictures a figure (default: 6)")
    parser.add_argument("--dataset", help="as in training (default: the run's)")
    parser.add_argument("--data-dir", help="folder that holds the Oxford images")
    return parser


if __name__ == "__main__":
    run_script(main)
