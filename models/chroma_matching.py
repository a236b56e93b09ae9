"""As colourful as the photographs: averaging and the cycle make chroma pale and even, and two numbers mend that.

They are fitted without pairs, so that colourings of gray training photographs have on average the colourfulness of the
colour ones, or a share of it (the paler a wrong colour is, the less it costs), and, if asked for, their contrast of
strong and weak chroma: photographs have few strong colours among many weak ones.
"""

import keras
import numpy as np

from data_loader.images import chroma, from_network, luma, to_network, to_unit
from evaluation.metrics import colorfulness
from evaluation.pictures import Pictures
from models.colorizing import predict_colors

PHOTOGRAPHS = 128
ROUNDS = 4
# A colorizer that is still gray is not driven to paint noise.
MOST = 4.0


class ChromaMatcher(keras.callbacks.Callback):
    """Fits what a model's last layer does to the chroma at the end of every epoch, for images that are made with it.

    Args:
        batches: `Batches` of the training split.
        share: of the photographs' colourfulness, above 0.
        contrast: whether the photographs' contrast of chroma is matched, too.
    """

    def __init__(self, batches, share=1.0, contrast=False):
        super().__init__()
        self.gray = luma(to_network(_some(batches.gray_split)))
        self.contrast = contrast
        self.wanted = self._measured(to_unit(_some(batches.color_split))) * np.array([share, 1.0])[: 1 + contrast]

    def on_epoch_end(self, epoch, logs=None):
        layer = self.model.G.layers[-1]
        with self.model.averaged():
            fit([layer.strength, layer.contrast] if self.contrast else [layer.strength], self._found, self.wanted)

    def _found(self):
        return self._measured(from_network(predict_colors(self.model.colorizer, self.gray, seed=0)))

    def _measured(self, images):
        colorful = colorfulness(None, Pictures(images)).mean()
        return np.array([colorful, chroma_contrast(images)] if self.contrast else [colorful])


def chroma_contrast(images):
    """Deviation of the chroma's strength over its mean, of all pixels of images (n, H, W, 3) in [0, 1]."""
    strength = np.linalg.norm(chroma(images), axis=-1)
    return strength.std() / max(strength.mean(), 1e-6)


def fit(variables, found, wanted):
    """Set variables such that what was found becomes what is wanted, each by at most `MOST` and at least its inverse.

    Args:
        variables: scalars, each of which moves one measure about in proportion.
        found: function that gives the measures of images made with the variables as they are.
        wanted: the measures that they are to have, in the same order.
    """
    values = np.ones(len(variables))
    # Where RGB has no room for more colour, other pixels must make up for it: so it takes a few rounds, and more where
    # one variable moves the other's measure, too.
    for _ in range(ROUNDS * len(variables)):
        _assign(variables, values)
        values = np.clip(values * wanted / np.maximum(found(), 1e-6), 1 / MOST, MOST)
    _assign(variables, values)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(float(value))


def _some(split):
    """Photographs spread over a split, uint8 (n, S, S, 3)."""
    return split.color(np.linspace(0, len(split) - 1, min(PHOTOGRAPHS, len(split))).astype(int))
