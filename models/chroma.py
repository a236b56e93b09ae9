"""Images made of luma and chroma, and as colourful as photographs.

Averaging and the cycle make chroma pale and even. Two numbers mend that, fitted without pairs after each epoch: a
strength, so that colourings of gray training photographs have the colourfulness of the colour ones, or a share of it
(a wrong colour costs less when pale); and a contrast, since photographs have few strong colours among many weak ones.
"""

import numpy as np
from keras import ops

from data_loader.images import LUMA_WEIGHTS, cb_cr, colorfulness, from_network, to_unit
from models.layers import Float32Layer, registered

# Strength and contrast are fitted to so many photographs, in so many rounds, within these bounds: a colorizer that is
# still gray is not driven to paint noise.
PHOTOGRAPHS = 128
ROUNDS = 4
BOUNDS = ((0.25, 4.0), (0.5, 4.0))


@registered
class ChromaOverLuma(Float32Layer):
    """RGB from an image's luma and two chroma planes, by the inverse of the luma transform (ITU-R BT.601).

    R = Y + 1.402 Cr, B = Y + 1.772 Cb, and G such that the luma is Y; clipped to [−1, 1], so that the luma is kept
    wherever RGB has room for the chroma. What the arguments ask for is left out in training, but for `enlarged`.
    Inputs: the image (n, h, w, 3) that gives the luma (gray three times, or colour), and Cb, Cr (n, h, w, 2); output
    (n, h, w, 3); all in [−1, 1].

    Args:
        matched: multiply the chroma by a weight `strength`, 1 at first.
        halved: give the chroma half the resolution of the luma (4:2:0, as in JPEG); h and w even.
        contrasted: the chroma's length becomes pivot · (length / pivot) ** contrast, with weights `contrast` and
            `pivot`, 1 at first: a contrast above 1 makes weak chroma weaker beside strong.
        kept: where RGB has no room for the chroma, make it shorter instead of clipping, so that luma and hue are kept.
        enlarged: the chroma comes at half the luma's resolution, (n, h / 2, w / 2, 2).
    """

    def __init__(self, matched=False, halved=False, contrasted=False, kept=False, enlarged=False, **kwargs):
        super().__init__(**kwargs)
        self.matched, self.halved, self.contrasted, self.kept = matched, halved, contrasted, kept
        self.enlarged = enlarged
        if matched:
            self.strength = self._number("strength")
        if contrasted:
            self.contrast, self.pivot = self._number("contrast"), self._number("pivot")

    def compute_output_shape(self, input_shapes):
        return (*input_shapes[0][:3], 3)

    def _number(self, name):
        return self.add_weight(shape=(), initializer="ones", trainable=False, name=name)

    def call(self, inputs, training=None):
        image, chroma = (ops.cast(x, "float32") for x in inputs)
        y = luma_of(image)
        chroma = chroma if training else self.shown(chroma)
        color = _away_from_luma(twice_as_large(chroma) if self.enlarged else chroma)
        if self.kept and not training:
            # `data_loader.images.in_gamut`, for tensors and their range.
            room = ops.where(color > 0, 1 - y, 1 + y) / ops.maximum(ops.abs(color), 1e-6)
            color = color * ops.clip(ops.min(room, axis=-1, keepdims=True), 0.0, 1.0)
        return ops.clip(y + color, -1.0, 1.0)

    def shown(self, chroma):
        """The chroma that is laid over the luma when images are made, as `matched` and so on ask for."""
        if self.contrasted:
            length = ops.sqrt(ops.sum(ops.square(chroma), axis=-1, keepdims=True) + 1e-6)
            chroma = chroma * ops.power(length / self.pivot, self.contrast - 1)
        if self.matched:
            chroma = self.strength * chroma
        if self.halved:
            chroma = ops.image.resize(ops.average_pool(chroma, 2, strides=2), chroma.shape[1:3], "bilinear")
        return chroma


def luma_of(images):
    """`data_loader.images.luma` for tensors: (..., 3) to (..., 1)."""
    return ops.sum(images * ops.convert_to_tensor(LUMA_WEIGHTS), axis=-1, keepdims=True)


def twice_as_large(images):
    """Images (n, h, w, c) enlarged bilinearly to (n, 2h, 2w, c), for any h and w, also ones not known yet."""
    for axis in (1, 2):
        # Each pixel twice, then ¼, ½, ¼ of neighbours, where the edge's neighbour is itself, is the same.
        images = ops.repeat(images, 2, axis=axis)
        widths = [(int(dimension == axis),) * 2 for dimension in range(4)]
        padded = ops.pad(images, widths, mode="symmetric")
        before, after = (padded[:, :-2], padded[:, 2:]) if axis == 1 else (padded[:, :, :-2], padded[:, :, 2:])
        images = (before + 2 * images + after) / 4
    return images


def _away_from_luma(chroma):
    """Cb and Cr as RGB without luma, (..., 2) to (..., 3)."""
    red_weight, green_weight, blue_weight = (float(weight) for weight in LUMA_WEIGHTS)
    blue = 2 * (1 - blue_weight) * chroma[..., :1]
    red = 2 * (1 - red_weight) * chroma[..., 1:]
    green = -(red_weight * red + blue_weight * blue) / green_weight
    return ops.concatenate([red, green, blue], axis=-1)


def match_chroma(layer, rgb, chroma, photographs, share=1.0, contrast=False):
    """Fit what a generator's `ChromaOverLuma` does, so that images have the photographs' amount of colour.

    `rgb` (n, H, W, 3) are gray photographs three times and `chroma` (n, h, w, 2) the generator's for them, in [-1, 1];
    `photographs` are in colour, uint8 (m, H, W, 3). Images get a `share` of their colourfulness, above 0, and, if
    asked for, their `contrast` of chroma.
    """

    def measured(images):
        return np.array([colorfulness(images).mean(), *([chroma_contrast(images)] if contrast else [])])

    wanted = measured(to_unit(photographs))
    wanted[0] *= share
    if contrast:
        layer.pivot.assign(np.linalg.norm(chroma, axis=-1).mean())
    variables = [layer.strength, layer.contrast] if contrast else [layer.strength]
    fit(variables, lambda: measured(from_network(ops.convert_to_numpy(layer([rgb, chroma])))), wanted)


def chroma_contrast(images):
    """Deviation of the chroma's length over its mean, of all pixels of images (n, H, W, 3) in [0, 1]."""
    length = np.linalg.norm(cb_cr(images), axis=-1)
    return length.std() / max(length.mean(), 1e-6)


def fit(variables, measured, wanted):
    """Bring what is `measured()` of images as near to what is `wanted` as the `BOUNDS` of the variables allow.

    The variables are a strength, or a strength and a contrast; each raises its own measure, in the same order.
    """
    least, most = np.transpose(BOUNDS[: len(variables)])
    values = np.ones(len(variables))
    # Where RGB has no room for more colour, other pixels must make up for it: so it takes a few rounds, and more where
    # one variable moves the other's measure, too. The last round's values are assigned, and not measured.
    for remaining in reversed(range(ROUNDS * len(variables) + 1)):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(float(value))
        if remaining:
            values = np.clip(values * wanted / np.maximum(measured(), 1e-6), least, most)
