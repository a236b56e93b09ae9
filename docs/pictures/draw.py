"""Draw colors.jpg, the first picture of the README.

python docs/pictures/draw.py UNPAIRED_RUN PAIRED_RUN

The runs have learned from synthetic flowers; the photograph is coloured by flowers-unpaired and flowers.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np
from PIL import Image

from data_loader import load_flowers
from data_loader.images import luma, to_unit
from models import load_colorizer
from models.record import draw_grid

FLOWERS = (16, 70)  # of the test split: of many colours, and of one
SIDE = 427  # pixels of the photograph, which is a little wider


def main(unpaired_run, paired_run):
    """Write the picture beside this file."""
    photograph = Image.open(HERE / "flower.jpg")
    left = (photograph.width - SIDE) // 2
    photograph = photograph.crop((left, 0, left + SIDE, SIDE))
    flowers = load_flowers("synthetic", load_colorizer(unpaired_run).size).split("test").color(list(FLOWERS))
    originals = [photograph, *map(Image.fromarray, flowers)]
    columns = {"gray": [luma(to_unit(np.asarray(image))) for image in originals]}
    for title, shipped, run in (
        ("learned without pairs", "flowers-unpaired", unpaired_run),
        ("learned from pairs", "flowers", paired_run),
    ):
        by_shipped, by_run = load_colorizer(shipped), load_colorizer(run)
        columns[title] = [by_shipped.colorize(photograph), *(by_run.colorize(image) for image in originals[1:])]
    columns["original"] = [np.asarray(image) for image in originals]
    draw_grid(columns, HERE / "colors.png", dots_per_inch=150)
    Image.open(HERE / "colors.png").convert("RGB").save(HERE / "colors.jpg", quality=90)
    (HERE / "colors.png").unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
