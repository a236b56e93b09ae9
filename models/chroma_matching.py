"""As colourful as the photographs: averaging and the cycle make chroma pale and even, and two numbers mend that.

They are fitted without pairs, so that colourings of gray training photographs have on average the colourfulness of the
colour ones, or a share of it (the paler a wrong colour is, the less it costs), and, if asked for, their contrast of
strong and weak chroma: photographs have few strong colours among many weak ones.
"""

import keras
import numpy as np

from data_loader.images import cb_cr, from_network, luma, to_network, to_unit
from evaluation.metrics import colorfulness
from evaluation.pictures import Pictures
from models.colorizing import predict_colors

PHOTOGRAPHS = 128
ROUNDS = 4
# Of strength and contrast: a colorizer that is still gray is not driven to paint noise.
BOUNDS = ((0.25, 4.0), (0.5, 4.0))


class ChromaMatcher(keras.callbacks.Callback):
    """Fits what a model's last layer, a `ChromaOverLuma`, does to the chroma at the end of every epoch.

    Args:
        batches: `Batches` of the training split.
        share: of the photographs' colourfulness, above 0.
        contrast: whether the photographs' contrast of chroma is matched, too.
    """

    def __init__(self, batches, share=1.0, contrast=False):
        super().__init__()
        gray = luma(to_network(_some(batches.gray_split)))
        self.rgb, self.contrast = np.repeat(gray, 3, axis=-1), contrast
        self.wanted = self._measured(to_unit(_some(batches.color_split)))
        self.wanted[0] *= share

    def on_epoch_end(self, epoch, logs=None):
        layer = self.model.G.layers[-1]
        with self.model.averaged():
            chroma = predict_colors(self.model.G.get_layer("chroma"), self.rgb, seed=0)

        def found():
            return self._measured(from_network(keras.ops.convert_to_numpy(layer([self.rgb, chroma]))))

        if self.contrast:
            layer.pivot.assign(np.linalg.norm(chroma, axis=-1).mean())
        fit([layer.strength, layer.contrast] if self.contrast else [layer.strength], found, self.wanted)

    def _measured(self, images):
        measures = [colorfulness(None, Pictures(images)).mean()]
        return np.array([*measures, chroma_contrast(images)] if self.contrast else measures)


def chroma_contrast(images):
    """Deviation of the chroma's length over its mean, of all pixels of images (n, H, W, 3) in [0, 1]."""
    length = np.linalg.norm(cb_cr(images), axis=-1)
    return length.std() / max(length.mean(), 1e-6)


def fit(variables, found, wanted):
    """Set variables so that what is found comes as near to what is wanted as their `BOUNDS` allow.

    Args:
        variables: a strength, or a strength and a contrast: each moves its own measure, and raises it.
        found: function that gives the measures of images made with the variables as they are.
        wanted: the measures that they are to have, in the same order.
    """
    least, most = np.transpose(BOUNDS[: len(variables)])
    values = np.ones(len(variables))
    # Where RGB has no room for more colour, other pixels must make up for it: so it takes a few rounds, and more where
    # one variable moves the other's measure, too.
    for _ in range(ROUNDS * len(variables)):
        _assign(variables, values)
        values = np.clip(values * wanted / np.maximum(found(), 1e-6), least, most)
    _assign(variables, values)


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(float(value))


def _some(split):
    """Photographs spread over a split, uint8 (n, S, S, 3)."""
    return split.color(np.linspace(0, len(split) - 1, min(PHOTOGRAPHS, len(split))).astype(int))
