"""EfficientNet-Lite0 (Tan & Le 2019), trained on ImageNet: what it sees of an image at five resolutions.

Its weights come with the project, in `efficientnet_lite0/` with their licence. Lite: no squeeze-and-excitation, ReLU6.
"""

from functools import cache
from pathlib import Path

import keras
import numpy as np
from keras import layers

from data_loader.files import DAMAGED, UserError, sha256_of_file
from models.normalization import BatchNormalization

WEIGHTS = Path(__file__).parent / "efficientnet_lite0" / "weights.npz"
WEIGHTS_SHA256 = "c9a7d020636cf42ef61b3fe230f45b1f6a8eda87ff7a60772003f3676056a99b"
STEM = 32  # channels
# Blocks, kernel, stride, expansion of the channels inside a block, channels.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
EPSILON = 1e-3
# PyTorch's names of a batch norm's weights, in the order of Keras'.
NORM_WEIGHTS = ("weight", "bias", "running_mean", "running_var")


def encoder(image_size, momentum):
    """A network to be trained on: (n, S, S, 3) in [-1, 1] to features at strides 2, 4, 8, 16 and 32.

    They have 16, 24, 40, 112 and 320 channels. S is a multiple of 32, or None for any. `momentum` is that of the batch
    norms' moving statistics, which start as ImageNet's. Raises `UserError` where the weights are missing or damaged.
    """
    stored = iter(_stored_weights())

    def convolve(x, kind, *shape):
        kernel, *norm = next(stored)
        convolution = kind(*shape, padding="same", use_bias=False)
        normalize = BatchNormalization(momentum=momentum, epsilon=EPSILON)
        x = normalize(convolution(x))
        convolution.set_weights([kernel])
        normalize.set_weights(norm)
        return x

    return _network(image_size, convolve, "encoder")


def frozen_features(image_size):
    """As `encoder`, but fixed and without state: the norms are folded into the convolutions. Features from stride 4."""
    stored = iter(_stored_weights())

    def convolve(x, kind, *shape):
        kernel, gamma, beta, mean, variance = next(stored)
        scale = gamma / np.sqrt(variance + EPSILON)
        convolution = kind(*shape, padding="same")
        x = convolution(x)
        by_output = scale[:, None] if kind is layers.DepthwiseConv2D else scale
        convolution.set_weights([kernel * by_output, beta - mean * scale])
        return x

    network = _network(image_size, convolve, "features")
    network = keras.Model(network.input, network.output[1:], name="features")
    network.trainable = False
    return network


def _network(image_size, convolve, name):
    image = keras.Input((image_size, image_size, 3))
    x = layers.ReLU(6.0)(convolve(image, layers.Conv2D, STEM, 3, 2))
    features = []
    for number, (blocks, kernel, stride, expansion, channels) in enumerate(STAGES):
        for block in range(blocks):
            x = _block(x, convolve, kernel, 1 if block else stride, expansion, channels)
        # The last of a resolution: no stage follows, or the next one strides.
        if number + 1 == len(STAGES) or STAGES[number + 1][2] > 1:
            features.append(x)
    return keras.Model(image, features, name=name)


def _block(x, convolve, kernel, stride, expansion, channels):
    """An inverted residual: wider, a depthwise convolution, narrower."""
    y = x
    if expansion > 1:
        y = layers.ReLU(6.0)(convolve(y, layers.Conv2D, expansion * x.shape[-1], 1))
    y = layers.ReLU(6.0)(convolve(y, layers.DepthwiseConv2D, kernel, stride))
    y = convolve(y, layers.Conv2D, channels, 1)
    return layers.Add()([x, y]) if stride == 1 and x.shape[-1] == channels else y


@cache
def _stored_weights():
    """Kernel, scale, shift, mean and variance of each convolution in turn, float32; a `UserError` if they are not."""
    remedy = "restore it from the repository, or install the project anew"
    try:
        if sha256_of_file(WEIGHTS) != WEIGHTS_SHA256:
            raise UserError(f"{WEIGHTS} is damaged, its SHA-256 is not {WEIGHTS_SHA256}: {remedy}.")
        with np.load(WEIGHTS, allow_pickle=False) as arrays:
            values = [arrays[name].astype("float32") for name in arrays.files]
    except FileNotFoundError:
        raise UserError(f"{WEIGHTS} (SHA-256 {WEIGHTS_SHA256}) is missing: {remedy}.") from None
    except DAMAGED as error:
        raise UserError(f"{WEIGHTS} (SHA-256 {WEIGHTS_SHA256}) cannot be read ({error}): {remedy}.") from None
    count = 1 + len(NORM_WEIGHTS)
    return [values[start : start + count] for start in range(0, len(values), count)]
