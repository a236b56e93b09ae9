"""Draw the paper's figures 4 to 7 from trained runs, and what one needs beside them to judge.

python experiments/figures.py CYCLEGAN_RUN CAPSULE_RUN PIX2PIX_RUN STOCHASTIC_RUN --out figures

figure-4-NAME.png      gray, CycleGAN's colouring, the original (of each CycleGAN run)
figure-5-NAME.png      the same of each capsule run
figure-6-A-B.png       PatchGAN and capsules on the same pictures (of the first run of each)
figure-7-NAME.png      the same of each pix2pix run
diversity-NAME.png     several colourings a picture, of each run that has several
loss-curves.png        the terms of each run's objective by epoch
fidelity-plane.png     pixel-L1 against colourfulness with the trivial colourings, once evaluate.py has scored the runs
captions.md            what each picture shows, of which run, trained how
"""

import argparse
import json
from pathlib import Path

import numpy as np

from data_loader import UserError
from data_loader.flowers import SPLITS
from data_loader.images import luma, to_unit
from evaluation.baselines import originals
from experiments.cli import PROJECT, run_script
from experiments.plots import PRINT_DPI, fidelity_plane, loss_curves, read_metrics
from experiments.run_directory import run_names
from experiments.trained_run import flowers_of_runs, opened_run, require_comparable
from models.files import write_text

FIGURES = {"cyclegan": "figure-4", "capsule_cyclegan": "figure-5", "pix2pix": "figure-7"}
SHOWN_SAMPLES = 5


def main():
    """Draw from the command line."""
    arguments = _parser().parse_args()
    if arguments.images < 1:
        raise UserError(f"--images {arguments.images} is too small: use at least 1.")
    configs = require_comparable(arguments.run_dirs)
    split = flowers_of_runs(configs, arguments.dataset, arguments.data_dir).split(arguments.split)
    captions = draw_figures(Path(arguments.out), configs, split, arguments.images)
    for name in captions:
        print(f"{arguments.out}/{name}")
    return 0


def draw_figures(folder, configs, split, images=6, rows=None):
    """Draw all figures that the runs allow, and captions.md.

    Args:
        folder: of the figures.
        configs: directory of each run to its config.
        split: of which pictures are shown, evenly spaced so that several classes come.
        images: how many.
        rows: of a report of `score_runs`; if None, of the runs' scores.json.

    Returns:
        name of each picture to its caption.
    """
    from models.sample_grid import draw

    shown = np.linspace(0, len(split) - 1, min(images, len(split))).astype(int)
    color = originals(split, shown)
    names = dict(zip((name.replace("/", "-") for name in run_names(configs)), configs, strict=True))
    captions, colorings = {}, {}
    for name, run_dir in names.items():
        config = configs[run_dir]
        with opened_run(run_dir) as trained:
            colorings[name] = trained.coloring(shown, color)
            if trained.has_samples:
                samples = to_unit(trained.samples(luma(color), SHOWN_SAMPLES, 0))
                columns = {f"sample {number + 1}": samples[:, number] for number in range(SHOWN_SAMPLES)}
                draw({"gray x": luma(color)} | columns, folder / f"diversity-{name}.png", PRINT_DPI)
                captions[f"diversity-{name}.png"] = f"{SHOWN_SAMPLES} colourings a picture. {_configuration(config)}"
        if config["model"] in FIGURES:
            picture = f"{FIGURES[config['model']]}-{name}.png"
            columns = {"gray x": luma(color), "G(x)": colorings[name], "original": color}
            draw(columns, folder / picture, PRINT_DPI)
            captions[picture] = f"Gray pictures, their colourings, the originals. {_configuration(config)}"
    pair = [_first(names, configs, model) for model in ("cyclegan", "capsule_cyclegan")]
    if all(pair):
        picture = f"figure-6-{pair[0]}-{pair[1]}.png"
        draw({"gray x": luma(color)} | {name: colorings[name] for name in pair}, folder / picture, PRINT_DPI)
        captions[picture] = "The same gray pictures by both. " + " ".join(
            f"{name}: {_configuration(configs[names[name]])}" for name in pair
        )
    metrics = {name: epochs for name, run_dir in names.items() if (epochs := read_metrics(run_dir))}
    if metrics:
        loss_curves(folder / "loss-curves.png", metrics)
        captions["loss-curves.png"] = "Mean of each weighted term of the objective in each epoch."
    rows = rows or _scored_rows(names)
    if rows:
        fidelity_plane(folder / "fidelity-plane.png", rows, set(rows) - set(names))
        captions["fidelity-plane.png"] = "Means over the scored pictures with 95 % bootstrap intervals over them."
    text = "".join(f"**{picture}** {caption}\n\n" for picture, caption in captions.items())
    write_text(folder / "captions.md", text.rstrip() + "\n")
    return captions


def _first(names, configs, model):
    return next((name for name, run_dir in names.items() if configs[run_dir]["model"] == model), None)


def _configuration(config):
    """A run's configuration in a sentence: what decides it beside its preset's values is in its config.json."""
    options, training = config["options"], config["training"]
    settings = ", ".join(f"{name} {value}" for name, value in (options | training).items() if value is not None)
    return (
        f"{config['model']}, preset {config['preset']}, on {config['data']['name']} "
        f"({config['data']['images']['train']} training images), {config['precision']}, "
        f"{config['made_with']['backend']}: {settings}."
    )


def _scored_rows(names):
    """The rows of all runs' scores.json, if they are of the same pictures."""
    rows, scored = {}, set()
    for run_dir in names.values():
        file = Path(run_dir) / "scores.json"
        if not file.exists():
            return None
        report = json.loads(file.read_text())
        scored.add((report["dataset"], report["split"], report["images"], report["image_size"]))
        rows |= report["rows"]
    return rows if len(scored) == 1 and all("ratio_to_gray" in row for row in rows.values()) else None


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
