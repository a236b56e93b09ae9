"""Which networks learn from a term of an objective, as TensorFlow's tape sees it."""

import numpy as np


def learners_of(gan, batch, names, term):
    """Those of the named networks that `term` moves."""
    import tensorflow as tf

    gray, color = batch
    with tf.GradientTape() as tape:
        loss = gan.objective(gray, color, gan(gray, training=True))[term]
    variables = {name: [v.value for v in getattr(gan, name).trainable_variables] for name in names}
    gradients = tape.gradient(loss, variables)
    return {name for name, found in gradients.items() if any(g is not None and np.abs(g).max() > 0 for g in found)}
