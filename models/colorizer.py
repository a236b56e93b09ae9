"""A trained Keras network that colours photographs."""

from functools import cached_property

import keras
import numpy as np
from keras import ops

from data_loader.images import LUMA_WEIGHTS, cb_cr, from_network, to_network
from models.chroma import luma_of
from models.colorizing import has_noise, noise_of, predict_colors, reads_noise
from models.layers import unlisted
from models.photographs import PhotoColorizer


class Colorizer(PhotoColorizer):
    """`network` is a Keras model from gray (n, S, S, 1), and maybe z (n, d), to colour (n, S, S, 3), all in [−1, 1]."""

    def __init__(self, network):
        self.network = network
        encoder = _layer(_layer(_layer(network, "G"), "chroma"), "encoder")
        super().__init__(network.inputs[0].shape[1], encoder is not None, has_noise(network))

    def chroma(self, gray, samples=None, seed=0):
        image = to_network(gray[None])
        if not self.keeps_shape:
            return cb_cr(from_network(predict_colors(self.network, image, samples, seed)))
        inputs = [np.repeat(image, samples or 1, axis=0)]
        if reads_noise(self.network):
            inputs.append(noise_of(self.network, 1, samples, seed))
        # Called as it is, not by `predict`, which would compile it for each shape.
        return ops.convert_to_numpy(self._to_chroma(inputs, training=False))

    @cached_property
    def _to_chroma(self):
        return keras.Model(self.of_any_shape.inputs, self.of_any_shape.outputs[1])

    def for_export(self, any_shape=True):
        """The network with a second output, Cb and Cr in [−0.5, 0.5]; for any shape where it sees them."""
        if any_shape and self.keeps_shape:
            return self.of_any_shape
        inputs = [keras.Input(tensor.shape[1:]) for tensor in self.network.inputs]
        color = self.network(unlisted(inputs))
        return keras.Model(inputs, [color, _CbCr()(color)])

    @cached_property
    def of_any_shape(self):
        """The network for sides that are multiples of 32: [gray (n, h, w, 1), and maybe z] to colour (n, h, w, 3) in
        [−1, 1], and Cb and Cr (n, h / 2, w / 2, 2) in [−0.5, 0.5], from which it is made.
        """
        generator = _layer(self.network, "G")
        network, over_luma = _layer(generator, "chroma"), generator.layers[-1]
        network = _of_any_shape(network, encoder=_of_any_shape(_layer(network, "encoder")))
        gray, *z = keras.Input((None, None, 1)), *network.inputs[1:]
        image = keras.layers.Concatenate()([gray] * 3)
        chroma = network(unlisted([image, *z]))
        return keras.Model([gray, *z], [over_luma([image, chroma]), _Shown(over_luma)(chroma)])


class _Shown(keras.layers.Layer):
    """What a `ChromaOverLuma` lays over the luma, in [−0.5, 0.5]."""

    def __init__(self, over_luma):
        super().__init__()
        self.over_luma = over_luma

    def call(self, chroma):
        return self.over_luma.shown(chroma) / 2


class _CbCr(keras.layers.Layer):
    """As `data_loader.images.cb_cr`, of colours in [−1, 1]; bare operations would give an ONNX file more inputs."""

    def call(self, color):
        away_from_luma = color - luma_of(color)
        red_weight, _, blue_weight = (float(weight) for weight in LUMA_WEIGHTS)
        blue, red = away_from_luma[..., 2:] / (1 - blue_weight), away_from_luma[..., :1] / (1 - red_weight)
        return ops.concatenate([blue, red], axis=-1) / 4


def _layer(network, name):
    """A network's own layer of a name; None where there is none."""
    return next((layer for layer in getattr(network, "layers", ()) if layer.name == name), None)


def _of_any_shape(network, **others):
    """A network of the same layers, or of others by name in their place, for images of any height and width."""
    shapes = [tensor.shape[1:] for tensor in network.inputs]
    inputs = [keras.Input((None, None, shape[-1]) if len(shape) == 3 else shape) for shape in shapes]
    return keras.models.clone_model(network, unlisted(inputs), lambda layer: others.get(layer.name, layer))
