"""Colour your own photographs: luminance is kept, at the photograph's own size.

python experiments/colorize.py photo.jpg                       writes photo-color.png beside it
python experiments/colorize.py photo.jpg --out red.jpg         writes that file
python experiments/colorize.py album --out coloured            a folder and all below it but what is hidden; 'a*/*.jpg'
python experiments/colorize.py photo.jpg --compare             gray and colours side by side
python experiments/colorize.py photo.jpg --strength 0.7        paler, or with more than 1 stronger
python experiments/colorize.py RUN_DIR photo.jpg               by a run of yours instead of the shipped colorizer
python experiments/colorize.py FILE.npz photo.jpg              by a packed one, such as those of results/*/colorizers
python experiments/colorize.py FILE.onnx photo.jpg             by one that export.py wrote, without waiting for Keras
python experiments/colorize.py RUN_DIR photo.jpg --samples 4   photo-color-1.png to -4.png: a stochastic run or pix2pix

What is there already is left as it is, so a second call of the same command goes on where the first stopped.
Opacity, resolution and EXIF are kept; profiles are converted to sRGB.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import errno
from collections import Counter

import numpy as np

from data_loader import UserError
from data_loader.files import at_home, exists, progress_bar, replacing
from data_loader.photographs import UnusableImage, read_photograph
from experiments import require_numbers, run_script
from experiments.support.colorings import DEEP, ENDINGS, FORMATS, UNWRITABLE, as_held, maker_of, save, says_it_is_ours
from experiments.support.photo_jobs import find_photos, targets_of
from experiments.support.runs import opened_colorizer
from models.photographs import BIT_DEPTHS, require_strength
from models.same_run import CONFIG
from models.shipped import default, named, shipped, soonest

SAME = "same"
# What keeps the next photograph from being written, too: no room, or nothing may be written, anywhere or in an --out.
HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
HOPELESS_OUT = (*HOPELESS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.ENOENT, errno.EEXIST)
# Endings of files that colour.
PACKED = (".npz", ".onnx")
# What became of photos, in the last line's words.
TOLD = {
    "coloured": "coloured",
    "there": "there already and left, whatever they were made with (--overwrite does them again)",
    "unusable": "could not be used",
}


def main():
    """Colour photographs from the command line; status 2 if one of them could not be used."""
    arguments = _parser().parse_args()
    require_numbers(arguments, samples=1, seed=0)
    if arguments.format:
        arguments.format = ENDINGS.get(f".{arguments.format.lower()}", arguments.format.lower())
    if arguments.format not in (*FORMATS, SAME, None):
        raise UserError(f"--format {arguments.format} does not exist: use one of {', '.join((*FORMATS, SAME))}.")
    require_strength(arguments.strength)
    source, paths = _source_and_photos(arguments.paths)
    photos = find_photos(paths, arguments.out)
    for note in photos.notes:
        print(f"note: {note}", file=sys.stderr)
    form = arguments.format if arguments.bit_depth == 8 else _deep_format(arguments)
    targets = targets_of(photos.found, arguments.out, form, arguments.samples)
    done = [photo for photo, files in targets.items() if all(map(exists, files))]
    todo = {photo: files for photo, files in targets.items() if arguments.overwrite or photo not in done}
    counts = Counter(there=len(targets) - len(todo))
    if todo:
        colorizer = opened_colorizer(soonest(source))
        for photo, files in progress_bar(todo.items(), unit="photo"):
            counts[_color(colorizer, photo.file, files, arguments)] += 1
    told = [f"{counts[what]} {words}" for what, words in TOLD.items() if counts[what] or what == "coloured"]
    # Not among the names of what was written, which may be piped on.
    print(f"{', '.join(told)}.", file=sys.stderr)
    return 2 if counts["unusable"] else 0


def _deep_format(arguments):
    """The format of pictures of 16 bits; a `UserError` where another was asked for."""
    by_ending = ENDINGS.get(Path(arguments.out or "").suffix.lower())
    for form in (arguments.format, by_ending):
        if form not in (None, DEEP, SAME):
            raise UserError(f"--bit-depth 16 is written as {DEEP} and not as {form}: leave --format out, use .tif.")
    return DEEP


def _color(colorizer, photo, files, arguments):
    """Colour one photo and write what it becomes; "coloured", "unusable" or, by another call meanwhile, "there"."""
    if not arguments.overwrite and all(map(exists, files)):
        return "there"
    try:
        photograph = as_held(read_photograph(photo), files[0])
        given = (arguments.size, arguments.strength, arguments.samples, arguments.seed, arguments.bit_depth)
        colors = colorizer.colorize(photograph, *given)
    except UnusableImage as reason:
        print(f"error: {photo} cannot be used: {reason}.", file=sys.stderr)
        return "unusable"
    if arguments.bit_depth > 8 and photograph.fine is None:
        print(f"note: {photo} was read with 8 bits a colour; its TIFF has no more.", file=sys.stderr)
    asks_for_all = arguments.format == SAME or files[0].suffix == FORMATS[DEEP][0]
    if arguments.bit_depth == 8 and photograph.fine is not None and asks_for_all:
        print(f"note: {photo} has more than 8 bits, and 8 were written: --bit-depth 16 keeps them.", file=sys.stderr)
    for remark in photograph.remarks():
        print(f"note: {photo} {remark}.", file=sys.stderr)
    if arguments.compare:
        gray = photograph.levels(arguments.bit_depth).repeat(3, axis=-1)
    maker, written = maker_of(photo), False
    for file, color in zip(files, [colors] if arguments.samples is None else colors, strict=True):
        if exists(file):
            if not arguments.overwrite:
                continue
            if not (says_it_is_ours(file) or (arguments.out and file == at_home(arguments.out))):
                advice = "move it, or give it as --out to replace it"
                print(f"error: {file} is not of this command: {advice}.", file=sys.stderr)
                return "unusable"
        if arguments.compare:
            color = np.concatenate([gray, color], axis=1)
        try:
            with replacing(file) as scratch:
                save(color, scratch, photograph, maker)
        except UNWRITABLE as error:
            if getattr(error, "errno", None) in (HOPELESS_OUT if arguments.out else HOPELESS):
                raise OSError(error.errno, error.strerror, str(file)) from error
            # What the format cannot hold, as a side of more than 16383 pixels in WebP; or a name that is too long.
            print(f"error: {file} cannot be written: {getattr(error, 'strerror', None) or error}.", file=sys.stderr)
            return "unusable"
        print(file)
        written = True
    return "coloured" if written else "there"


def _source_and_photos(paths):
    """Where the colorizer is, and the photos: the first path may name a colorizer."""
    first, *photos = named(at_home(paths[0])), *paths[1:]
    for path in map(Path, (first, *photos)):
        if path.suffix == ".keras":
            raise UserError(f"{path} is within a run: name the run's directory, then the photos.")
        if path.suffix == ".tflite":
            raise UserError(f"{path} is for other programs: export the colorizer as .npz or .onnx, and name that.")
        if path != first and (path.suffix in PACKED or exists(path / CONFIG)):
            raise UserError(f"{path} colours photos: name it before them.")
    if first.suffix in PACKED and not exists(first):
        raise UserError(f"{first} does not exist: check the spelling.")
    if first.suffix not in PACKED and not exists(first / CONFIG):
        if photos and exists(first) and (runs := sorted(first.glob(f"*/{CONFIG}"))):
            raise UserError(f"{first} holds trainings and is none: name one, such as {runs[0].parent}.")
        return default(), [paths[0], *photos]
    if not photos:
        raise UserError(f"{first} colours photos: name them behind it.")
    return first, photos


class Parser(argparse.ArgumentParser):
    """One that knows why a file may look like an option."""

    def error(self, message):
        if any(word.startswith("-") and exists(word) for word in sys.argv[1:]):
            message += "; before photos whose names begin with a dash write --, behind all options"
        super().error(message)


def _parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    told = "image files, folders of them or patterns; before them a colorizer, if not the one that comes along: the "
    told += f"directory of a training, a packed file, or one of {', '.join(shipped())}"
    add("paths", nargs="+", metavar="[COLORIZER] PHOTO", help=told)
    add("--out", metavar="FOLDER|FILE", help="where to write (default: beside each photo)")
    add(
        "--format",
        metavar="NAME",
        help=f"{', '.join(FORMATS)} or {SAME}, as the photo where that is one of these (default: png)",
    )
    told = "bits of each colour: 16 keep the luminance of TIFF and gray PNG of more than 8, and are written as TIFF "
    told += "without EXIF (default: 8)"
    add("--bit-depth", type=int, choices=BIT_DEPTHS, default=8, metavar="N", help=told)
    add("--strength", type=float, default=1.0, metavar="N", help="of the colours, 0 for gray to 2 (default: 1)")
    told = "about how many pixels a side the network sees (default: as many as in training); far from that "
    told += "colours get worse. Networks without a pretrained encoder see a photo squeezed into their square alone"
    add("--size", type=int, metavar="N", help=told)
    add("--samples", type=int, metavar="K", help="colourings a photo, where the run has several")
    add("--seed", type=int, default=0, metavar="N", help="of the noise (default: 0)")
    add("--compare", action="store_true", help="write the photo in gray and its colouring side by side")
    add("--overwrite", action="store_true", help="replace pictures written before")
    return parser


if __name__ == "__main__":
    run_script(main)
