"""Pack a trained colorizer into one file, for this project or for programs without Keras.

python experiments/export.py RUN_DIR --out roses.npz      half precision, a fourth of the run's own file or less
python experiments/colorize.py roses.npz photo.jpg        it needs nothing else of the run
python experiments/export.py flowers --out flowers.onnx   or .tflite, or a folder with --format saved_model
python experiments/colorize.py flowers.onnx photo.jpg     by onnxruntime, without waiting for a framework

A packed run is scored on the test split of the run's photographs, of each set by itself where the run joined several:
NAME.json beside NAME.npz has the scores. The other formats are compared with Keras' own answers. ONNX needs
pip install -e '.[onnx]', and the other two TensorFlow as the backend.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json
from functools import partial

from data_loader import UserError
from data_loader.files import first_line, replacing, sha256_of_file, write_text
from data_loader.joined_flowers import sets_named
from evaluation.baselines import PERFECT
from experiments import import_keras, run_script
from experiments.support.runs import coloring_by, flowers_of_runs, opened_colorizer, read_config, require_comparable
from experiments.support.scoring import Question, Scoring
from experiments.support.store import identity_of, interval
from models.presets import MODELS
from models.shipped import named

MEASURES = ("ratio_to_gray", "colorfulness", "psnr", "ciede2000")
PACKED = "npz"
# Format to the ending of what is written; a SavedModel is a folder.
FORMATS = {PACKED: ".npz", "onnx": ".onnx", "saved_model": "", "tflite": ".tflite"}


def main():
    """Export from the command line."""
    arguments = _parser().parse_args()
    form, out = _form_and_out(arguments)
    if out.suffix != FORMATS[form]:
        wanted = FORMATS[form] or "none, as it is a folder"
        raise UserError(f"--out {out} has another ending than {form} has: {wanted}.")
    if arguments.half and form != "onnx":
        raise UserError(f"--half is for onnx, and {form} has a precision of its own: leave it out.")
    return _pack(arguments, out) if form == PACKED else _convert(arguments, form, out)


def _form_and_out(arguments):
    """The format, a key of `FORMATS`, and where to write: what is not given follows from the other."""
    out = Path(arguments.out) if arguments.out else None
    by_ending = {ending: form for form, ending in FORMATS.items() if ending}
    form = arguments.format or (by_ending.get(out.suffix) if out else PACKED)
    if form not in FORMATS:
        what = f"--format {form} does not exist" if form else f"--out {out} says no format by its ending"
        raise UserError(f"{what}: give --format with one of {', '.join(FORMATS)}.")
    if out is None:
        name = Path(arguments.source).resolve().name.removesuffix(f".{PACKED}")
        # A folder called as the run would be the run.
        out = Path(f"{name}{FORMATS[form] or '-model'}")
    return form, out


def _convert(arguments, form, out):
    """Write a colorizer in the format of other programs, and compare its answers with Keras'."""
    if arguments.data_dir:
        raise UserError(f"--data-dir is for scoring, and {form} files are not scored: leave it out.")
    source = named(arguments.source).absolute()
    config = read_config(source) if source.is_dir() else None
    backend = import_keras().backend.backend()
    if form != "onnx" and backend != "tensorflow":
        raise UserError(f"--format {form} cannot be made with KERAS_BACKEND={backend}: use tensorflow.")
    from models.export_formats import WRITERS

    colorizer = opened_colorizer(source)
    try:
        apart = WRITERS[form](colorizer, out, _about(source, config), **({"half": True} if arguments.half else {}))
    except (UserError, OSError):
        raise
    except Exception as error:  # Keras and the converters have classes of their own for what they cannot do
        problem = f"--format {form} cannot be made of {source} with {backend} ({first_line(error)})"
        raise UserError(f"{problem}: use another.") from error
    size = sum(file.stat().st_size for file in (out, *out.rglob("*")) if file.is_file()) / 1e6
    print(f"{out}, {size:.1f} MB; its answers are those of Keras to {apart:.0e} of the range.")
    return 0


def _about(source, config):
    """What goes into a file, name to text, so that whoever finds it knows what it is."""
    told = {"description": "Colours gray photographs: from luma (ITU-R BT.601) to RGB, both from -1 to 1."}
    beside = source.with_suffix(".json")
    if config is None and beside.is_file():
        config = json.loads(beside.read_text(encoding="utf-8"))
    if config is None and (tier := source.parent.parent / "tier.json").is_file():
        # One of the paper's systems that come along.
        setting = json.loads(tier.read_text(encoding="utf-8"))
        origin = f"{source.stem}, preset {setting['preset']}, trained on {setting['dataset']}"
        return told | {"origin": origin, "license": "MIT"}
    if config is None:
        return told | {"origin": source.name}
    data = config["data"] if isinstance(config["data"], str) else config["data"]["name"]
    told["origin"] = f"{config['model']}, preset {config['preset']}, trained on {data}"
    # That of the weights which a pretrained generator began with; what is trained from nothing is its maker's.
    pretrained = config["options"].get("generator") == "pretrained"
    return told | ({"license": "Apache-2.0"} if pretrained else {})


def _pack(arguments, file):
    """Pack a run's colorizer for this project, and score it."""
    configs, beside = require_comparable([arguments.source]), file.with_suffix(".json")
    ((run_dir, config),) = configs.items()
    data = config["data"]
    if arguments.data_dir and data.get("parts"):
        raise UserError("--data-dir does not go with a run of joined sets: set $FLOWERS17_DIR and $FLOWERS102_DIR.")
    if beside.exists() and "sha256" not in beside.read_text(encoding="utf-8", errors="replace"):
        raise UserError(f"{beside}, where the scores go, is no such file: choose another --out.")
    parts = sets_named(data["dataset"]) if data.get("parts") else [None]
    sets = [flowers_of_runs(configs, part, arguments.data_dir) for part in parts]
    import_keras()
    from models.colorizing import load_network, pack, unpack

    with replacing(file) as scratch:
        pack(load_network(run_dir, MODELS[config["model"]][0]), scratch)
        network = unpack(scratch)
        scores = {flowers.name: _scored(flowers, file.name, network) for flowers in sets}
        facts = {"image_size": config["options"]["image_size"], "bytes": scratch.stat().st_size}
        facts |= {"sha256": sha256_of_file(scratch), "data": data["name"], "images": data["images"]}
        facts |= identity_of(config) | {"test": scores}
    write_text(beside, json.dumps(facts, indent=1) + "\n")
    for name, score in scores.items():
        ratio, color = interval(score["ratio_to_gray"], 3), interval(score["colorfulness"], 1)
        print(f"{name}, {score['images']} test photographs: ratio to gray {ratio}, colourfulness {color}")
    print(f"{file}, {file.stat().st_size / 1e6:.1f} MB")
    return 0


def _scored(flowers, name, network):
    """The `MEASURES` of a packed network on the test split of flowers, and what there is to compare them with."""
    scoring = Scoring(flowers, Question("test"))
    measures = scoring.measure(name, [partial(coloring_by, network)], {}).measures | {"images": len(scoring.split)}
    measures["colorfulness_of_originals"] = scoring.trivial[PERFECT].measures["colorfulness"]
    return {name: measures[name] for name in (*MEASURES, "colorfulness_of_originals", "images")}


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    told = "directory of a training; for formats other than npz also a packed file, or one that comes along, as flowers"
    add("source", metavar="RUN_DIR | NAME", help=told)
    told = "where to write; its ending says the format (default: here, called as the run or colorizer)"
    add("--out", metavar="FILE", help=told)
    add("--format", metavar="NAME", help=f"{', '.join(FORMATS)} (default: by the ending of --out)")
    told = "kernels of an .onnx file in half precision: half the size; refused where answers would differ"
    add("--half", action="store_true", help=told)
    add("--data-dir", help="folder that holds the Oxford images to score by, if they are elsewhere now")
    return parser


if __name__ == "__main__":
    run_script(main)
