"""Whether a generator exchanges bright and dark, seen while it trains."""

import sys

import numpy as np

from data_loader.images import correlations, luma, to_network, to_unit
from models.colorizing import predict_colors

PICTURES = 32  # so that a look takes a second or two
FEWEST = 4  # pictures that a correlation over them says anything of
EXCHANGED = (
    "Bright and dark are exchanged: the brightness of x and G(x) correlates at {over_pictures:.2f} over pictures and "
    "at {within_pictures:.2f} within them. In the first epochs that may pass. Where it stays, start again with "
    "another --seed, with --upright-start (a CycleGAN), or with --output chroma, which alone cannot exchange them."
)


def turn_upright(model, split):
    """Negate the last layer of each generator of a CycleGAN that makes negatives before it has learned, and say so.

    A negative correlates negatively with luma, over all pixels of some photographs.
    """
    color = to_network(split.some(PICTURES))
    gray = luma(color)
    made = [(model.G, luma(predict_colors(model.colorizer, gray)))] if model.options.output == "rgb" else []
    made += [] if model.options.is_one_way else [(model.F, model.predict_images(model.F, color))]
    for network, own in made:
        if correlations(gray[None], own[None])[0] < 0:
            print(f"{network.name} made negatives: its last layer is negated.")
            for weight in [layer for layer in network.layers if layer.weights][-1].weights:
                weight.assign(-weight)
        else:
            print(f"{network.name} makes no negatives, and stays as it is.")


class BrightnessWatch:
    """Correlates the luma of some photographs x with that of G(x), and warns when it turns negative.

    Both generators may exchange bright and dark, of whole pictures or within them: the cycle brings both back, and a
    discriminator that sees no pairs finds as many of each as before.
    """

    def __init__(self, split):
        self.split, self.exchanged = split, False

    def look(self, model):
        """What a row of trace.csv says of it: correlation `over_pictures`, of their mean luma, and `within_pictures`,
        the mean of their own. NaN where all are alike or flat; nothing where G puts out chroma and cannot do it.
        """
        if model.options.output != "rgb":
            return {}
        gray = luma(to_unit(self.split.some(PICTURES)))
        own = luma(to_unit(model.colorize(gray)))
        means = [images.mean(axis=(1, 2, 3))[None] for images in (gray, own)]
        within = correlations(gray, own)
        within = within[~np.isnan(within)]
        return {
            "over_pictures": correlations(*means, flat=1e-6)[0] if len(own) >= FEWEST else np.nan,
            "within_pictures": within.mean() if len(within) else np.nan,
        }

    def warn(self, found):
        """Say on standard error that bright and dark are exchanged, where it is new; `found` as `look` gives it."""
        lowest = np.nanmin([1.0, *found.values()])
        if lowest < 0 and not self.exchanged:
            from tqdm import tqdm

            tqdm.write(EXCHANGED.format(**found), file=sys.stderr)
        self.exchanged = lowest < 0
