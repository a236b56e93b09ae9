"""Batch norms' statistics of weights that were not trained with them, as those of an average of weights."""

import keras
from keras import ops

from models.colorizing import noise_of, reads_noise
from models.layers import unlisted

MOST_BATCHES = 32


def batch_norms_of(network):
    """The batch norms among a network's layers."""
    return [layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]


def measure_statistics(network, images, batch_size):
    """Give a network's batch norms the mean statistics of batches of images (n, S, S, c) in [-1, 1], as in training.

    Where the network reads z, it is drawn from N(0, I), always the same. Nothing else changes, dropout's seeds neither.
    """
    norms = batch_norms_of(network)
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    measured = {id(variable) for norm in norms for variable in norm.variables}
    measured |= {id(variable) for variable in network.trainable_variables}
    others = [variable for variable in network.variables if id(variable) not in measured]
    kept = [ops.convert_to_numpy(variable) for variable in others]
    inputs = [images, noise_of(network, len(images), seed=0)] if reads_noise(network) else [images]
    try:
        # Whole batches, or the images as one.
        for number in range(min(MOST_BATCHES, max(1, len(images) // batch_size))):
            for norm in norms:
                # The mean of all batches so far.
                norm.momentum = number / (number + 1)
            batch = [array[number * batch_size : (number + 1) * batch_size] for array in inputs]
            network(unlisted(batch), training=True)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for variable, value in zip(others, kept, strict=True):
            variable.assign(value)
