"""Draw the README's first picture: gray, coloured without pairs, coloured with pairs, and the original.

python docs/pictures/draw.py UNPAIRED_RUN PAIRED_RUN

One photograph by the colorizers that come along, and two built-in flowers by runs that were trained on such flowers:

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


def main(unpaired, paired):
    """Write `colours.jpg` here."""
    photograph = read_image(HERE / "flower.jpg")
    rows = [row(photograph, ("flowers-unpaired", "flowers"))]
    runs = [load_colorizer(run) for run in (unpaired, paired)]
    flowers = load_flowers("synthetic", runs[0].size).split("test").color(list(TEST_FLOWERS))
    rows += [row(Image.fromarray(flower), runs) for flower in flowers]
    columns = {title: to_unit(np.stack(images)) for title, images in zip(TITLES, zip(*rows, strict=True), strict=True)}
    draw_grid(columns, HERE / "colours.png", dots_per_inch=160)
    Image.open(HERE / "colours.png").convert("RGB").save(HERE / "colours.jpg", quality=90)
    (HERE / "colours.png").unlink()


def row(picture, colorizers):
    """A picture in gray, by each of the colorizers, and as it was; squares from its middle."""
    gray = np.asarray(picture.convert("L"))
    colorizers = [load_colorizer(each) if isinstance(each, str) else each for each in colorizers]
    images = [gray[..., None].repeat(3, axis=-1), *(each.colorize(gray) for each in colorizers), np.asarray(picture)]
    return [np.asarray(square(Image.fromarray(image))) for image in images]


def square(image):
    """The middle of an image, as large as fits, of `SIDE` pixels."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main(*sys.argv[1:])
