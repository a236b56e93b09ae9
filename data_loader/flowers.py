"""A set of flower photographs and its splits."""

import hashlib
import json
from dataclasses import dataclass, field, replace

import numpy as np

from data_loader.cache import cached_images
from data_loader.files import UserError, sha256_of_text
from data_loader.images import resize
from data_loader.photographs import DECODER, read_image

SPLITS = ("train", "val", "test")
# Splits of gray photographs that have no colours, where a set has such: to learn from, and to look at.
GRAY_TRAIN, GRAY_TEST = "train gray", "test gray"
FEW_IMAGES = 10


def require_split(name):
    """Raise a `UserError` unless there is a split of this name."""
    if name not in (*SPLITS, "all"):
        raise UserError(f"split '{name}' does not exist: use one of train, val, test, all.")


@dataclass(frozen=True)
class Flowers:
    """Images of one size, memory-mapped.

    Attributes:
        name: "oxford17", "oxford102", "synthetic", a folder's name, or several of them with a plus between.
        source: what to give to `load_flowers` to have it again.
        images: uint8 (N, S, S, 3), whose unique names are `ids`; of joined sets a `StackedImages`.
        labels: int (N,), positions in `class_names`.
        split_of: str (N,), each one of "train", "val", "test"; and of gray photographs `GRAY_TRAIN` or `GRAY_TEST`.
        groups: int (N,), equal for pictures of the same photograph.
        digest: SHA-256 of the pixels, so that a run can tell that it was given the same data again.
        files: SHA-256 of the files' names and sizes; empty where there are none.
        decoder: what decoded the files.
        notes: sentences a person should see: what is missing, what was skipped and why.
        parts: of joined sets, the name of each to its digest; empty for a single set.
    """

    name: str
    source: str
    images: np.ndarray
    ids: list
    labels: np.ndarray
    class_names: list
    split_of: np.ndarray
    groups: np.ndarray
    digest: str
    notes: list = field(default_factory=list)
    parts: dict = field(default_factory=dict)
    files: str = ""
    decoder: str = DECODER

    @property
    def image_size(self):
        """Side of the images in pixels."""
        return self.images.shape[1]

    @property
    def split_sizes(self):
        """Name of each split to the number of its images."""
        return {name: int((self.split_of == name).sum()) for name in SPLITS}

    def split(self, name):
        """One of the splits "train", "val", "test", or "all", as a `Split`; an empty one is a `UserError`."""
        require_split(name)
        positions = np.flatnonzero(np.isin(self.split_of, SPLITS if name == "all" else [name]))
        if not len(positions):
            raise UserError(
                f"the {name} split of {self.name} is empty ({len(self.ids)} image(s) in all): "
                "add images, or choose another split."
            )
        return Split(self, positions)

    @property
    def facts(self):
        """What tells in a run's config which images it learned from."""
        names = ("name", "digest", "parts", "files", "decoder")
        return {"dataset": self.source} | {name: getattr(self, name) for name in names}

    def known_as(self, facts):
        """Itself, under the digest of earlier `facts` where it is of the same files, which another version decoded."""
        decoder = facts.get("decoder", self.decoder)
        if decoder == self.decoder or not self.files or facts.get("files") != self.files:
            return self
        note = f"{self.name} was decoded by {decoder} then, and is by {self.decoder} now: pixels may differ a little."
        return replace(self, digest=facts["digest"], decoder=decoder, notes=[*self.notes, note])

    def gray_photographs(self):
        """The gray photographs to learn from, as a `Split`; None where the colour ones serve as such."""
        positions = np.flatnonzero(self.split_of == GRAY_TRAIN)
        return Split(self, positions) if len(positions) else None


@dataclass(frozen=True)
class Split:
    """Some of the images of a set, read from disk only where they are asked for."""

    flowers: Flowers
    positions: np.ndarray

    def __len__(self):
        return len(self.positions)

    def color(self, which=slice(None)):
        """Colour originals, uint8 (n, S, S, 3); `which` indexes into the split."""
        return self.flowers.images[self.positions[which]]

    def spread(self, count):
        """Places in the split of at most `count` images, evenly spaced, int (n,): the `which` of `color`."""
        return np.linspace(0, len(self) - 1, min(count, len(self))).astype(int)

    def some(self, count):
        """At most `count` of its images, spread over it, uint8 (n, S, S, 3)."""
        return self.color(self.spread(count))

    @property
    def ids(self):
        """Names of the images."""
        return [self.flowers.ids[position] for position in self.positions]

    @property
    def labels(self):
        """Class of each image, int (n,)."""
        return self.flowers.labels[self.positions]

    def halves(self, seed):
        """Two random halves of the split, class by class, that have no photograph in common."""
        if len(self) < 2:
            raise UserError("--pairing disjoint needs at least 2 training images: add images or use shuffled.")
        groups = self.flowers.groups[self.positions]
        # A stream of its own but for z's of step 0; another number would give the runs that there are other halves.
        shuffled = np.random.default_rng((seed, 2)).permutation(np.unique(groups))
        first_member = {group: position for position, group in zip(self.positions[::-1], groups[::-1], strict=True)}
        # Class after class, every second photograph to the other half.
        dealt = sorted(shuffled, key=lambda group: self.flowers.labels[first_member[group]])
        return tuple(Split(self.flowers, self.positions[np.isin(groups, dealt[start::2])]) for start in (0, 1))


def from_files(name, source, files, labels, class_names, image_size, split_of=None, groups=None, notes=()):
    """Build `Flowers`, with its `name`, `source` and so on, from image files, decoded once to the cache.

    Args:
        files: dict of id to path.
        split_of: str (N,), or None for a stratified split: 20 % test, 10 % validation.
        groups: of pictures of the same photograph, int (N,), or None for those that are equal pixel by pixel.

    Raises:
        UserError: no file could be used.
    """
    ids, paths = list(files), list(files.values())
    stamps = [[str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
    decoded = cached_images(name, stamps, image_size, lambda position: resize(read_image(paths[position]), image_size))
    skipped = [f"{paths[int(position)]}: {reason}" for position, reason in decoded.skipped.items()]
    if not decoded.kept:
        raise UserError(f"none of the {len(paths)} image files of {name} can be used ({skipped[0]}).")
    notes = [*notes, *(f"skipped {line}" for line in skipped)]
    labels = np.asarray(labels)[decoded.kept]
    groups = identical_pictures(decoded.images) if groups is None else np.asarray(groups)[decoded.kept]
    if split_of is None:
        # Classes too small for a share of their own are split together.
        few = np.bincount(labels, minlength=len(class_names))[labels] < FEW_IMAGES
        split_of = stratified_split(np.where(few, len(class_names), labels), groups, test=0.2, val=0.1)
    else:
        split_of = np.asarray(split_of)[decoded.kept]
    kept_ids = [ids[position] for position in decoded.kept]
    facts = (name, source, decoded.images, kept_ids, labels, class_names, split_of, groups, decoded.digest, notes)
    files = sha256_of_text(json.dumps([[name, path.stat().st_size] for name, path in files.items()]))
    return Flowers(*facts, files=files)


def stratified_split(labels, groups, test, val):
    """Split image positions class by class, and never a group across two splits.

    Args:
        labels, groups: class and photograph of each image, (N,), lists or arrays.
        test, val: images a class: a whole number, or a share of the class below 1, rounded down.

    Returns:
        str array (N,) of "train", "val", "test". A group that spans classes or fits nowhere else trains.
    """
    labels, groups = np.asarray(labels), np.asarray(groups)
    split_of = np.full(len(labels), "train", dtype="<U5")
    shares = {"test": test, "val": val, "train": len(labels)}
    for label in np.unique(labels):
        members = labels == label
        room = {name: int(share * members.sum()) if share < 1 else share for name, share in shares.items()}
        rng = np.random.default_rng((0, int(label)))
        for group in rng.permutation(np.unique(groups[members])):
            same = groups == group
            if not (same & ~members).any():
                name = next(name for name, left in room.items() if same.sum() <= left)
                split_of[same] = name
                room[name] -= same.sum()
    return split_of


def identical_pictures(images):
    """Group number of each image: pictures that are equal pixel by pixel share that of the first."""
    first = {}
    return np.array([first.setdefault(hashlib.sha256(image).digest(), number) for number, image in enumerate(images)])
