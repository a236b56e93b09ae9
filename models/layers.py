"""Layers that Keras does not have, and the norms by their names."""

import keras
from keras import ops

from data_loader.images import LUMA_WEIGHTS

BATCH_NORM_EPSILON = 1e-5


@keras.saving.register_keras_serializable(package="colorization")
class ReflectionPadding2D(keras.layers.Layer):
    """Pad height and width by reflection, as CycleGAN does around its stride-1 convolutions.

    Args:
        padding: pixels on each side; less than the image's side.

    Input (n, h, w, c), output (n, h + 2p, w + 2p, c).
    """

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, x):
        p = self.padding
        return ops.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), mode="reflect")

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable(package="colorization")
class WholeImageNormalization(keras.layers.Layer):
    """Normalise each image over height, width and channels together, with one scalar scale and shift.

    It is what the paper's published code (keras-contrib's InstanceNormalization with axis=None) computes:
    gamma · (x − mean) / (std + 1e-3) + beta. Input and output (n, h, w, c).
    """

    epsilon = 1e-3

    def build(self, input_shape):
        # Not rounded to bfloat16 under mixed precision.
        self.gamma = self.add_weight(shape=(1,), initializer="ones", autocast=False, name="gamma")
        self.beta = self.add_weight(shape=(1,), initializer="zeros", autocast=False, name="beta")

    def call(self, x):
        # Statistics in float32 also under mixed precision; 1e-12 keeps the root's gradient finite at 0.
        x = ops.cast(x, "float32")
        mean, variance = ops.moments(x, axes=(1, 2, 3), keepdims=True)
        std = ops.sqrt(variance + 1e-12)
        normalized = (x - mean) / (std + self.epsilon)
        return ops.cast(normalized * self.gamma + self.beta, self.compute_dtype)


def instance_norm():
    """Instance normalisation (Ulyanov et al. 2016): per image and channel, with a learned scale and shift."""
    return keras.layers.GroupNormalization(groups=-1, epsilon=1e-5)


def batch_norm():
    """Batch normalisation as in pix2pix."""
    return keras.layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON)


# What "same" pads before and after for a 4×4 kernel of stride 1.
SAME_4 = ((1, 2), (1, 2))
NORMS = {"instance": instance_norm, "layer": WholeImageNormalization, "batch": batch_norm}


def normal():
    """A fresh N(0, 0.02) initializer; one object shared by two layers would give both the same weights."""
    return keras.initializers.RandomNormal(stddev=0.02)


def tanh_output(x):
    """Tanh in float32 whatever the precision, so that images keep their 8 bits."""
    return keras.layers.Activation("tanh", dtype="float32")(x)


def gray_as_rgb(gray):
    """(n, S, S, 1) to three equal channels."""
    return ops.repeat(gray, 3, axis=-1)


@keras.saving.register_keras_serializable(package="colorization")
class ChromaOverLuma(keras.layers.Layer):
    """RGB from an image's luma and two chroma planes, by the inverse of the luma transform (ITU-R BT.601).

    R = Y + 1.402 Cr, B = Y + 1.772 Cb, and G such that the luma is Y; clipped once to [−1, 1], so that the luma
    is kept wherever RGB has room for the chroma. Always float32. What the arguments ask for is left out in training.

    Inputs: the image (n, h, w, 3) in [−1, 1] that gives the luma (gray three times, or colour), and chroma
    (n, h, w, 2), Cb and Cr in [−1, 1]. Output (n, h, w, 3) in [−1, 1].

    Args:
        matched: keep a `strength`, 1 at first, that multiplies the chroma.
        halved: give the chroma half the resolution of the luma (4:2:0, as in JPEG); h and w even.
        contrasted: keep a `contrast` and a `pivot`, 1 at first: the chroma's length becomes pivot · (length / pivot) to
            the power of contrast, so that above 1 weak chroma becomes weaker beside strong.
        kept: where RGB has no room for the chroma, make it shorter instead of clipping, so that luma and hue are kept.
    """

    def __init__(self, matched=False, halved=False, contrasted=False, kept=False, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.matched, self.halved, self.contrasted, self.kept = matched, halved, contrasted, kept
        if matched:
            self.strength = self.add_weight(shape=(), initializer="ones", trainable=False, name="strength")
        if contrasted:
            self.contrast = self.add_weight(shape=(), initializer="ones", trainable=False, name="contrast")
            self.pivot = self.add_weight(shape=(), initializer="ones", trainable=False, name="pivot")

    def get_config(self):
        return super().get_config() | {
            "matched": self.matched,
            "halved": self.halved,
            "contrasted": self.contrasted,
            "kept": self.kept,
        }

    def call(self, inputs, training=None):
        image, chroma = (ops.cast(x, "float32") for x in inputs)
        if self.contrasted and not training:
            length = ops.sqrt(ops.sum(ops.square(chroma), axis=-1, keepdims=True) + 1e-6)
            chroma = chroma * ops.power(length / self.pivot, self.contrast - 1)
        if self.matched and not training:
            chroma = self.strength * chroma
        if self.halved and not training:
            chroma = ops.image.resize(ops.average_pool(chroma, 2, strides=2), chroma.shape[1:3], "bilinear")
        red_weight, green_weight, blue_weight = (float(weight) for weight in LUMA_WEIGHTS)
        y = ops.sum(image * ops.convert_to_tensor(LUMA_WEIGHTS), axis=-1, keepdims=True)
        blue = 2 * (1 - blue_weight) * chroma[..., :1]
        red = 2 * (1 - red_weight) * chroma[..., 1:]
        green = -(red_weight * red + blue_weight * blue) / green_weight
        away = ops.concatenate([red, green, blue], axis=-1)
        if self.kept and not training:
            # `data_loader.images.in_gamut`, for tensors and their range.
            room = ops.where(away > 0, 1 - y, 1 + y) / ops.maximum(ops.abs(away), 1e-6)
            away = away * ops.clip(ops.min(room, axis=-1, keepdims=True), 0.0, 1.0)
        return ops.clip(y + away, -1.0, 1.0)
