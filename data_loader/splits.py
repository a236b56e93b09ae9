"""Splits that are stratified by class and never part pictures of the same photograph."""

import hashlib

import numpy as np


def stratified_split(labels, groups, test, val, seed=0):
    """Split image positions class by class, and never a group across two splits.

    Args:
        labels: class of each image.
        groups: group of each image; images of one group are the same photograph.
        test, val: images a class: a whole number, or a share of the class below 1, rounded down.
        seed: of the shuffle.

    Returns:
        str array (N,) of "train", "val", "test". A group that spans classes or fits nowhere else trains.
    """
    labels, groups = np.asarray(labels), np.asarray(groups)
    split_of = np.full(len(labels), "train", dtype="<U5")
    for label in np.unique(labels):
        rng = np.random.default_rng((seed, int(label)))
        members = np.flatnonzero(labels == label)
        wanted = {
            name: int(amount * len(members)) if amount < 1 else amount
            for name, amount in (("test", test), ("val", val))
        }
        for group in rng.permutation(np.unique(groups[members])):
            positions = np.flatnonzero(groups == group)
            if (labels[positions] != label).any():
                continue
            for name in wanted:
                if len(positions) <= wanted[name]:
                    split_of[positions] = name
                    wanted[name] -= len(positions)
                    break
    return split_of


def identical_pictures(images):
    """Group number of each image: pictures that are equal pixel by pixel share one."""
    first_seen = {}
    digests = (hashlib.sha256(image).digest() for image in images)
    return np.array([first_seen.setdefault(digest, number) for number, digest in enumerate(digests)])
