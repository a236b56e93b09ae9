"""Draw the paper's figures 4 to 7 from trained runs, and what one needs beside them to judge.

python experiments/figures.py CYCLEGAN_RUN CAPSULE_RUN PIX2PIX_RUN STOCHASTIC_RUN --out figures

figure-4-NAME.png      gray, CycleGAN's colouring, the original (of each CycleGAN run)
figure-5-NAME.png      the same of each capsule run
figure-6-A-B.png       PatchGAN and capsules on the same pictures (of the first run of each); where they differ most
                       is drawn by evaluate.py A B
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
from data_loader.images import luma, to_unit
from evaluation.baselines import originals
from experiments.captions import write_captions
from experiments.cli import PROJECT, run_script
from experiments.plots import PRINT_DPI, fidelity_plane, loss_curves
from experiments.run_directory import read_metrics
from experiments.tiers import configuration_of
from experiments.trained_run import flowers_of_runs, opened_run, require_comparable, run_names

FIGURES = {"cyclegan": "figure-4", "capsule_cyclegan": "figure-5", "pix2pix": "figure-7"}
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


def draw_figures(folder, configs, split, images=6, report=None, losses=None, photographs=True):
    """Draw all figures that the runs allow, and captions.md.

    Args:
        folder: of the figures.
        configs: directory of each run to its config.
        split: of which pictures are shown, evenly spaced so that several classes come.
        images: how many.
        report: of `score_runs`; if None, what the runs' scores.json hold.
        losses: name of a run to its `read_metrics`; if None, those of the runs.
        photographs: whether the gray pictures and the originals are drawn beside the colourings.

    Returns:
        name of each picture to its caption.
    """
    shown = np.linspace(0, len(split) - 1, min(images, len(split))).astype(int)
    color = originals(split, shown)
    beside = ({"gray x": luma(color)}, {"original": color}) if photographs else ({}, {})
    names = dict(zip((name.replace("/", "-") for name in run_names(configs)), configs, strict=True))
    captions, colorings = {}, {}
    for name, run_dir in names.items():
        config = configs[run_dir]
        with opened_run(run_dir) as trained:
            colorings[name] = trained.coloring(shown, color)
            if trained.has_samples:
                captions |= _draw_samples(folder, name, config, trained, luma(color), beside)
        if config["model"] in FIGURES:
            captions |= _draw_run(folder, name, config, colorings[name], beside)
    pair = [_first(names, configs, model) for model in ("cyclegan", "capsule_cyclegan")]
    if all(pair):
        told = {name: configs[names[name]] for name in pair}
        captions |= _draw_pair(folder, told, colorings, beside)
    captions |= _draw_systems(folder, names, configs, colorings, beside)
    losses = losses or {name: read_metrics(Path(run_dir) / "metrics.csv") for name, run_dir in names.items()}
    captions |= _draw_losses(folder, {name: epochs for name, epochs in losses.items() if epochs})
    captions |= _draw_plane(folder, report or _scored(names))
    write_captions(folder, captions)
    return captions


def _draw_samples(folder, name, config, trained, gray, beside):
    samples = to_unit(trained.samples(gray, SHOWN_SAMPLES, 0))
    columns = {f"sample {number + 1}": samples[:, number] for number in range(SHOWN_SAMPLES)}
    caption = f"{SHOWN_SAMPLES} colourings a picture. {_configuration(config)}"
    return _draw_grid(folder, f"diversity-{name}.png", beside[0] | columns, caption)


def _draw_run(folder, name, config, coloring, beside):
    caption = f"Colourings{_named(beside)}. {_configuration(config)}"
    return _draw_beside(folder, f"{FIGURES[config['model']]}-{name}.png", {"G(x)": coloring}, beside, caption)


def _draw_pair(folder, configs, colorings, beside):
    told = " ".join(f"{name}: {_configuration(config)}" for name, config in configs.items())
    caption = f"The same pictures by both{_named(beside)}. {told}"
    picture = f"figure-6-{'-'.join(configs)}.png"
    return _draw_beside(folder, picture, {name: colorings[name] for name in configs}, beside, caption)


def _draw_systems(folder, names, configs, colorings, beside):
    first_seed = min(config["options"]["seed"] for config in configs.values())
    first = [name for name, run_dir in names.items() if configs[run_dir]["options"]["seed"] == first_seed]
    if len(first) < 2:
        return {}
    caption = f"The same pictures by all systems, seed {first_seed}{_named(beside)}."
    # The caption names the seed: above ten columns there is no room for it.
    short = [configuration_of(name) for name in first]
    titles = short if len(set(short)) == len(first) else first
    columns = {title: colorings[name] for title, name in zip(titles, first, strict=True)}
    return _draw_beside(folder, "systems.png", columns, beside, caption)


def _named(beside):
    return ", between the gray pictures and the originals" if all(beside) else ""


def _draw_beside(folder, picture, columns, beside, caption):
    before, after = beside
    return _draw_grid(folder, picture, before | columns | after, caption)


def _draw_grid(folder, picture, columns, caption):
    from models.sample_grid import draw

    draw(columns, folder / picture, PRINT_DPI)
    return {picture: caption}


def _draw_losses(folder, losses):
    if not losses:
        return {}
    loss_curves(folder / "loss-curves.png", losses)
    return {"loss-curves.png": "Mean of each weighted term of the objective in each epoch."}


def _draw_plane(folder, report):
    if not report:
        return {}
    fidelity_plane(folder / "fidelity-plane.png", report["rows"], set(report["rows"]) - set(report["runs"]))
    return {"fidelity-plane.png": "Means over the scored pictures with 95 % bootstrap intervals over them."}


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
