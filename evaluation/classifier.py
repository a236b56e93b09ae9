"""Is the daffodil yellow? A small classifier of real colour photographs, and what it makes of colourings."""

from dataclasses import dataclass
from typing import NamedTuple

from data_loader.cache import cache_dir
from data_loader.files import UserError, progress_bar, replacing, sha256_of_file, sha256_of_text
from data_loader.images import to_network
from evaluation.baselines import measured
from evaluation.statistics import share_with_interval


class Recipe(NamedTuple):
    """What a classifier depends on, apart from its data."""

    version: int = 1
    filters: int = 24
    epochs: int = 40
    batch_size: int = 16
    learning_rate: float = 2e-3
    dropout: float = 0.3


RECIPE = Recipe()


@dataclass(frozen=True)
class Classifier:
    """Names the classes (n,) of pictures (n, S, S, 3) in [0, 1]; `digest` is the SHA-256 of its file."""

    network: object
    digest: str

    def __call__(self, pictures):
        return self.network.predict(to_network(pictures), verbose=0).argmax(axis=-1)


def train_classifier(images, labels, classes, after_epoch):
    """Train a convolutional network by the `RECIPE`, from pictures to probabilities (n, classes).

    Args:
        images: (n, S, S, 3) in [-1, 1], S at least 32.
        labels: int (n,).
        classes: how many there are.
        after_epoch: called without arguments at the end of each epoch.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    side = images.shape[1]
    image = keras.Input((side, side, 3))
    x = layers.RandomFlip("horizontal", seed=0)(image)
    x = layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=1)(x)
    # A class is told by its colours and coarse shapes; 32 pixels show them.
    x = layers.AveragePooling2D(max(1, side // 32))(x)
    for width in (1, 2, 4):
        x = layers.Conv2D(width * RECIPE.filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(RECIPE.dropout, seed=2)(layers.GlobalAveragePooling2D()(x))
    network = keras.Model(image, layers.Dense(classes, activation="softmax", dtype="float32")(x), name="classifier")
    steps = RECIPE.epochs * -(-len(images) // RECIPE.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(RECIPE.learning_rate, steps)
    network.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy())
    shown = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: after_epoch())
    size = RECIPE.batch_size
    network.fit(images, labels, batch_size=size, epochs=RECIPE.epochs, verbose=0, callbacks=[shown])
    return network


def trained_classifier(flowers):
    """The classifier of a data set, trained on its training split the first time and kept in the cache.

    Args:
        flowers: `data_loader.Flowers`.

    Raises:
        UserError: the set has a single class.
    """
    import keras

    classes = len(flowers.class_names)
    if classes < 2:
        raise UserError(f"{flowers.name} has a single class: leave --class-test out, or sort the images into folders.")
    # Other classes or another split of the same pictures need another classifier.
    labelled = (flowers.digest, flowers.labels.tolist(), flowers.split_of.tolist())
    recipe = (labelled, keras.backend.backend(), RECIPE)
    name = f"{flowers.name}-{flowers.image_size}px-{sha256_of_text(repr(recipe))[:16]}"
    file = cache_dir() / "classifiers" / f"{name}.keras"
    if file.exists():
        network = keras.models.load_model(file)
    else:
        train = flowers.split("train")
        keras.config.set_dtype_policy("float32")
        with progress_bar(total=RECIPE.epochs, desc="training the classifier") as bar:
            network = train_classifier(to_network(train.color()), train.labels, classes, bar.update)
        with replacing(file) as scratch:
            network.save(scratch)
    return Classifier(network, sha256_of_file(file))


def class_accuracy(classifier, colorings, split, progress=iter):
    """The share of pictures whose class the classifier names, with its 95 % interval, for each colorizer.

    Args:
        classifier: function of pictures (n, S, S, 3) in [0, 1] to classes (n,).
        colorings, split, progress: as in `evaluation.scores.score`.
    """

    def right(which, color):
        labels = split.labels[list(which)]
        return {name: classifier(coloring(which, color)) == labels for name, coloring in colorings.items()}

    values = measured(right, split, progress)
    return {name: share_with_interval(int(named.sum()), len(split)) for name, named in values.items()}
