"""Colour your own photographs: luminance is kept, at the photograph's own size.

python experiments/colorize.py photo.jpg                       writes photo-color.png beside it
python experiments/colorize.py *.jpg --out coloured            many, into a folder
python experiments/colorize.py RUN_DIR photo.jpg               by a run of yours instead of the shipped colorizer
python experiments/colorize.py FILE.npz photo.jpg              by a packed one, such as those of results/*/colorizers
python experiments/colorize.py photo.jpg --compare             gray and colours side by side
python experiments/colorize.py RUN_DIR photo.jpg --samples 4   photo-color-1.png to -4.png: a stochastic run or pix2pix
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse

import imageio.v3 as imageio
import numpy as np

from data_loader import UserError
from data_loader.files import progress_bar, replacing
from data_loader.images import luma, to_uint8, to_unit
from data_loader.photographs import UnusableImage, read_image
from experiments import import_keras, run_script
from experiments.support.runs import read_config
from models.presets import MODELS
from models.same_run import CONFIG
from models.shipped import DEFAULT, named, shipped


def main():
    """Colour photographs from the command line; status 2 if one of them could not be used."""
    arguments = _parser().parse_args()
    source, photos = _source_and_photos(arguments.paths)
    if arguments.out and Path(arguments.out).is_file():
        raise UserError(f"--out {arguments.out} is a file: name a folder.")
    for name, least in (("samples", 1), ("seed", 0)):
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise UserError(f"--{name} {value} is too small: use a number of at least {least}.")
    targets = {photo: _targets(photo, arguments) for photo in photos}
    if len({target for files in targets.values() for target in files}) < sum(map(len, targets.values())):
        raise UserError("two of the photos would become the same file: colour them one at a time, with --out.")
    # Says what is wrong with a run before Keras is there.
    config = read_config(source) if source.is_dir() else None
    import_keras()
    from models.colorizing import colorize_photograph, load_colorizer

    network = load_colorizer(source, config and MODELS[config["model"]][0])
    failures = 0
    for photo, files in progress_bar(targets.items(), unit="photo"):
        try:
            image = read_image(photo)
            colors = colorize_photograph(network, image, arguments.samples, arguments.seed)
        except UnusableImage as reason:
            print(f"error: {photo} cannot be used: {reason}.", file=sys.stderr)
            failures += 1
            continue
        for target, color in zip(files, [colors] if arguments.samples is None else colors, strict=True):
            if arguments.compare:
                gray = luma(to_unit(image)).repeat(3, axis=-1)
                color = np.concatenate([gray, color], axis=1)
            with replacing(target) as scratch:
                imageio.imwrite(scratch, to_uint8(color))
            print(target)
    return 2 if failures else 0


def _source_and_photos(paths):
    """Where the colorizer is, and the photos: the first path may name a colorizer."""
    first, *photos = named(paths[0]), *map(Path, paths[1:])
    for path in (first, *photos):
        if path.suffix == ".keras":
            raise UserError(f"{path} is within a run: name the run's directory, then the photos.")
        if path != first and path.suffix == ".npz":
            raise UserError(f"{path} colours photos: name it before them.")
    if not first.is_dir() and first.suffix != ".npz":
        return _default(), [first, *photos]
    if first.is_dir() and not (first / CONFIG).exists():
        raise UserError(f"{first} is a folder and no run: name the photos in it, as in {first / '*.jpg'}.")
    if not photos:
        raise UserError(f"{first} colours photos: name them behind it.")
    return first, photos


def _default():
    """The file of the colorizer that is used when none is named."""
    if DEFAULT not in shipped():
        raise UserError(f"the colorizer '{DEFAULT}' is missing: install the project anew, or name a run.")
    return shipped()[DEFAULT]


def _targets(photo, arguments):
    """The files that a photo becomes."""
    if photo.is_dir():
        raise UserError(f"{photo} is a directory: name the photos themselves, and a run before them.")
    if not photo.is_file():
        raise UserError(f"{photo} does not exist: check the spelling.")
    endings = [""] if arguments.samples is None else [f"-{number + 1}" for number in range(arguments.samples)]
    targets = [Path(arguments.out or photo.parent) / f"{photo.stem}-color{ending}.png" for ending in endings]
    for target in targets:
        if target.exists() and not arguments.overwrite:
            raise UserError(f"{target} exists already: give --overwrite, or another folder with --out.")
    return targets


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    told = (
        "image files; before them a colorizer, if not the one that comes along: the directory of a training, a packed "
    )
    add("paths", nargs="+", metavar="[COLORIZER] PHOTO", help=f"{told}file, or one of {', '.join(shipped())}")
    add("--out", metavar="FOLDER", help="where to write (default: beside each photo)")
    add("--samples", type=int, metavar="K", help="colourings a photo, where the run has several")
    add("--seed", type=int, default=0, metavar="N", help="of the noise (default: 0)")
    add("--compare", action="store_true", help="write the photo in gray and its colouring side by side")
    add("--overwrite", action="store_true", help="replace pictures written before")
    return parser


if __name__ == "__main__":
    run_script(main)
