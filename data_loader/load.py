"""Find a set of flower photographs by name."""

from pathlib import Path

from data_loader.errors import UserError
from data_loader.image_folder import load_folder
from data_loader.oxford_flowers import load_oxford
from data_loader.synthetic_flowers import load_synthetic


def load_flowers(dataset="auto", image_size=128, data_dir=None):
    """Load a set of flower photographs.

    Args:
        dataset: "oxford17", "oxford102", "synthetic", the path of a folder of images, or "auto":
            Oxford-17 where it is on disk or can be downloaded, otherwise synthetic flowers.
        image_size: side in pixels; every image is resized whole.
        data_dir: folder that already holds the Oxford images (they or a `jpg/` with them inside).

    Returns:
        `Flowers`.

    Raises:
        UserError: the set cannot be had.
    """
    if data_dir is not None and dataset not in ("auto", "oxford17", "oxford102"):
        raise UserError(
            f"--data-dir names where the Oxford images lie and does not go with --dataset {dataset}: "
            "leave one of the two out."
        )
    if dataset == "synthetic":
        return load_synthetic(image_size)
    if dataset in ("oxford17", "oxford102"):
        return load_oxford(dataset, image_size, data_dir)
    if dataset != "auto":
        return load_folder(Path(dataset), image_size)
    try:
        return load_oxford("oxford17", image_size, data_dir)
    except UserError as reason:
        if data_dir is not None:
            raise
        flowers = load_synthetic(image_size)
        flowers.notes.append(f"Oxford-17 cannot be had, so this goes on with SYNTHETIC flowers. The reason: {reason}")
        return flowers
