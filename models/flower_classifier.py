"""A small classifier of colour photographs of flowers, to ask of a colouring whether it still shows its class."""

from typing import NamedTuple

import keras
from keras import layers


class Recipe(NamedTuple):
    """What decides a classifier, beside its data."""

    version: int = 1
    filters: int = 24
    epochs: int = 40
    batch_size: int = 16
    learning_rate: float = 2e-3
    dropout: float = 0.3


RECIPE = Recipe()


def flower_classifier(image_size, classes):
    """A convolutional network, colour photographs (n, S, S, 3) in [-1, 1] to class probabilities (n, classes).

    Args:
        image_size: S, at least 32.
        classes: how many.
    """
    image = keras.Input((image_size, image_size, 3))
    x = layers.RandomFlip("horizontal", seed=0)(image)
    x = layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=1)(x)
    # A class is told by its colours and coarse shapes; 32 pixels show them.
    x = layers.AveragePooling2D(max(1, image_size // 32))(x)
    for width in (1, 2, 4):
        x = layers.Conv2D(width * RECIPE.filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(RECIPE.dropout, seed=2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax", dtype="float32")(x), name="classifier")


def train_classifier(images, labels, classes, after_epoch):
    """Train a classifier by the `RECIPE`.

    Args:
        images: (n, S, S, 3) in [-1, 1].
        labels: int (n,).
        classes: how many there are.
        after_epoch: called without arguments at the end of each epoch.
    """
    keras.utils.set_random_seed(0)
    network = flower_classifier(images.shape[1], classes)
    steps = RECIPE.epochs * -(-len(images) // RECIPE.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(RECIPE.learning_rate, steps)
    network.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy())
    network.fit(
        images,
        labels,
        batch_size=RECIPE.batch_size,
        epochs=RECIPE.epochs,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: after_epoch())],
    )
    return network
