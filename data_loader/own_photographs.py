"""A folder of images as a set: classes in its folders, or the splits and domains that its folders are named after."""

from pathlib import Path

import numpy as np

from data_loader.files import UserError
from data_loader.flowers import GRAY_TEST, GRAY_TRAIN, from_files, identical_pictures, stratified_split
from data_loader.folders import pictures_below

# Folders that say what they are for, as CycleGAN's data sets have them, and as those for classifiers do.
DOMAINS = {"trainA": GRAY_TRAIN, "testA": GRAY_TEST, "trainB": "train", "valB": "val", "testB": "test"}
SPLIT_FOLDERS = {"train": "train", "val": "val", "test": "test"}


def load_folder(folder, image_size, name):
    """Load every image below `folder` that is not hidden, as a set that is called `name`.

    The first level of folders names the classes; 20 % of each class are for the test and 10 % for validation, identical
    pictures on one side. But with folders `train` and `test` these are the splits, and the classes are the folders
    inside; and with `trainA` and `trainB` the domains: gray photographs, whatever their mode, and colour ones, with
    `testB` to score by, and `testA`. Where there is no `val` (`valB`), a tenth of the training photographs in colour
    becomes it.
    """
    if not folder.is_dir():
        raise UserError(
            f"--dataset {folder} is neither a folder nor one of auto, oxford17, oxford102, synthetic, synthetic-many: "
            "check the spelling of the path."
        )
    paths, notes = pictures_below(folder)
    files = {path.relative_to(folder).as_posix(): path for path in sorted(paths)}
    first = {Path(file).parts[0] for file in files if "/" in file}
    layout = DOMAINS if {"trainA", "trainB"} <= first else SPLIT_FOLDERS if {"train", "test"} <= first else {}
    left_out = [file for file in files if layout and Path(file).parts[0] not in layout]
    if left_out:
        notes.append(f"{folder}: {len(left_out)} images outside {', '.join(layout)} are left out, as {left_out[0]}.")
        files = {file: path for file, path in files.items() if file not in left_out}
    if not files:
        left = f" ({notes[0]})" if notes else ""
        raise UserError(f"--dataset {folder} holds no image file{left}: give a folder with JPEG, PNG or other images.")
    # The folder that names a picture's class; "" for none.
    folders = [Path(file).parts[1 if layout else 0 : -1] for file in files]
    class_of = [parts[0] if parts else "" for parts in folders]
    class_names = sorted(set(class_of))
    labels = [class_names.index(name) for name in class_of]
    split_of = [layout[Path(file).parts[0]] for file in files] if layout else None
    flowers = from_files(name, str(folder.resolve()), files, labels, class_names, image_size, split_of, notes=notes)
    if not layout:
        return flowers
    learned = np.isin(flowers.split_of, ["train", GRAY_TRAIN])
    both = np.isin(flowers.groups, flowers.groups[learned]) & ~learned
    if both.any():
        flowers.notes.append(
            f"{both.sum()} pictures of {name} that are to be held out are among those to learn from, too."
        )
    if not (flowers.split_of == "val").any():
        _set_apart(flowers)
    return flowers


def _set_apart(flowers):
    """Make a tenth of a set's training photographs in colour its validation split, identical pictures together."""
    train = np.flatnonzero(flowers.split_of == "train")
    groups = identical_pictures(flowers.images[train])
    flowers.split_of[train] = stratified_split(np.zeros(len(train), int), groups, test=0, val=0.1)
