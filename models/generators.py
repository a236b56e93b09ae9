"""Generators: CycleGAN's 6-block ResNet (§3.1) and the U-Net of Keras-GAN, which the published code ran.

Both map (n, S, S, in_channels) to (n, S, S, out_channels), all in [-1, 1]; with `noise` they read z (n, noise_size)
too, in every normalisation (§3.3).
"""

import keras
from keras import layers

from data_loader.errors import UserError
from models.convolutions import NarrowConv2D, UpsampledConv2D
from models.layers import SAME_4, ChromaOverLuma, ReflectionPadding2D, normal, tanh_output
from models.noise import normalization

RESNET_BLOCKS = 6


def resnet_generator(
    image_size, in_channels, out_channels, norm="instance", filters=64, noise=None, noise_size=16, name=None
):
    """c7s1-64, d128, d256, 6×R256, u128, u64, c7s1-3 with tanh (CycleGAN, appendix), weights N(0, 0.02).

    The paper's text lists 3 convolutions, 6 residual blocks, 2 transposed convolutions and an output
    layer, "each followed by an instance normalization and ReLU"; the output layer cannot be.

    Raises:
        UserError: `image_size` is no multiple of 4.
    """
    _require_multiple(image_size, 4, "resnet")
    inputs = _inputs(image_size, in_channels, noise, noise_size)
    normed = normalization(norm, noise, *inputs[1:])
    # A convolution's bias would be taken away again by a norm per channel.
    use_bias = norm != "instance"

    def conv(x, filters, kernel):
        x = ReflectionPadding2D(kernel // 2)(x)
        return normed(layers.Conv2D(filters, kernel, use_bias=use_bias, kernel_initializer=normal())(x))

    def down(x, filters):
        x = layers.Conv2D(filters, 3, 2, "same", use_bias=use_bias, kernel_initializer=normal())(x)
        return layers.ReLU()(normed(x))

    def up(x, filters):
        x = layers.Conv2DTranspose(filters, 3, 2, "same", use_bias=use_bias, kernel_initializer=normal())(x)
        return layers.ReLU()(normed(x))

    def residual(x):
        y = layers.ReLU()(conv(x, 4 * filters, 3))
        return layers.Add()([x, conv(y, 4 * filters, 3)])

    x = layers.ReLU()(conv(inputs[0], filters, 7))
    x = down(down(x, 2 * filters), 4 * filters)
    for _ in range(RESNET_BLOCKS):
        x = residual(x)
    x = up(up(x, 2 * filters), filters)
    x = ReflectionPadding2D(3)(x)
    x = NarrowConv2D(out_channels, 7, kernel_initializer=normal())(x)
    return keras.Model(_unlisted(inputs), tanh_output(x), name=name)


def unet_generator(
    image_size,
    in_channels,
    out_channels,
    norm="instance",
    filters=32,
    noise=None,
    noise_size=16,
    input_skip=False,
    name=None,
):
    """Keras-GAN's U-Net: 4 down (k4 s2, LeakyReLU 0.2, norm), 3 up with skips, upsample, k4 convolution, tanh.

    Args:
        input_skip: concatenate the input before the last convolution, so that details need not
            pass through the first downsampling.

    Raises:
        UserError: `image_size` is no multiple of 16.
    """
    _require_multiple(image_size, 16, "unet")
    inputs = _inputs(image_size, in_channels, noise, noise_size)
    normed = normalization(norm, noise, *inputs[1:])

    def down(x, filters):
        x = layers.Conv2D(filters, 4, 2, "same")(x)
        return normed(layers.LeakyReLU(0.2)(x))

    def up(x, skip, filters):
        x = UpsampledConv2D(filters, activation="relu")(x)
        return layers.Concatenate()([normed(x), skip])

    d1 = down(inputs[0], filters)
    d2 = down(d1, 2 * filters)
    d3 = down(d2, 4 * filters)
    d4 = down(d3, 8 * filters)
    x = up(d4, d3, 4 * filters)
    x = up(x, d2, 2 * filters)
    x = up(x, d1, filters)
    if input_skip:
        x = layers.Concatenate()([layers.UpSampling2D()(x), inputs[0]])
        x = NarrowConv2D(out_channels, 4)(layers.ZeroPadding2D(SAME_4)(x))
    else:
        x = UpsampledConv2D(out_channels)(x)
    return keras.Model(_unlisted(inputs), tanh_output(x), name=name)


def colorizer(generator):
    """The generator with a gray input (n, S, S, 1), repeated to the three channels that it reads, and z if any."""
    image, *noise = generator.inputs
    gray = keras.Input((*image.shape[1:3], 1))
    z = [keras.Input(tensor.shape[1:]) for tensor in noise]
    rgb = layers.Concatenate(dtype="float32")([gray, gray, gray])
    return keras.Model(_unlisted([gray, *z]), generator(_unlisted([rgb, *z])), name="colorizer")


def chroma_generator(chroma, name=None, **shown):
    """A generator that keeps its input's luma where RGB has room.

    Args:
        chroma: network from (n, S, S, 3) to Cb, Cr (n, S, S, 2).
        name: of the generator.
        **shown: of `ChromaOverLuma`: what it does to the chroma except in training.
    """
    inputs = [keras.Input(tensor.shape[1:]) for tensor in chroma.inputs]
    color = ChromaOverLuma(**shown)([inputs[0], chroma(_unlisted(inputs))])
    return keras.Model(_unlisted(inputs), color, name=name)


def _inputs(image_size, channels, noise, noise_size):
    """The image and, with noise, z."""
    z = [keras.Input((noise_size,))] if noise else []
    return [keras.Input((image_size, image_size, channels)), *z]


def _unlisted(tensors):
    """One tensor by itself, as Keras wants a single input; more as they are."""
    return tensors if len(tensors) > 1 else tensors[0]


def _require_multiple(image_size, factor, generator):
    if image_size % factor:
        nearest = max(32, round(image_size / factor) * factor)
        raise UserError(
            f"--image-size {image_size} does not suit --generator {generator}, which needs "
            f"a multiple of {factor}: use {nearest}."
        )
