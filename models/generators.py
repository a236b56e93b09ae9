"""Generators: CycleGAN's 6-block ResNet (§3.1), the U-Net of Keras-GAN, which the published code ran, and our own.

ResNet and U-Net map (n, S, S, in_channels) to (n, S, S, out_channels), all in [-1, 1]; ours puts out chroma. With
`noise` ("normal" or "uniform") they read z (n, noise_size) too, in every normalisation that they train from the start
(§3.3). They raise a `UserError` where S is no multiple of 4 (ResNet), 16 (U-Net) or 32 (ours). The U-Net of pix2pix is
in `pix2pix.py`.
"""

import keras
from keras import layers

from models.chroma import ChromaOverLuma
from models.convolutions import MergingConv2D, NarrowConv2D, UpsampledConv2D
from models.efficientnet import encoder
from models.layers import SAME_4, ReflectionPadding2D, normal, tanh_output, unlisted
from models.normalization import MOMENTUM, batch_norm, normalization
from models.option_tables import require_multiple
from models.options import STRIDE

RESNET_BLOCKS = 6
# Channels of the decoder at strides 16, 8, 4 and 2, and of its last layer.
DECODER = (160, 128, 96, 64, 48)


def resnet_generator(image_size, in_channels, out_channels, norm="instance", filters=64, name=None, **noise):
    """c7s1-64, d128, d256, 6×R256, u128, u64, c7s1-3 with tanh (CycleGAN, appendix), weights N(0, 0.02).

    The paper's text has a norm and a ReLU behind the output layer too, which cannot be.
    """
    require_multiple(image_size, 4, "--generator resnet")
    inputs, normed = _inputs_and_norm(image_size, in_channels, norm, **noise)
    # A convolution's bias would be taken away again by a norm per channel.
    use_bias = norm != "instance"

    def conv(x, filters, *shape, kind=layers.Conv2D):
        return normed(kind(filters, *shape, use_bias=use_bias, kernel_initializer=normal())(x))

    def relu(x):
        return layers.ReLU()(x)

    x = relu(conv(ReflectionPadding2D(3)(inputs[0]), filters, 7))
    for factor in (2, 4):
        x = relu(conv(x, factor * filters, 3, 2, "same"))
    for _ in range(RESNET_BLOCKS):
        y = relu(conv(ReflectionPadding2D(1)(x), 4 * filters, 3))
        x = layers.Add()([x, conv(ReflectionPadding2D(1)(y), 4 * filters, 3)])
    for factor in (2, 1):
        x = relu(conv(x, factor * filters, 3, 2, "same", kind=layers.Conv2DTranspose))
    x = NarrowConv2D(out_channels, 7, kernel_initializer=normal())(ReflectionPadding2D(3)(x))
    return keras.Model(unlisted(inputs), tanh_output(x), name=name)


def unet_generator(
    image_size, in_channels, out_channels, norm="instance", filters=32, input_skip=False, name=None, **noise
):
    """Keras-GAN's U-Net: 4 down (k4 s2, LeakyReLU 0.2, norm), 3 up with skips, upsample, k4 convolution, tanh.

    With `input_skip` the last convolution sees the input too, so that details need not pass through the first stride.
    """
    require_multiple(image_size, 16, "--generator unet")
    inputs, normed = _inputs_and_norm(image_size, in_channels, norm, **noise)
    x, skips = inputs[0], []
    for factor in (1, 2, 4, 8):
        x = normed(layers.LeakyReLU(0.2)(layers.Conv2D(factor * filters, 4, 2, "same")(x)))
        skips.append(x)
    for factor, skip in zip((4, 2, 1), reversed(skips[:-1]), strict=True):
        x = normed(UpsampledConv2D(factor * filters, activation="relu")(x))
        x = layers.Concatenate()([x, skip])
    if input_skip:
        x = layers.Concatenate()([layers.UpSampling2D()(x), inputs[0]])
        x = NarrowConv2D(out_channels, 4)(layers.ZeroPadding2D(SAME_4)(x))
    else:
        x = UpsampledConv2D(out_channels)(x)
    return keras.Model(unlisted(inputs), tanh_output(x), name=name)


def pretrained_generator(image_size=None, name=None, **noise):
    """EfficientNet-Lite0, pretrained on ImageNet, and a U-Net's decoder to chroma at half the image's size.

    (n, S, S, 3) to Cb, Cr (n, S / 2, S / 2, 2), both in [-1, 1]; S None for any. Its answer starts near 0, gray.
    """
    require_multiple(image_size or STRIDE, STRIDE, "--generator pretrained")
    inputs, conditional = _inputs_and_norm(image_size, 3, "batch", **noise)

    def normed(x):
        return conditional(x) if noise else batch_norm(momentum=MOMENTUM)(x)

    *skips, x = encoder(image_size, MOMENTUM)(inputs[0])
    for filters in DECODER[:-1]:
        x = layers.ReLU()(normed(MergingConv2D(filters)([x, skips.pop()])))
    x = layers.Conv2D(DECODER[-1], 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.ReLU()(normed(x))
    near_zero = keras.initializers.RandomNormal(stddev=0.002)
    x = layers.Conv2D(2, 3, padding="same", kernel_initializer=near_zero)(x)
    return keras.Model(unlisted(inputs), tanh_output(x), name=name)


def colorizer(generator):
    """The generator with a gray input (n, S, S, 1), repeated to the three channels that it reads, and z if any."""
    image, *noise = generator.inputs
    gray = keras.Input((*image.shape[1:3], 1))
    z = [keras.Input(tensor.shape[1:]) for tensor in noise]
    rgb = layers.Concatenate(dtype="float32")([gray, gray, gray])
    return keras.Model(unlisted([gray, *z]), generator(unlisted([rgb, *z])), name="colorizer")


def chroma_generator(chroma, name=None, **shown):
    """A generator that keeps its input's luma where RGB has room.

    `chroma` is a network from (n, S, S, 3) to Cb, Cr (n, S, S, 2), and `shown` what `ChromaOverLuma` does to it.
    """
    inputs = [keras.Input(tensor.shape[1:]) for tensor in chroma.inputs]
    color = ChromaOverLuma(**shown)([inputs[0], chroma(unlisted(inputs))])
    return keras.Model(unlisted(inputs), color, name=name)


def _inputs_and_norm(image_size, channels, norm, noise=None, noise_size=16):
    """The image and, with noise, z; and the normalisation that z, if any, takes part in."""
    z = [keras.Input((noise_size,))] if noise else []
    return [keras.Input((image_size, image_size, channels)), *z], normalization(norm, noise, *z)
