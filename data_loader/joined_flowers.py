"""Several sets of flowers as one: what a comma in a name means, and how pictures, labels and splits are joined."""

import json
import os
from pathlib import Path

import numpy as np

from data_loader.files import UserError, at_home, sha256_of_text
from data_loader.flowers import Flowers


def sets_named(dataset):
    """The names in "oxford17,oxford102" or "synthetic,~/pics", a list; of a single set, its name alone.

    Where parts with the commas between them name a folder that exists, they are that folder. `~` is expanded, because
    a shell does so at the start of a word only.

    Raises:
        UserError: a name is empty, or "auto" is among several.
    """
    words, names = os.fspath(dataset).split(","), []
    while words:
        # The most words that are a folder, or else one.
        starts = [",".join(words[:count]) for count in range(len(words), 1, -1)]
        name = next((start for start in starts if Path(_expanded(start)).is_dir()), words[0])
        names.append(_expanded(name))
        words = words[name.count(",") + 1 :]
    if "" in names:
        raise UserError(f"--dataset '{dataset}' has an empty name in it: name a set before and after each comma.")
    if "auto" in names and len(names) > 1:
        raise UserError(f"--dataset {dataset} leaves open what auto is: write oxford17 or synthetic in its place.")
    return names


def _expanded(name):
    """A name with the home folder in the place of a first ~, and else as it is: ./synthetic is a folder."""
    return str(at_home(name)) if name.startswith("~") else name


def join_flowers(parts):
    """Join `Flowers` of one image size, set after set, as `Flowers` that keep the split of each.

    Ids and class names begin with their set's name and a slash. The digest depends on the order of the sets, and on
    their pictures and splits.
    """
    for part in parts:
        if part.gray_photographs():
            problem = f"{part.name} has gray photographs of its own, in trainA, and cannot be joined with others"
            raise UserError(f"{problem}: name it alone.")
    labels, groups, classes_before, groups_before = [], [], 0, 0
    for part in parts:
        labels.append(part.labels + classes_before)
        _, numbers = np.unique(part.groups, return_inverse=True)
        groups.append(numbers + groups_before)
        classes_before += len(part.class_names)
        groups_before += numbers.max() + 1
    return Flowers(
        "+".join(part.name for part in parts),
        ",".join(part.source for part in parts),
        StackedImages([part.images for part in parts]),
        [f"{part.name}/{name}" for part in parts for name in part.ids],
        np.concatenate(labels),
        [f"{part.name}/{name}" for part in parts for name in part.class_names],
        np.concatenate([part.split_of for part in parts]),
        np.concatenate(groups),
        sha256_of_text(json.dumps([[part.digest, part.split_of.tolist()] for part in parts])),
        [note for part in parts for note in part.notes],
        {part.name: part.digest for part in parts},
        sha256_of_text(json.dumps([[part.files or part.digest, part.split_of.tolist()] for part in parts])),
    )


def require_distinct(dataset, names):
    """Raise a `UserError` where two of the `names` of the sets that are joined in `dataset` are the same."""
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"--dataset {dataset} joins two sets called {name}: "
                "name each set once, and rename one of two folders that are called alike."
            )


class StackedImages:
    """Arrays (n, S, S, 3) one after another, each left where it is, mostly memory-mapped on disk.

    It is indexed along its first axis as a NumPy array, by a number, a slice, positions or a mask; only what is asked
    for is read and copied.
    """

    def __init__(self, arrays):
        self.arrays, self.ends = arrays, np.cumsum([len(array) for array in arrays])
        self.shape, self.dtype = (int(self.ends[-1]), *arrays[0].shape[1:]), arrays[0].dtype

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, which):
        positions = np.arange(len(self))[which]
        owner = np.searchsorted(self.ends, positions, side="right")
        images = np.empty((*positions.shape, *self.shape[1:]), self.dtype)
        for number, array in enumerate(self.arrays):
            here = owner == number
            images[here] = array[positions[here] - (self.ends[number] - len(array))]
        return images

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype)
