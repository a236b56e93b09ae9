"""Generators: CycleGAN's 6-block ResNet (§3.1) and the U-Net of Keras-GAN, which the published code ran.

Both map (n, S, S, in_channels) to (n, S, S, out_channels), all in [-1, 1].
"""

import keras
from keras import layers

from data_loader.errors import UserError
from models.layers import NORMS, SAME_4, ChromaOverLuma, NarrowConv2D, ReflectionPadding2D, normal, tanh_output

RESNET_BLOCKS = 6


def resnet_generator(image_size, in_channels, out_channels, norm="instance", filters=64, name=None):
    """c7s1-64, d128, d256, 6×R256, u128, u64, c7s1-3 with tanh (CycleGAN, appendix), weights N(0, 0.02).

    The paper's text lists 3 convolutions, 6 residual blocks, 2 transposed convolutions and an output
    layer, "each followed by an instance normalization and ReLU"; the output layer cannot be.

    Raises:
        UserError: `image_size` is no multiple of 4.
    """
    _require_multiple(image_size, 4, "resnet")
    # A convolution's bias would be taken away again by a norm per channel.
    use_bias = norm != "instance"

    def normed(x):
        return NORMS[norm]()(x)

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

    image = keras.Input((image_size, image_size, in_channels))
    x = layers.ReLU()(conv(image, filters, 7))
    x = down(down(x, 2 * filters), 4 * filters)
    for _ in range(RESNET_BLOCKS):
        x = residual(x)
    x = up(up(x, 2 * filters), filters)
    x = ReflectionPadding2D(3)(x)
    x = NarrowConv2D(out_channels, 7, kernel_initializer=normal())(x)
    return keras.Model(image, tanh_output(x), name=name)


def unet_generator(image_size, in_channels, out_channels, norm="instance", filters=32, input_skip=False, name=None):
    """Keras-GAN's U-Net: 4 down (k4 s2, LeakyReLU 0.2, norm), 3 up with skips, upsample, k4 convolution, tanh.

    Args:
        input_skip: concatenate the input before the last convolution, so that details need not
            pass through the first downsampling.

    Raises:
        UserError: `image_size` is no multiple of 16.
    """
    _require_multiple(image_size, 16, "unet")

    def down(x, filters):
        x = layers.Conv2D(filters, 4, 2, "same")(x)
        return NORMS[norm]()(layers.LeakyReLU(0.2)(x))

    def up(x, skip, filters):
        x = layers.Conv2D(filters, 4, padding="same", activation="relu")(layers.UpSampling2D()(x))
        return layers.Concatenate()([NORMS[norm]()(x), skip])

    image = keras.Input((image_size, image_size, in_channels))
    d1 = down(image, filters)
    d2 = down(d1, 2 * filters)
    d3 = down(d2, 4 * filters)
    d4 = down(d3, 8 * filters)
    x = up(d4, d3, 4 * filters)
    x = up(x, d2, 2 * filters)
    x = up(x, d1, filters)
    x = layers.UpSampling2D()(x)
    if input_skip:
        x = layers.Concatenate()([x, image])
    x = NarrowConv2D(out_channels, 4)(layers.ZeroPadding2D(SAME_4)(x))
    return keras.Model(image, tanh_output(x), name=name)


def colorizer(generator):
    """The generator with a gray input (n, S, S, 1), repeated to the three channels that it reads."""
    gray = keras.Input((*generator.input_shape[1:3], 1))
    return keras.Model(gray, generator(layers.Concatenate(dtype="float32")([gray, gray, gray])), name="colorizer")


def chroma_generator(chroma, name=None):
    """A generator that keeps its input's luma where RGB has room; `chroma` maps (n, S, S, 3) to Cb, Cr (n, S, S, 2)."""
    image = keras.Input(chroma.input_shape[1:])
    return keras.Model(image, ChromaOverLuma()([image, chroma(image)]), name=name)


def _require_multiple(image_size, factor, generator):
    if image_size % factor:
        nearest = max(32, round(image_size / factor) * factor)
        raise UserError(
            f"--image-size {image_size} does not suit --generator {generator}, which needs "
            f"a multiple of {factor}: use {nearest}."
        )
