"""Losses by name, each a scalar in float32, and `without_learning`, which says who does not learn from one.

A GAN loss takes what a discriminator puts out and whether it is to say "real" (target 1) or "fake" (target 0).
"""

import keras
from keras import ops


def least_squares(logits, real):
    """Mean (logit − target)² (least-squares GAN, Mao et al. 2017)."""
    return l2(logits, float(real))


def cross_entropy(logits, real):
    """Mean −log D for real and −log(1 − D) for fake, D = sigmoid(logit): the logarithms of Eq. 1.

    A generator uses it with real=True, the non-saturating form of Goodfellow et al. 2014.
    """
    logits = ops.cast(logits, "float32")
    return ops.mean(ops.softplus(-logits if real else logits))


def sigmoid_squared_error(logits, real):
    """Mean (D − target)², D = sigmoid(logit): the MSE of §4.2."""
    return l2(ops.sigmoid(ops.cast(logits, "float32")), float(real))


def margin(lengths, real):
    """Margin loss of capsules (Sabour et al. 2017, Eq. 4): the right one at least 0.9 long, the wrong one at most 0.1.

    max(0, 0.9 − ‖v_right‖)² + 0.5 · max(0, ‖v_wrong‖ − 0.1)² of lengths (..., 2), ‖v_real‖ and ‖v_fake‖; the mean.
    """
    right, wrong = (lengths[..., 0], lengths[..., 1]) if real else (lengths[..., 1], lengths[..., 0])
    return ops.mean(ops.square(ops.relu(0.9 - right)) + 0.5 * ops.square(ops.relu(wrong - 0.1)))


def hinge(logits, real):
    """Mean max(0, 1 − logit) for real and max(0, 1 + logit) for fake (Lim & Ye 2017)."""
    logits = ops.cast(logits, "float32")
    return ops.mean(ops.relu(1 - logits if real else 1 + logits))


def negative_mean(logits, real):
    """Mean −logit of what is to look real: what a generator has in the place of `hinge`, which would let it rest."""
    return -ops.mean(ops.cast(logits, "float32"))


def over_scales(loss):
    """A GAN loss for discriminators that have one output, or a list of them, one a scale: the sum over the scales."""
    return lambda outputs, real: sum(loss(output, real) for output in keras.tree.flatten(outputs))


def l1(a, b):
    """Mean |a − b|."""
    return ops.mean(ops.abs(ops.cast(a, "float32") - ops.cast(b, "float32")))


def l2(a, b):
    """Mean (a − b)²."""
    return ops.mean(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")))


def energy_score(colorings, originals, joint=False):
    """Energy score (Gneiting & Raftery 2007) of two colourings of each original: how far they are from it, less half of
    how far they are from each other.

    The distance is that of two colours, in the mean over regions; if `joint`, that of two pictures, by the root mean
    square over regions. Scores for regions of 2 pixels, an eighth of S and S are added up. In expectation the sum is
    least when the colour of each region is drawn as those of the gray image are, many or one, where the L1 loss is
    least for their median; if `joint`, when all regions are so drawn together. Else how regions go together shows in
    the larger ones alone. Grain of single pixels shows in none.

    Both arguments are (n, S, S, 3). An original's two colourings stand in a row, and so does it twice; an odd last one
    does not count.
    """
    even = 2 * (ops.shape(colorings)[0] // 2)
    pairs = [ops.cast(images[:even], "float32") for images in (colorings, originals)]
    side, score = colorings.shape[1], 0.0
    for region in (2, side // 8, side):
        drawn, wanted = (ops.average_pool(images, region, strides=region) for images in pairs)
        score += _distance(drawn, wanted, joint) - _distance(drawn[::2], drawn[1::2], joint) / 2
    return score


def _distance(a, b, joint):
    """Mean Euclidean distance of colours (n, h, w, 3), or `joint` of pictures over √(h w); 0 of none; smooth at 0."""
    squares = ops.sum(ops.square(a - b), axis=-1)
    distances = ops.sqrt((ops.mean(squares, axis=(1, 2)) if joint else squares) + 1e-6)
    return ops.sum(distances) / ops.maximum(ops.cast(ops.size(distances), "float32"), 1.0)


GAN_LOSSES = {"mse": least_squares, "bce": cross_entropy, "margin": margin, "hinge": hinge}
CAPSULE_LOSSES = {"mse": sigmoid_squared_error, "bce": cross_entropy, "margin": margin}
# What a generator has instead, where that is another.
GENERATOR_LOSSES = {"hinge": negative_mean}
PIXEL_LOSSES = {"l1": l1, "l2": l2}
PAIRED_LOSSES = PIXEL_LOSSES | {"energy": energy_score, "joint-energy": lambda *pair: energy_score(*pair, joint=True)}


def without_learning(network, image):
    """The network's output for an image, with its weights held fixed under the gradient, and moving statistics too.

    A generator learns through it what the discriminator says, and the discriminator learns nothing.
    """
    weights = [ops.stop_gradient(weight) for weight in network.trainable_variables]
    output, _ = network.stateless_call(weights, network.non_trainable_variables, image, training=True)
    return output
