"""The Oxford flower sets (Nilsback & Zisserman 2006 and 2008): found on disk, or downloaded and verified.

Oxford-17 has 1360 images, 80 of each of 17 classes; Oxford-102 has 8189 images of 102 classes. The pages
www.robots.ox.ac.uk/~vgg/data/flowers/17/ and /102/ describe them. The images carry no licence text.
"""

import csv
import hashlib
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pooch
from scipy.io import loadmat

from data_loader.cache import cache_dir
from data_loader.errors import UserError
from data_loader.flowers import from_files

OXFORD17_TABLE = Path(__file__).parent / "oxford17.csv"
# The largest official archive unpacks to 0.35 GB.
MAX_UNPACKED_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class OxfordSet:
    """Where a set comes from, and what its files must be."""

    name: str
    url: str
    archive: str
    images: int
    md5: dict
    side_files: tuple = ()
    variable: str = field(default="")

    def image_name(self, number):
        """File name of image `number`, counted from 1."""
        return f"image_{number:0{4 if self.name == 'oxford17' else 5}d}.jpg"


OXFORD_SETS = {
    "oxford17": OxfordSet(
        "oxford17",
        "https://www.robots.ox.ac.uk/~vgg/data/flowers/17/",
        "17flowers.tgz",
        1360,
        {"17flowers.tgz": "b59a65d8d1a99cd66944d474e1289eab"},
        variable="FLOWERS17_DIR",
    ),
    "oxford102": OxfordSet(
        "oxford102",
        "https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        "102flowers.tgz",
        8189,
        {
            "102flowers.tgz": "52808999861908f626f3c1f4e79d11fa",
            "imagelabels.mat": "e0620be6f572b9609742df49c70aed4d",
            "setid.mat": "a5357ecc9cb78c4bef273ce3793fc85c",
        },
        ("imagelabels.mat", "setid.mat"),
        variable="FLOWERS102_DIR",
    ),
}


def load_oxford(name, image_size, data_dir=None):
    """Load "oxford17" or "oxford102" with its split.

    Oxford-17's split is the tracked table `oxford17.csv`: 16 test and 8 validation images a class, pictures of
    the same photograph on one side. Oxford-102 keeps its official one.

    Args:
        name: of the set.
        image_size: side in pixels.
        data_dir: folder that holds the images, or a `jpg/` with them; else $FLOWERS17_DIR (or
            $FLOWERS102_DIR), else the download in the cache, made now if need be.

    Raises:
        UserError: the images cannot be had.
    """
    oxford = OXFORD_SETS[name]
    named = data_dir or os.environ.get(oxford.variable)
    folder = Path(named or download(oxford))
    image_folder = folder / "jpg" if (folder / "jpg").is_dir() else folder
    numbers = [n for n in range(1, oxford.images + 1) if (image_folder / oxford.image_name(n)).is_file()]
    if not numbers:
        option = "--data-dir" if data_dir else f"${oxford.variable}" if named else "the cache"
        raise UserError(
            f"{option} {folder} holds no {oxford.image_name(1)} to {oxford.image_name(oxford.images)}, nor does a jpg/ "
            f"inside it: name the folder of the {name} images, or leave the option out to download them."
        )
    files = {oxford.image_name(number): image_folder / oxford.image_name(number) for number in numbers}
    notes = []
    if len(numbers) < oxford.images:
        notes.append(f"{oxford.images - len(numbers)} of the {oxford.images} images of {name} are missing in {folder}.")
    if name == "oxford17":
        table = oxford17_table()
        rows = [table[image] for image in files]
        class_names = list(dict.fromkeys(row["class"] for row in table.values()))
        labels = [class_names.index(row["class"]) for row in rows]
        split_of = [row["split"] for row in rows]
        groups = [int(row["group"]) for row in rows]
    else:
        labels, split_of = _oxford102_labels(oxford, folder, np.array(numbers))
        class_names = [f"class {number}" for number in range(1, 103)]
        groups = None
    return from_files(name, name, files, labels, class_names, image_size, split_of, groups, notes)


def oxford17_table():
    """The tracked facts of Oxford-17: image name to a row of class, split, group and sha256."""
    with OXFORD17_TABLE.open(newline="") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def _oxford102_labels(oxford, folder, numbers):
    """Class (from 0) and official split of each image number, read from the two MATLAB files."""
    if not all((folder / file).is_file() for file in oxford.side_files):
        for file in oxford.side_files:
            _fetch(oxford, file, cache_dir() / oxford.name)
        folder = cache_dir() / oxford.name
    try:
        labels = loadmat(folder / "imagelabels.mat")["labels"].ravel()
        sets = loadmat(folder / "setid.mat")
        split_of = np.full(oxford.images + 1, "train", dtype="<U5")
        split_of[sets["valid"].ravel()] = "val"
        split_of[sets["tstid"].ravel()] = "test"
        return labels[numbers - 1].astype(int) - 1, split_of[numbers]
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError) as error:
        raise UserError(
            f"{folder}/imagelabels.mat or setid.mat is not the official file ({error}): delete it to download it again."
        ) from error


def download(oxford):
    """Download a set to the cache, verify it and put it in place at once.

    Returns:
        The folder with `jpg/` in it. It exists only if it is complete.

    Raises:
        UserError: no network, no space, or a file that is not what it should be.
    """
    folder = cache_dir() / oxford.name
    if (folder / "jpg").is_dir():
        return folder
    archive = _fetch(oxford, oxford.archive, folder)
    for file in oxford.side_files:
        _fetch(oxford, file, folder)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="unpacking-") as scratch:
            unpack(archive, scratch)
            verify(oxford, Path(scratch) / "jpg")
            os.replace(Path(scratch) / "jpg", folder / "jpg")
    except (OSError, tarfile.TarError) as error:
        raise UserError(
            f"{archive} cannot be unpacked ({error}): make room in {folder}, or delete the archive."
        ) from error
    archive.unlink()
    return folder


def _fetch(oxford, file, folder):
    """Download one file with a progress bar, verified by its MD5 before it gets its name."""
    try:
        return Path(
            pooch.retrieve(
                oxford.url + file,
                known_hash=f"md5:{oxford.md5[file]}",
                fname=file,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=True, timeout=30),
            )
        )
    except (OSError, ValueError) as error:
        raise UserError(
            f"{oxford.url}{file} cannot be downloaded ({_short(error)}): name a folder that holds the "
            f"images with --data-dir or ${oxford.variable}, or use --dataset synthetic."
        ) from error


def _short(error):
    """What went wrong, without the library's chain of nested messages."""
    text = str(error)
    if "resolve" in text or "Connection" in text or "Max retries" in text:
        return "no connection"
    return text.split("\n")[0][:160]


def unpack(archive, folder):
    """Unpack a tar archive of plain files.

    Raises:
        UserError: a member is a link or a device, would land outside `folder`, or all are too large.
    """
    with tarfile.open(archive) as tar:
        total = 0
        for member in tar:
            target = (Path(folder) / member.name).resolve()
            total += member.size
            if not (member.isfile() or member.isdir()) or not target.is_relative_to(Path(folder).resolve()):
                raise UserError(
                    f"{archive} holds '{member.name}', which is no plain file inside it: delete the archive."
                )
            if total > MAX_UNPACKED_BYTES:
                raise UserError(f"{archive} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes: delete the archive.")
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with tar.extractfile(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)


def verify(oxford, image_folder):
    """Check an unpacked set: every image there and, for Oxford-17, byte by byte the official one.

    Raises:
        UserError: an image is missing or differs.
    """
    hashes = {name: row["sha256"] for name, row in oxford17_table().items()} if oxford.name == "oxford17" else {}
    for number in range(1, oxford.images + 1):
        file = image_folder / oxford.image_name(number)
        if not file.is_file():
            raise UserError(f"{oxford.archive} holds no {file.name}: delete it from {cache_dir()} and try again.")
        if hashes and hashlib.sha256(file.read_bytes()).hexdigest() != hashes[file.name]:
            raise UserError(f"{file.name} is not the official image: delete {oxford.archive} in {cache_dir()}.")
