"""Pack a trained colorizer into one small file, with its scores beside it: NAME.npz and NAME.json.

python experiments/export.py RUN_DIR --out roses.npz      half precision, a fourth of the run's own file or less
python experiments/colorize.py roses.npz photo.jpg        it needs nothing else of the run

It is scored on the test split of the run's photographs, of each set by itself where the run joined several.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json

from data_loader import UserError
from data_loader.files import sha256_of_file, write_text
from data_loader.joined_flowers import sets_named
from evaluation.baselines import PERFECT
from experiments import import_keras, run_script
from experiments.support.runs import flowers_of_runs, require_comparable
from experiments.support.scoring import Question, Scoring
from experiments.support.store import IDENTITY, interval
from models.presets import MODELS

MEASURES = ("ratio_to_gray", "colorfulness", "psnr", "ciede2000")


def main():
    """Export from the command line."""
    arguments = _parser().parse_args()
    file = Path(arguments.out)
    if file.suffix != ".npz":
        raise UserError(f"--out {file} has another ending than .npz: write {file.with_suffix('.npz')}.")
    configs = require_comparable([arguments.run_dir])
    ((run_dir, config),) = configs.items()
    import_keras()
    from models.colorizing import load_network, pack, unpack

    pack(load_network(run_dir, MODELS[config["model"]][0]), file)
    network, scores = unpack(file), {}
    data = config["data"]
    if arguments.data_dir and data.get("parts"):
        raise UserError("--data-dir does not go with a run of joined sets: set $FLOWERS17_DIR and $FLOWERS102_DIR.")
    for part in sets_named(data["dataset"]) if data.get("parts") else [None]:
        flowers = flowers_of_runs(configs, part, arguments.data_dir)
        scoring = Scoring(flowers, Question("test"))
        measures = scoring.packed(file.name, network).measures | {"images": len(scoring.split)}
        measures["colorfulness_of_originals"] = scoring.trivial[PERFECT].measures["colorfulness"]
        scores[flowers.name] = {name: measures[name] for name in (*MEASURES, "colorfulness_of_originals", "images")}
    facts = {"image_size": config["options"]["image_size"], "bytes": file.stat().st_size}
    sets = {"data": data["name"], "images": data["images"]}
    facts |= {"sha256": sha256_of_file(file)} | sets | {name: config[name] for name in IDENTITY} | {"test": scores}
    write_text(file.with_suffix(".json"), json.dumps(facts, indent=1) + "\n")
    for name, score in scores.items():
        ratio, color = interval(score["ratio_to_gray"], 3), interval(score["colorfulness"], 1)
        print(f"{name}, {score['images']} test photographs: ratio to gray {ratio}, colourfulness {color}")
    print(f"{file}, {file.stat().st_size / 1e6:.1f} MB")
    return 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("run_dir", metavar="RUN_DIR", help="directory of a training")
    add("--out", required=True, metavar="FILE.npz", help="where to write")
    add("--data-dir", help="folder that holds the Oxford images, if they are elsewhere now")
    return parser


if __name__ == "__main__":
    run_script(main)
