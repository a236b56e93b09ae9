"""What comes in: flower photographs, real or procedural, as seeded batches."""

from pathlib import Path

from data_loader.batches import Batches
from data_loader.files import UserError
from data_loader.flowers import Flowers
from data_loader.joined_flowers import join_flowers, require_distinct, sets_named
from data_loader.own_photographs import load_folder
from data_loader.oxford_flowers import load_oxford
from data_loader.synthetic_flowers import SYNTHETIC_SETS, load_synthetic

__all__ = ["Batches", "Flowers", "UserError", "load_flowers"]

BUILT_IN = (*SYNTHETIC_SETS, "oxford17", "oxford102")


def load_flowers(dataset="auto", image_size=128, data_dir=None, part_of=None):
    """Load a set of flower photographs, or several joined, as `Flowers`.

    Args:
        dataset: "oxford17", "oxford102", "synthetic", "synthetic-many", the path of a folder of images, or "auto":
            Oxford-17 where it is on disk or can be downloaded, otherwise synthetic flowers. Several, with commas
            between, are joined, and each keeps its split. Beside oxford17, oxford102 is without the photographs that
            may be in Oxford-17, too, and has a split of ours.
        image_size: side in pixels; every image is resized whole.
        data_dir: folder that already holds the Oxford images (they or a `jpg/` with them inside).
        part_of: the joined sets that `dataset` is one of, so that oxford102 is what it is among them.

    Raises:
        UserError: the set cannot be had.
    """
    names = sets_named(dataset)
    beside_oxford17 = "oxford17" in (*names, *sets_named(part_of or dataset))
    if len(names) == 1:
        return _load_one(names[0], image_size, data_dir, beside_oxford17)
    if data_dir is not None:
        raise UserError(
            f"--data-dir names where the images of one set lie and does not go with --dataset {dataset}: "
            "set $FLOWERS17_DIR and $FLOWERS102_DIR in its place."
        )
    # Before anything is decoded or downloaded.
    called = [name if name in BUILT_IN else folder_name(name) for name in names]
    require_distinct(dataset, ["synthetic" if name in SYNTHETIC_SETS else name for name in called])
    return join_flowers([_load_one(name, image_size, None, beside_oxford17) for name in names])


def _load_one(dataset, image_size, data_dir, beside_oxford17):
    """Load a single set; see `load_flowers`."""
    if data_dir is not None and dataset not in ("auto", "oxford17", "oxford102"):
        raise UserError(
            f"--data-dir names where the Oxford images lie and does not go with --dataset {dataset}: "
            "leave one of the two out."
        )
    if dataset in SYNTHETIC_SETS:
        return load_synthetic(image_size, dataset)
    if dataset in ("oxford17", "oxford102"):
        return load_oxford(dataset, image_size, data_dir, beside_oxford17)
    if dataset != "auto":
        return load_folder(Path(dataset), image_size, folder_name(dataset))
    try:
        return load_oxford("oxford17", image_size, data_dir)
    except UserError as reason:
        if data_dir is not None:
            raise
        flowers = load_synthetic(image_size)
        flowers.notes.append(f"Oxford-17 cannot be had, so this goes on with SYNTHETIC flowers. The reason: {reason}")
        return flowers


def folder_name(folder):
    """What the set in a folder is called: as the folder, but not as a built-in set, whose name means that set."""
    name = Path(folder).resolve().name
    return f"folder-{name}" if name in BUILT_IN else name
