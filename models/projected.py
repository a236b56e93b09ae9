"""Projected discriminators (Sauer et al. 2021): small heads that judge what a frozen, pretrained network sees.

The network sees an image at four resolutions; fixed random convolutions mix its channels and then, from coarse to fine,
its resolutions, so that no head can rely on a few features alone. Unlike theirs, maps are enlarged by repeating pixels,
weights have the variance 1 / fan-in, and heads have spectral norm alone, no batch norm.
"""

import keras
import numpy as np
from keras import layers

from models.capsules import ConvolutionalCapsules, Squash
from models.discriminators import CAPSULE, real_or_fake
from models.efficientnet import frozen_features
from models.layers import SpectralConv2D
from models.option_tables import require_multiple
from models.options import STRIDE

MIXED = 64  # channels
WIDEST = 4  # times a head's first convolution


def projected_eye(image_size, seed):
    """What the heads look at: (n, S, S, 3) in [-1, 1] to four maps of 64 channels, S/4, S/8, S/16 and S/32 wide.

    Nothing in it is trained or has a state, and the seed alone decides what is random. S is a multiple of 32, or it is
    a `UserError`.
    """
    require_multiple(image_size, STRIDE, "a projected discriminator")
    # Of the old kind, whose numbers no version of NumPy will change: a run that goes on must see with the same eye.
    rng = np.random.RandomState(seed)
    image = keras.Input((image_size, image_size, 3))
    mixed, coarser = [], None
    for features in reversed(frozen_features(image_size)(image)):
        x = _random_convolution(rng, features, 1)
        if coarser is not None:
            x = layers.Add()([x, layers.UpSampling2D()(coarser)])
        coarser = _random_convolution(rng, x, 3)
        mixed.append(coarser)
    network = keras.Model(image, mixed[::-1], name="eye")
    network.trainable = False
    return network


def _random_convolution(rng, x, size):
    """A fixed convolution to `MIXED` channels that keeps the variance of its input."""
    convolution = layers.Conv2D(MIXED, size, padding="same", use_bias=False)
    y = convolution(x)
    fan_in = size * size * x.shape[-1]
    convolution.set_weights([rng.standard_normal((size, size, x.shape[-1], MIXED)) / np.sqrt(fan_in)])
    return y


def projected_heads(eye, filters=64, capsules=False, lengths=False, name=None):
    """A head for each of the eye's maps, finest first: from the maps to a list of four maps of logits.

    A head halves its map 3, 2, 1 or 0 times (k4 s2 with spectral norm, LeakyReLU 0.2), and then judges each place by a
    k3 convolution or, with `capsules`, by convolutional capsules with routing, real and fake, whose logit is
    ‖v_real‖ − ‖v_fake‖; with `lengths` they put out both lengths (n, h, w, 2).
    """
    seen = [keras.Input(shape[1:]) for shape in eye.output_shape]
    outputs = []
    for halvings, x in zip((3, 2, 1, 0), seen, strict=True):
        for number in range(halvings):
            x = SpectralConv2D(min(2**number, WIDEST) * filters, 4, 2, "same")(x)
            x = layers.LeakyReLU(0.2)(x)
        if capsules:
            x = Squash(CAPSULE)(SpectralConv2D(8 * CAPSULE, 3, padding="same")(x))
            outputs.append(real_or_fake(ConvolutionalCapsules(2, 16)(x), lengths))
        else:
            outputs.append(SpectralConv2D(1, 3, padding="same", dtype="float32")(x))
    return keras.Model(seen, outputs, name=name)
