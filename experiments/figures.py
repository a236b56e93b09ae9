"""Draw the paper's figures 4 to 7 from trained runs, and what one needs beside them to judge.

python experiments/figures.py CYCLEGAN_RUN CAPSULE_RUN PIX2PIX_RUN STOCHASTIC_RUN --out figures
python experiments/figures.py RUN_DIR --without-photographs     colourings alone, to publish

figure-4-NAME.png      gray, CycleGAN's colouring, the original (of each CycleGAN run)
figure-5-NAME.png      the same of each capsule run
figure-6-A-B.png       PatchGAN and capsules on the same pictures (of each seed that both have, or else of the first run
                       of each); where they differ most is drawn by evaluate.py A B
figure-7-NAME.png      the same of each pix2pix run
diversity-NAME.png     several colourings a picture, of each run that has several
systems.png            the same pictures by each system, where there are several, with the first of its seeds
loss-curves.png        the terms of each run's objective by epoch
fidelity-plane.png     pixel-L1 against colourfulness with the trivial colourings, once evaluate.py has scored the runs
captions.md            what each picture shows, of which run, trained how; pictures of earlier calls keep theirs
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json
import re

from data_loader.files import write_text
from data_loader.flowers import SPLITS, require_split
from experiments import RESULTS, require_numbers, run_script
from experiments.support.drawing import captions_of, captions_page, draw
from experiments.support.runs import flowers_of_runs, read_metrics, require_comparable, run_names, understood
from experiments.support.store import Scored, StoredTier


def main():
    """Draw from the command line."""
    arguments = _parser().parse_args()
    require_numbers(arguments, images=1)
    require_split(arguments.split)
    configs, folder = require_comparable(arguments.run_dirs), Path(arguments.out)
    split = flowers_of_runs(configs, arguments.dataset, arguments.data_dir).split(arguments.split)
    captions = draw_figures(folder, configs, split, arguments.images, not arguments.without_photographs)
    write_text(folder / "captions.md", captions_page(_earlier(folder) | captions))
    for name in captions:
        print(f"{folder}/{name}")
    return 0


def draw_figures(folder, configs, split, images, photographs=True):
    """Draw all figures that runs allow, arguments as of `draw`; name of each figure to its caption."""
    run_dirs = dict(zip((name.replace("/", "-") for name in run_names(configs)), configs, strict=True))
    losses = {name: read_metrics(Path(run_dir) / "metrics.csv") for name, run_dir in run_dirs.items()}
    trivial, own = _rows(run_dirs)
    scored = {name: Scored(row, None) for name, row in trivial.items()}
    scored |= {name: Scored(own.get(name, {}), None, configs[run_dir]) for name, run_dir in run_dirs.items()}
    tier = StoredTier({"dataset": next(iter(configs.values()))["data"]["name"]}, scored, losses)
    # Of runs that stand alone the names say nothing about seeds.
    tier.systems = {name: [name] for name in tier.scored}
    draw(folder, tier, run_dirs, split, images, photographs)
    return captions_of(tier, photographs)


def _earlier(folder):
    """Captions of pictures that earlier calls drew into a folder, and that are still there."""
    file = folder / "captions.md"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    captions = re.findall(r"^\*\*([^*]+)\*\* (.*)$", text, re.MULTILINE)
    return {name: caption for name, caption in captions if (folder / name).exists()}


def _rows(run_dirs):
    """Name to measures of the trivial colourings, and of the runs, where all scores.json are of the same pictures."""
    trivial, own, pictures = {}, {}, set()
    for name, run_dir in run_dirs.items():
        file = Path(run_dir) / "scores.json"
        if not file.exists():
            return {}, {}
        with understood(file, "score the run again with experiments/evaluate.py"):
            report = json.loads(file.read_text(encoding="utf-8"))
            pictures.add(tuple(report[key] for key in ("dataset", "split", "images", "image_size")))
            (scored_as,) = report["runs"]
            own[name] = report["rows"].pop(scored_as)
            trivial |= report["rows"]
            drawable = all({"ratio_to_gray", "colorfulness"} <= set(row) for row in (trivial | own).values())
        if len(pictures) > 1 or not drawable:
            return {}, {}
    return trivial, own


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("run_dirs", nargs="+", metavar="RUN_DIR", help="directories that trainings made")
    add("--out", default=str(RESULTS / "figures"), help="folder (default: results/figures)")
    add("--split", default="test", help=f"{', '.join(SPLITS)} or all (default: test)")
    add("--images", type=int, default=6, metavar="N", help="pictures a figure (default: 6)")
    told = "leave out gray pictures and originals, as where the photographs may not be published"
    add("--without-photographs", action="store_true", help=told)
    add("--dataset", help="as in training (default: the run's)")
    add("--data-dir", help="folder that holds the Oxford images")
    return parser


if __name__ == "__main__":
    run_script(main)
