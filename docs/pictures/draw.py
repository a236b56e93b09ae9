"""Draw pictures of the README by the colorizers that come along.

python docs/pictures/draw.py                             several.jpg: a photograph in gray, four guesses, the original
python docs/pictures/draw.py UNPAIRED_RUN PAIRED_RUN     colours.jpg: gray, without pairs, with pairs, the original

The second has a photograph, and two built-in flowers by runs that were trained on such flowers:

python experiments/cyclegan.py --preset demo --dataset synthetic --run-dir UNPAIRED_RUN
python experiments/pix2pix.py --preset best --image-size 96 --epochs 8 --dataset synthetic --run-dir PAIRED_RUN
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np
from PIL import Image

from data_loader import load_flowers
from data_loader.images import to_unit
from data_loader.photographs import read_image
from models import load_colorizer
from models.record import draw_grid

SIDE = 400
TITLES = ("gray", "without pairs", "with pairs", "original")
TEST_FLOWERS = (5, 7)  # of the test split
GUESSES = 4


def several():
    """Write `several.jpg` here."""
    photograph = read_image(HERE / "flower.jpg")
    guesses = load_colorizer("flowers-several").colorize(gray_of(photograph), samples=GUESSES)
    titles = ["gray", *(f"guess {number}" for number in range(1, GUESSES + 1)), "original"]
    draw("several", titles, [beside(photograph, guesses)])


def colours(unpaired, paired):
    """Write `colours.jpg` here."""
    ours = [load_colorizer(name) for name in ("flowers-unpaired", "flowers")]
    trained = [load_colorizer(run) for run in (unpaired, paired)]
    flowers = load_flowers("synthetic", trained[0].size).split("test").color(list(TEST_FLOWERS))
    rows = [row(read_image(HERE / "flower.jpg"), ours)]
    rows += [row(Image.fromarray(flower), trained) for flower in flowers]
    draw("colours", TITLES, rows)


def draw(name, titles, rows):
    """Write rows of images under their titles as NAME.jpg here."""
    columns = {title: to_unit(np.stack(images)) for title, images in zip(titles, zip(*rows, strict=True), strict=True)}
    draw_grid(columns, HERE / f"{name}.png", dots_per_inch=160)
    Image.open(HERE / f"{name}.png").convert("RGB").save(HERE / f"{name}.jpg", quality=90)
    (HERE / f"{name}.png").unlink()


def row(picture, colorizers):
    """A picture in gray, by each of the colorizers, and as it was."""
    return beside(picture, [each.colorize(gray_of(picture)) for each in colorizers])


def gray_of(picture):
    """A picture's luma, uint8 (h, w)."""
    return np.asarray(picture.convert("L"))


def beside(picture, colored):
    """A picture in gray, its colourings, and as it was; squares from its middle."""
    images = [gray_of(picture)[..., None].repeat(3, axis=-1), *colored, np.asarray(picture)]
    return [np.asarray(square(Image.fromarray(image))) for image in images]


def square(image):
    """The middle of an image, as large as fits, of `SIDE` pixels."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    (colours if sys.argv[1:] else several)(*sys.argv[1:])
