"""Capsule discriminators (§3.4, 4.2) and the one with a patch output that the paper proposes (§5)."""

import keras
from keras import layers

from data_loader.errors import UserError
from models.capsules import ConvolutionalCapsules, Lengths, RealOverFake, RoutingCapsules, Squash
from models.layers import NORMS, normal

RESCALED = 32
CAPSULE = 8
ROUNDS = 3


def published_discriminator(image_size, channels, filters=256, name=None):
    """The published layers: primary capsules, then three unrolled rounds of softmax coupling, one logit.

    Each round multiplies the same votes û by a dense layer of the softmax of the round before. No vote is routed to
    a parent, so it is no routing by agreement. (n, S, S, channels) in [-1, 1] to (n, 1).

    Raises:
        UserError: `image_size` is no multiple of 32.
    """
    image = keras.Input((image_size, image_size, channels))
    x = _primary_capsules(image, filters, slope=0.3)
    # One scale and shift for each of a capsule's numbers.
    x = layers.Flatten()(layers.BatchNormalization()(x))
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

    (n, S, S, channels) in [-1, 1] to the logit ‖v_real‖ − ‖v_fake‖ (n, 1) or, with `lengths`, to both (n, 2).
    """
    image = keras.Input((image_size, image_size, channels))
    x = _primary_capsules(image, filters, slope=0.2)
    x = RoutingCapsules(2, 16, iterations=iterations, gradient=gradient)(x)
    return keras.Model(image, _read(x, lengths), name=name)


def patch_capsule_discriminator(image_size, channels, norm="instance", filters=64, lengths=False, name=None):
    """A PatchGAN of convolutional capsules, which the paper proposes in §5: a real and a fake capsule a patch.

    Two k4 s2 convolutions, primary capsules k3 s2 (8 types of 8), convolutional capsules k3 (4 of 16) and k3 s2 (2
    of 16). (n, S, S, channels) in [-1, 1] to logits (n, S/16, S/16, 1), 8×8 at 128 pixels, or, with `lengths`, 2.
    """
    image = keras.Input((image_size, image_size, channels))
    x = layers.Conv2D(filters, 4, 2, "same", kernel_initializer=normal())(image)
    x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(2 * filters, 4, 2, "same", use_bias=norm == "layer", kernel_initializer=normal())(x)
    x = layers.LeakyReLU(0.2)(NORMS[norm]()(x))
    x = Squash(CAPSULE)(layers.Conv2D(8 * CAPSULE, 3, 2, "same")(x))
    x = ConvolutionalCapsules(4, 16)(x)
    x = ConvolutionalCapsules(2, 16, stride=2)(x)
    return keras.Model(image, _read(x, lengths), name=name)


def _primary_capsules(image, filters, slope):
    """An image to a map of capsules, (n, 8, 8, filters / 8, 8)."""
    x = layers.LeakyReLU(slope)(layers.Conv2D(filters, 9)(_rescaled(image)))
    x = layers.BatchNormalization()(x)
    return Squash(CAPSULE)(layers.Conv2D(filters, 9, 2)(x))


def _rescaled(image):
    """32×32 (§4.2), each pixel the mean over what it stands for."""
    factor, rest = divmod(image.shape[1], RESCALED)
    if rest:
        size = image.shape[1]
        raise UserError(f"--image-size {size} cannot be rescaled to 32: use a multiple of it, {32 * max(1, factor)}.")
    return layers.AveragePooling2D(factor, dtype="float32")(image)


def _read(capsules, lengths):
    return Lengths()(capsules) if lengths else RealOverFake()(Lengths()(capsules))
