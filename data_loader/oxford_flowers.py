"""The Oxford flower sets (Nilsback & Zisserman 2006 and 2008): found on disk, or downloaded.

Oxford-17 has 1360 images, 80 of each of 17 classes; Oxford-102 has 8189 images of 102 classes. The pages
www.robots.ox.ac.uk/~vgg/data/flowers/17/ and /102/ describe them. The images carry no licence text.
"""

import csv
import os
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from data_loader.cache import CACHE_VARIABLE, cache_dir
from data_loader.files import UserError, at_home
from data_loader.flowers import from_files
from data_loader.locks import scratch_folder

# The largest official archive unpacks to 0.35 GB.
MAX_UNPACKED_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class OxfordSet:
    """Where a set comes from, how many images it has, and how many digits are in the name of one.

    `variable` is the environment variable that may name its folder, `md5` maps its files, the archive first, to hashes.
    """

    name: str
    url: str
    images: int
    digits: int
    variable: str
    md5: dict


PATIENCE = 30  # seconds that a download waits for a server that says nothing
PAGES = "https://www.robots.ox.ac.uk/~vgg/data/flowers"
OXFORD_SETS = {
    "oxford17": OxfordSet(
        "oxford17", f"{PAGES}/17/", 1360, 4, "FLOWERS17_DIR", {"17flowers.tgz": "b59a65d8d1a99cd66944d474e1289eab"}
    ),
    "oxford102": OxfordSet(
        "oxford102",
        f"{PAGES}/102/",
        8189,
        5,
        "FLOWERS102_DIR",
        {
            "102flowers.tgz": "52808999861908f626f3c1f4e79d11fa",
            "imagelabels.mat": "e0620be6f572b9609742df49c70aed4d",
            "setid.mat": "a5357ecc9cb78c4bef273ce3793fc85c",
        },
    ),
}


def load_oxford(name, image_size, data_dir=None, beside_oxford17=False):
    """Load "oxford17" or "oxford102" as `Flowers`.

    The split of Oxford-17 is the tracked table `oxford17.csv`: 16 test and 8 validation images a class, pictures of
    the same photograph on one side. Oxford-102 keeps its official one; `beside_oxford17` it is the photographs of
    `oxford102.csv`, which Oxford-17 has not, with the split that stands there: a fifth of each class is for the test.

    The images, or a `jpg/` with them, are in `data_dir`; else in $FLOWERS17_DIR (or $FLOWERS102_DIR); else they are
    downloaded to the cache. Those of `oxford102.csv` may lie in a folder for each class, too, 001/ to 102/. A
    `UserError` says why they cannot be had.
    """
    oxford = OXFORD_SETS[name]
    table = oxford_table(name) if name == "oxford17" or beside_oxford17 else None
    named = data_dir or os.environ.get(oxford.variable)
    folder = at_home(named or download(oxford))
    image_folder = folder / "jpg" if (folder / "jpg").is_dir() else folder
    names = list(table or (f"image_{number:0{oxford.digits}d}.jpg" for number in range(1, oxford.images + 1)))
    by_class = name == "oxford102" and table is not None
    places = [(image, image_folder / image) for image in names]
    if by_class:
        places += [(image, image_folder / f"{int(row['class']):03d}" / image) for image, row in table.items()]
    found = {image: path for image, path in places if path.is_file()}
    files = {image: found[image] for image in names if image in found}
    if not files:
        option = "--data-dir" if data_dir else f"${oxford.variable}" if named else "the cache"
        inside = "do a jpg/ or folders 001/ to 102/" if by_class else "does a jpg/"
        raise UserError(
            f"{option} {folder} holds no {names[0]} to {names[-1]}, nor {inside} inside it: "
            f"name the folder of the {name} images, or leave the option out to download them."
        )
    missing = len(names) - len(files)
    notes = [f"{missing} of the {len(names)} images of {name} are missing in {folder}."] if missing else []
    if table:
        rows = [table[image] for image in files]
        classes = list(dict.fromkeys(row["class"] for row in table.values()))
        labels = [classes.index(row["class"]) for row in rows]
        class_names = [f"class {number}" for number in classes] if by_class else classes
        split_of = [row["split"] for row in rows]
        groups = [int(row["group"]) for row in rows]
    else:
        present = np.flatnonzero([image in files for image in names])
        labels, split_of = _oxford102_labels(oxford, folder, present)
        class_names = [f"class {number}" for number in range(1, 103)]
        groups = None
    return from_files(name, name, files, labels, class_names, image_size, split_of, groups, notes)


def oxford_table(name):
    """The tracked facts of "oxford17" or "oxford102": image name to a row of class, split, group and more."""
    with (Path(__file__).parent / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def _oxford102_labels(oxford, folder, positions):
    """Class (from 0) and official split of the images at `positions` (from 0), read from the two MATLAB files."""
    tables = ("imagelabels.mat", "setid.mat")
    if not all((folder / file).is_file() for file in tables):
        folder = cache_dir() / oxford.name
        with _scratch(folder) as scratch:
            for file in tables:
                _fetch(oxford, file, folder, scratch)
    try:
        labels = scipy.io.loadmat(folder / "imagelabels.mat")["labels"].ravel()
        sets = scipy.io.loadmat(folder / "setid.mat")
        split_of = np.full(oxford.images, "train", dtype="<U5")
        split_of[sets["valid"].ravel() - 1] = "val"
        split_of[sets["tstid"].ravel() - 1] = "test"
        return labels[positions].astype(int) - 1, split_of[positions]
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError) as error:
        problem = f"{folder}/imagelabels.mat or setid.mat is not the official file ({error})"
        raise UserError(f"{problem}: delete it to download it again.") from error


def download(oxford):
    """Download a set to the cache; gives the folder with its `jpg/`, which exists only if it is complete."""
    folder = cache_dir() / oxford.name
    if (folder / "jpg").is_dir():
        return folder
    with _scratch(folder) as scratch:
        if (folder / "jpg").is_dir():
            return folder
        archive, *_ = [_fetch(oxford, file, folder, scratch) for file in oxford.md5]
        try:
            unpack(archive, scratch)
            os.replace(scratch / "jpg", folder / "jpg")
        except (OSError, tarfile.TarError) as error:
            problem = f"{archive} cannot be unpacked ({error})"
            raise UserError(f"{problem}: make room in {folder}, or delete the archive.") from error
        archive.unlink()
    return folder


@contextmanager
def _scratch(folder):
    """A block with a folder within a set's to download to, one process at a time."""
    try:
        with scratch_folder(folder / "downloading") as scratch:
            yield scratch
    except OSError as error:
        problem = f"{folder} cannot be written ({error.strerror})"
        raise UserError(f"{problem}: make room, or set {CACHE_VARIABLE}.") from error


def _fetch(oxford, file, folder, scratch):
    """Download one file to a folder, by way of `scratch`, with a progress bar; only if its MD5 is the official one."""
    import pooch

    url, md5, with_bar = oxford.url + file, oxford.md5[file], pooch.HTTPDownloader(progressbar=True, timeout=PATIENCE)
    target = folder / file
    try:
        if not (target.is_file() and pooch.file_hash(target, "md5") == md5):
            pooch.retrieve(url, f"md5:{md5}", fname=file, path=scratch, downloader=with_bar)
            os.replace(scratch / file, target)
        return target
    except (OSError, ValueError) as error:
        # Without the library's chain of nested messages.
        offline = any(words in str(error) for words in ("resolve", "Connection", "Max retries"))
        reason = "no connection" if offline else str(error).split("\n")[0][:160]
        raise UserError(
            f"{url} cannot be downloaded ({reason}): name a folder that holds the "
            f"images with --data-dir or ${oxford.variable}, or use --dataset synthetic."
        ) from error


def unpack(archive, folder):
    """Unpack a tar archive of a bearable size into a folder, where nothing can land outside it."""
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        if sum(member.size for member in members) > MAX_UNPACKED_BYTES:
            raise UserError(f"{archive} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: delete the archive.")
        # The sets hold no links, and older Pythons' filter can be led outside by chains of them.
        if not all(member.isfile() or member.isdir() for member in members):
            raise UserError(f"{archive} is not safe to unpack (it holds links or devices): delete the archive.")
        try:
            tar.extractall(folder, filter="data")
        except tarfile.FilterError as error:
            raise UserError(f"{archive} is not safe to unpack ({error}): delete the archive.") from error
