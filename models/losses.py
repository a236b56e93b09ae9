"""Loss terms by name, each a scalar in float32."""

from keras import ops


def least_squares(logits, real):
    """Mean (logit − target)², target 1 for real and 0 for fake (least-squares GAN, Mao et al. 2017)."""
    return ops.mean(ops.square(ops.cast(logits, "float32") - float(real)))


def cross_entropy(logits, real):
    """Mean −log D for real and −log(1 − D) for fake, D = sigmoid(logit): the logarithms of Eq. 1.

    A generator uses it with real=True, the non-saturating form of Goodfellow et al. 2014.
    """
    logits = ops.cast(logits, "float32")
    return ops.mean(ops.softplus(-logits if real else logits))


def l1(a, b):
    """Mean |a − b|."""
    return ops.mean(ops.abs(ops.cast(a, "float32") - ops.cast(b, "float32")))


def l2(a, b):
    """Mean (a − b)²."""
    return ops.mean(ops.square(ops.cast(a, "float32") - ops.cast(b, "float32")))


GAN_LOSSES = {"mse": least_squares, "bce": cross_entropy}
PIXEL_LOSSES = {"l1": l1, "l2": l2}


def without_learning(network, image):
    """The network's output for an image, with its weights held fixed under the gradient.

    A generator learns through it what the discriminator thinks, and the discriminator learns nothing;
    nor does it keep what a layer would note about the image, such as moving statistics.
    """
    weights = [ops.stop_gradient(weight) for weight in network.trainable_variables]
    output, _ = network.stateless_call(weights, network.non_trainable_variables, image, training=True)
    return output
