"""Grids of sample images, drawn without a display."""

import numpy as np
from matplotlib.figure import Figure

from models.files import replacing

INCHES_AN_IMAGE = 1.5


def draw(columns, file, dots_per_inch=110):
    """Draw columns of images under their titles.

    Args:
        columns: title to images (n, S, S, 1 or 3) in [0, 1]; the same n for all.
        file: path of the PNG, replaced in one go.
        dots_per_inch: an image is 1.5 inches wide.
    """
    rows = len(next(iter(columns.values())))
    size = (INCHES_AN_IMAGE * len(columns), INCHES_AN_IMAGE * rows + 0.3)
    figure = Figure(size, layout="constrained")
    axes = figure.subplots(rows, len(columns), squeeze=False)
    for column, (title, images) in zip(axes.T, columns.items(), strict=True):
        column[0].set_title(title, fontsize=10)
        for axis, image in zip(column, images, strict=True):
            axis.imshow(np.broadcast_to(image, (*image.shape[:2], 3)))
            axis.set_axis_off()
    with replacing(file) as scratch:
        figure.savefig(scratch, dpi=dots_per_inch)
