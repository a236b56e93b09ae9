"""Which networks learn from which term of an objective, as TensorFlow's tape sees it."""

import numpy as np


def learners_of(gan, batch, names, terms=None):
    """Term to the set of those of the named networks that it moves, for `terms` or all of the objective's."""
    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        losses = gan.objective(batch, gan(batch, training=True))
    variables = {name: [v.value for v in getattr(gan, name).trainable_variables] for name in names}
    learners = {}
    for term in terms or losses:
        gradients = tape.gradient(losses[term], variables)
        learners[term] = {
            name for name, found in gradients.items() if any(g is not None and np.abs(g).max() > 0 for g in found)
        }
    return learners
