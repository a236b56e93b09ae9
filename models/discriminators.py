"""Discriminators: PatchGANs (§3.1), capsule networks (§3.4, 4.2), and capsules with a patch output (§5).

All read images (n, S, S, channels) in [-1, 1]; capsule networks raise a `UserError` where S is no multiple of 32.
"""

import keras
from keras import layers

from data_loader.files import UserError
from models.capsules import ConvolutionalCapsules, RoutingCapsules, Squash, length
from models.convolutions import NarrowConv2D, PatchesConv2D, WideConv2D
from models.layers import SAME_4, normal
from models.normalization import NORMS, BatchNormalization

RESCALED = 32  # pixels, side of what the capsule networks of §4.2 see
CAPSULE = 8  # numbers of a primary capsule
ROUNDS = 3  # of routing


def patch70_discriminator(image_size, channels, norm="instance", filters=64, name=None):
    """The 70×70 PatchGAN C64-C128-C256-C512 of pix2pix and CycleGAN, weights N(0, 0.02).

    Puts out logits (n, S/8 − 2, S/8 − 2, 1): 14×14 at 128 pixels.
    """
    image = keras.Input((image_size, image_size, channels))
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=normal())(image)
    x = layers.LeakyReLU(0.2)(x)
    for factor, stride in ((2, 2), (4, 2), (8, 1)):
        # A stride of 1 pads by 1 on each side and so shrinks the map by 1, as in the reference.
        x = layers.ZeroPadding2D(1)(x)
        x = WideConv2D(factor * filters, 4, stride, use_bias=norm == "layer", kernel_initializer=normal())(x)
        x = layers.LeakyReLU(0.2)(NORMS[norm]()(x))
    logits = NarrowConv2D(1, 4, kernel_initializer=normal(), dtype="float32")(layers.ZeroPadding2D(1)(x))
    return keras.Model(image, logits, name=name)


def patch_zoo_discriminator(image_size, channels, norm="instance", filters=64, name=None):
    """Keras-GAN's PatchGAN, which the published code ran: four k4 s2 convolutions, LeakyReLU 0.2, then the norm.

    Puts out logits (n, S/16, S/16, 1): 8×8 at 128 pixels.
    """
    image = x = keras.Input((image_size, image_size, channels))
    for factor in (1, 2, 4, 8):
        x = layers.LeakyReLU(0.2)(WideConv2D(factor * filters, 4, 2, "same")(x))
        x = NORMS[norm]()(x) if factor > 1 else x
    logits = NarrowConv2D(1, 4, dtype="float32")(layers.ZeroPadding2D(SAME_4)(x))
    return keras.Model(image, logits, name=name)


def published_discriminator(image_size, channels, filters=256, name=None):
    """The published layers: primary capsules, then three unrolled rounds of softmax coupling, one logit.

    Each round multiplies the same votes û by a dense layer of the softmax of the round before. No vote is routed to
    a parent, so it is no routing by agreement. Puts out (n, 1).
    """
    image = keras.Input((image_size, image_size, channels))
    x = _primary_capsules(image, filters, slope=0.3)
    # One scale and shift for each of a capsule's numbers.
    x = layers.Flatten()(BatchNormalization()(x))
    votes = layers.Dense(160, kernel_initializer="he_normal")(x)
    x = votes
    for _ in range(ROUNDS):
        coupling = layers.Dense(160)(layers.Softmax(dtype="float32")(x))
        x = layers.LeakyReLU(0.3)(layers.Multiply()([votes, coupling]))
    return keras.Model(image, layers.Dense(1, dtype="float32")(x), name=name)


def routing_discriminator(
    image_size, channels, filters=256, iterations=ROUNDS, gradient="all", lengths=False, name=None
):
    """Primary capsules of 8 and routing by agreement to two parents of 16: real and fake.

    Puts out the logit ‖v_real‖ − ‖v_fake‖ (n, 1) or, with `lengths`, both lengths (n, 2).
    """
    image = keras.Input((image_size, image_size, channels))
    x = _primary_capsules(image, filters, slope=0.2)
    x = RoutingCapsules(2, 16, iterations=iterations, gradient=gradient)(x)
    return keras.Model(image, real_or_fake(x, lengths), name=name)


def patch_capsule_discriminator(image_size, channels, norm="instance", filters=64, lengths=False, name=None):
    """A PatchGAN of convolutional capsules, which the paper proposes in §5: a real and a fake capsule a patch.

    Two k4 s2 convolutions, primary capsules k3 s2 (8 types of 8), convolutional capsules k3 (4 of 16) and k3 s2 (2
    of 16). Puts out logits (n, S/16, S/16, 1), 8×8 at 128 pixels, or, with `lengths`, two lengths a patch.
    """
    image = keras.Input((image_size, image_size, channels))
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=normal())(image)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(2 * filters, 4, 2, "same", use_bias=norm == "layer", kernel_initializer=normal())(x)
    x = layers.LeakyReLU(0.2)(NORMS[norm]()(x))
    x = Squash(CAPSULE)(layers.Conv2D(8 * CAPSULE, 3, 2, "same")(x))
    x = ConvolutionalCapsules(4, 16)(x)
    x = ConvolutionalCapsules(2, 16, stride=2)(x)
    return keras.Model(image, real_or_fake(x, lengths), name=name)


def _primary_capsules(image, filters, slope):
    """An image to a map of capsules, (n, 8, 8, filters / 8, 8); rescaled to 32×32 (§4.2) by means of pixels."""
    size = image.shape[1]
    factor, rest = divmod(size, RESCALED)
    if rest:
        raise UserError(f"--image-size {size} cannot be rescaled to 32: use a multiple of it, {32 * max(1, factor)}.")
    x = layers.AveragePooling2D(factor, dtype="float32")(image)
    x = BatchNormalization()(layers.LeakyReLU(slope)(layers.Conv2D(filters, 9)(x)))
    return Squash(CAPSULE)(PatchesConv2D(filters, 9, 2)(x))


def real_or_fake(capsules, lengths):
    """What two capsules a place (..., 2, d) say: ‖v_real‖ − ‖v_fake‖ (..., 1) or, with `lengths`, both (..., 2)."""
    both = length(capsules)
    return both if lengths else both[..., :1] - both[..., 1:]


DISCRIMINATORS = {
    "patch70": patch70_discriminator,
    "patch-zoo": patch_zoo_discriminator,
    "patch-capsule": patch_capsule_discriminator,
}
