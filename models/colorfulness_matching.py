"""As colourful as the photographs: averaging and the cycle make chroma paler, and one factor gives that back.

The factor is fitted without pairs: the colourings of gray training photographs become as colourful, on average, as the
colour ones, or have a share of that. The paler a wrong colour is, the less it costs.
"""

import keras
import numpy as np

from data_loader.images import from_network, luma, to_network, to_unit
from evaluation.metrics import colorfulness
from evaluation.pictures import Pictures
from models.colorizing import predict_colors

PHOTOGRAPHS = 128
ROUNDS = 4
# A colorizer that is still gray is not driven to paint noise.
MOST = 4.0


class ColorfulnessMatcher(keras.callbacks.Callback):
    """Fits the strength of a model's chroma at the end of every epoch, for the images that are made with it.

    Args:
        batches: `Batches` of the training split.
        share: of the photographs' colourfulness, above 0.
    """

    def __init__(self, batches, share=1.0):
        super().__init__()
        self.gray = luma(to_network(_some(batches.gray_split)))
        self.wanted = share * _mean_colorfulness(to_unit(_some(batches.color_split)))

    def on_epoch_end(self, epoch, logs=None):
        with self.model.averaged():
            fit_strength(self.model.G.layers[-1].strength, self._found, self.wanted)

    def _found(self):
        return _mean_colorfulness(from_network(predict_colors(self.model.colorizer, self.gray, seed=0)))


def fit_strength(strength, colorfulness_found, wanted):
    """Set a strength of the chroma, at most `MOST` and at least its inverse, that gives a wanted colourfulness.

    Args:
        strength: variable.
        colorfulness_found: function that gives the mean colourfulness of images made with the strength as it is.
        wanted: mean colourfulness.
    """
    value = 1.0
    # Where RGB has no room for more colour, other pixels must make up for it: so it takes a few rounds.
    for _ in range(ROUNDS):
        strength.assign(value)
        value = float(np.clip(value * wanted / max(colorfulness_found(), 1e-6), 1 / MOST, MOST))
    strength.assign(value)


def _mean_colorfulness(images):
    return colorfulness(None, Pictures(images)).mean()


def _some(split):
    """Photographs spread over a split, uint8 (n, S, S, 3)."""
    return split.color(np.linspace(0, len(split) - 1, min(PHOTOGRAPHS, len(split))).astype(int))
