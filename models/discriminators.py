"""PatchGAN discriminators (§3.1): fully convolutional, one logit for every patch of the image."""

import keras
from keras import layers

from models.capsule_discriminators import patch_capsule_discriminator
from models.convolutions import NarrowConv2D, WideConv2D
from models.layers import NORMS, SAME_4, normal


def patch70_discriminator(image_size, channels, norm="instance", filters=64, name=None):
    """The 70×70 PatchGAN C64-C128-C256-C512 of pix2pix and CycleGAN, weights N(0, 0.02).

    (n, S, S, channels) in [-1, 1] to logits (n, S/8 − 2, S/8 − 2, 1): 14×14 at 128 pixels.
    """
    use_bias = norm == "layer"

    def block(x, filters, stride):
        # A stride of 1 pads by 1 on each side and so shrinks the map by 1, as in the reference.
        x = layers.ZeroPadding2D(1)(x)
        x = WideConv2D(filters, 4, stride, use_bias=use_bias, kernel_initializer=normal())(x)
        return layers.LeakyReLU(0.2)(NORMS[norm]()(x))

    image = keras.Input((image_size, image_size, channels))
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=normal())(image)
    x = layers.LeakyReLU(0.2)(x)
    x = block(x, 2 * filters, 2)
    x = block(x, 4 * filters, 2)
    x = block(x, 8 * filters, 1)
    logits = NarrowConv2D(1, 4, kernel_initializer=normal(), dtype="float32")(layers.ZeroPadding2D(1)(x))
    return keras.Model(image, logits, name=name)


def patch_zoo_discriminator(image_size, channels, norm="instance", filters=64, name=None):
    """Keras-GAN's PatchGAN, which the published code ran: four k4 s2 convolutions, LeakyReLU 0.2, then the norm.

    (n, S, S, channels) in [-1, 1] to logits (n, S/16, S/16, 1): 8×8 at 128 pixels.
    """

    def block(x, filters):
        return layers.LeakyReLU(0.2)(WideConv2D(filters, 4, 2, "same")(x))

    image = keras.Input((image_size, image_size, channels))
    x = block(image, filters)
    for factor in (2, 4, 8):
        x = NORMS[norm]()(block(x, factor * filters))
    logits = NarrowConv2D(1, 4, dtype="float32")(layers.ZeroPadding2D(SAME_4)(x))
    return keras.Model(image, logits, name=name)


DISCRIMINATORS = {
    "patch70": patch70_discriminator,
    "patch-zoo": patch_zoo_discriminator,
    "patch-capsule": patch_capsule_discriminator,
}
