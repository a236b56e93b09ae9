"""Batch norms' statistics of weights that were not trained with them, as those of an average of weights."""

import keras

from models.colorizing import noise_of, reads_noise

BATCH = 16


def measure_statistics(network, images):
    """Give a network's batch norms the mean statistics of images (n, S, S, c) in [-1, 1], as in training.

    Where the network reads z, it is drawn from N(0, I), always the same. Nothing else changes.
    """
    norms = [layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    inputs = [images, noise_of(network, len(images), seed=0)] if reads_noise(network) else [images]
    starts = range(0, len(images) - len(images) % BATCH or len(images), BATCH)
    for number, start in enumerate(starts):
        for norm in norms:
            # The mean of all batches so far.
            norm.momentum = number / (number + 1)
        batch = [array[start : start + BATCH] for array in inputs]
        network(batch if len(batch) > 1 else batch[0], training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
