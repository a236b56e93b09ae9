"""Is the daffodil yellow? What a classifier of real colour photographs makes of colourings."""

from dataclasses import dataclass

import numpy as np

from data_loader.cache import cache_dir
from data_loader.errors import UserError
from data_loader.images import to_network
from evaluation.baselines import originals, pieces
from evaluation.statistics import share_with_interval
from models.files import replacing, sha256_of_file, sha256_of_text


@dataclass(frozen=True)
class Classifier:
    """Names the classes (n,) of pictures (n, S, S, 3) in [0, 1]; `digest` is the SHA-256 of its file."""

    network: object
    digest: str

    def __call__(self, pictures):
        return self.network.predict(to_network(pictures), verbose=0).argmax(axis=-1)


def class_accuracy(classifier, colorings, split, progress=lambda pieces: pieces):
    """The share of pictures whose class the classifier names, for each colorizer.

    Args:
        classifier: function of pictures (n, S, S, 3) in [0, 1] to classes (n,).
        colorings: name to function of (which, originals) to colourings.
        split: `data_loader.flowers.Split`.
        progress: wraps the list of pieces in a progress bar.

    Returns:
        name to the share with its 95 % interval over pictures.
    """
    right = {name: [] for name in colorings}
    for piece in progress(pieces(split)):
        color = originals(split, piece)
        for name, coloring in colorings.items():
            right[name].append(classifier(coloring(piece, color)) == split.labels[list(piece)])
    return {name: share_with_interval(int(np.concatenate(values).sum()), len(split)) for name, values in right.items()}


def trained_classifier(flowers, progress_bar):
    """The classifier of a data set, trained on its training split the first time and kept in the cache.

    Args:
        flowers: `data_loader.Flowers`.
        progress_bar: called with `total`; gives an object with `update` that is a context manager.

    Returns:
        `Classifier`.

    Raises:
        UserError: the set has a single class.
    """
    import keras

    from models import flower_classifier

    classes = len(flowers.class_names)
    if classes < 2:
        raise UserError(f"{flowers.name} has a single class: leave --class-test out, or sort the images into folders.")
    # Other classes or another split of the same pictures need another classifier.
    labelled = (flowers.digest, flowers.labels.tolist(), flowers.split_of.tolist())
    recipe = (labelled, keras.backend.backend(), flower_classifier.RECIPE)
    key = sha256_of_text(repr(recipe))[:16]
    file = cache_dir() / "classifiers" / f"{flowers.name}-{flowers.image_size}px-{key}.keras"
    if file.exists():
        network = keras.models.load_model(file)
    else:
        train = flowers.split("train")
        keras.config.set_dtype_policy("float32")
        with progress_bar(total=flower_classifier.RECIPE.epochs, desc="training the classifier") as bar:
            network = flower_classifier.train_classifier(to_network(train.color()), train.labels, classes, bar.update)
        with replacing(file) as scratch:
            network.save(scratch)
    return Classifier(network, sha256_of_file(file))
