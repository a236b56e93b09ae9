"""Past fakes for the discriminators, as in CycleGAN [4], so that they do not chase the newest alone."""

import keras
import numpy as np
from keras import ops

from data_loader.errors import UserError


class ImagePool(keras.layers.Layer):
    """The last fakes of a generator, of which a discriminator sees one instead of the newest half of the time.

    Which is swapped comes with the batch (`pool_draws`), and the images are a weight, so a checkpoint has all.

    Args:
        size: images kept.
        shape: (S, S, c) of an image.
    """

    def __init__(self, size, shape, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.past = self.add_weight(shape=(size, *shape), initializer="zeros", trainable=False, name="past")

    def call(self, fakes, place, store, show_past):
        """Put fakes into the pool, and give back what the discriminator is to see.

        Args:
            fakes: (n, S, S, c).
            place: whole numbers (n, 1), all different: places in the pool.
            store, show_past: 0 or 1, (n, 1): whether the fake takes the place, and whether what was there is shown.
        """
        place, store, show_past = place[:, 0], store[:, 0, None, None, None], show_past[:, 0, None, None, None]
        past = ops.take(self.past, place, axis=0)
        kept = ops.where(store > 0, ops.stop_gradient(fakes), past)
        self.past.assign(ops.scatter_update(self.past, place[:, None], kept))
        return ops.where(show_past > 0, past, fakes)


def pool_draws(size, batches, step):
    """What a pool does with the fakes of a step: while it fills it keeps all, then swaps each with probability ½.

    Args:
        size: of the pool; without one nothing is drawn.
        batches: `data_loader.Batches`.
        step: number of the batch.

    Returns:
        dict of place, store and show_past, as `ImagePool` takes them.

    Raises:
        UserError: a batch is larger than the pool.
    """
    if not size:
        return {}
    if batches.batch_size > size:
        raise UserError(f"--pool-size {size} does not hold a batch of {batches.batch_size}: use a larger pool, or 0.")
    seen, count = batches.images_before(step), batches.images_in(step)
    rng, filling = batches.rng("pool", step), seen < size
    places = (seen + np.arange(count)) % size if filling else rng.permutation(size)[:count]
    swaps = (rng.random(count) < 0.5) & (not filling)
    draws = {"place": places, "store": swaps | filling, "show_past": swaps}
    return {name: values.astype("int32")[:, None] for name, values in draws.items()}
