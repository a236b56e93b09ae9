"""Decode a set of images once, into a memory-mapped uint8 array that later runs open at once.

python -m data_loader.cache            tells where decoded sets are, and how large
python -m data_loader.cache --clear    removes them; the next use decodes anew
"""

import argparse
import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from data_loader.files import UserError, at_home, progress_bar, sha256_of_text
from data_loader.locks import scratch_folder
from data_loader.photographs import DECODER, UnusableImage

CACHE_VARIABLE = "FLOWERS_CACHE_DIR"
LEFTOVER_SECONDS = 24 * 3600
MOST_BYTES = 10 * 2**30
# Of the rules by which files become pictures: another number, and sets are decoded anew.
READING = 2


def cache_dir():
    """Where downloads and decoded images are kept: $FLOWERS_CACHE_DIR, else the platform's own place."""
    import pooch

    return at_home(os.environ.get(CACHE_VARIABLE) or pooch.os_cache("flower-colorization"))


@dataclass(frozen=True)
class DecodedImages:
    """A decoded set: `images` (N, S, S, 3) uint8, the `kept` positions of the N, and why others were skipped."""

    images: np.ndarray
    kept: list
    skipped: dict
    digest: str


def cached_images(name, source, size, decode):
    """Open the decoded set of `source`, decoding it first if this has not been done.

    Args:
        name: short name for the cache file.
        source: list of JSON values, one an image, that change when the image's content may have changed.
        size: side in pixels.
        decode: function of a position in `source` to a uint8 array (size, size, 3); where it raises
            `UnusableImage` the image is left out and listed with the reason.

    Raises:
        UserError: the cache cannot be written.
    """
    key = json.dumps([name, source, size, "pillow-bilinear", READING, DECODER])
    stem = f"{name}-{size}px-{sha256_of_text(key)[:16]}"
    folder = cache_dir() / "decoded"
    array_file, manifest_file = folder / f"{stem}.npy", folder / f"{stem}.json"
    if decoded := _open(array_file, manifest_file):
        return decoded
    try:
        with scratch_folder(folder / f"decoding-{stem}") as scratch:
            if decoded := _open(array_file, manifest_file):
                return decoded
            _sweep(folder)
            images, manifest = scratch / "images.npy", scratch / "manifest.json"
            manifest.write_text(json.dumps(_decode_all(name, len(source), size, decode, images)), encoding="utf-8")
            # The manifest comes last: where it stands, the array is complete.
            os.replace(images, array_file)
            os.replace(manifest, manifest_file)
        _keep_within(MOST_BYTES, folder, array_file)
    except OSError as error:
        raise UserError(
            f"the decoded images cannot be written to {folder} ({error.strerror}): "
            f"make room there, or set {CACHE_VARIABLE} to another directory."
        ) from error
    # None where another process, with sets of its own to keep, has removed it by now.
    return _open(array_file, manifest_file) or cached_images(name, source, size, decode)


def _sweep(folder):
    """Remove what killed decodings of other sets left behind; a day old, so that none that still runs is hit."""
    for left in folder.glob("decoding-*"):
        if time.time() - left.stat().st_mtime > LEFTOVER_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _keep_within(most_bytes, folder, needed=None):
    """Remove the decoded sets that were opened longest ago until the rest fit, but not the one `needed`.

    Processes that have one open keep it.
    """
    sizes = {}
    for file in sorted(folder.glob("*.npy"), key=_opened_at):
        with suppress(FileNotFoundError):  # another process was quicker
            sizes[file] = file.stat().st_size
    for file in list(sizes):
        if sum(sizes.values()) > most_bytes and file != needed:
            # Without its manifest an array is none, so nobody finds half a set.
            file.with_suffix(".json").unlink(missing_ok=True)
            file.unlink(missing_ok=True)
            del sizes[file]


def _opened_at(array_file):
    # Where the manifest is missing, the array has just come.
    for file in (array_file.with_suffix(".json"), array_file):
        with suppress(OSError):  # gone
            return file.stat().st_mtime
    return 0


def _open(array_file, manifest_file):
    """What was decoded before, or None where it is missing or damaged."""
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        images = np.load(array_file, mmap_mode="r")[: len(manifest["kept"])]
        with suppress(OSError):  # of another user
            os.utime(manifest_file)
        return DecodedImages(images, **manifest)
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _decode_all(name, count, size, decode, file):
    images = np.lib.format.open_memmap(file, "w+", np.uint8, (count, size, size, 3))
    if hasattr(os, "posix_fallocate"):
        # A full disk is an error here; writing into a mapped file that finds no room would kill the process.
        with file.open("rb+") as stream:
            os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)
    kept, skipped = [], {}
    for position in progress_bar(range(count), desc=f"reading {name}", unit="image"):
        try:
            images[len(kept)] = decode(position)
            kept.append(position)
        except UnusableImage as reason:
            skipped[str(position)] = str(reason)
    images.flush()
    digest = hashlib.sha256(np.ascontiguousarray(images[: len(kept)]).data).hexdigest()
    return {"kept": kept, "skipped": skipped, "digest": digest}


def main():
    """Tell about the decoded sets, or remove them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clear", action="store_true", help="remove the decoded sets; downloads stay")
    folder = cache_dir() / "decoded"
    if parser.parse_args().clear:
        _keep_within(0, folder)
    sizes = [file.stat().st_size for file in folder.glob("*.npy")]
    print(
        f"{folder}: {len(sizes)} sets of images, {sum(sizes) / 2**20:.0f} MiB; at most {MOST_BYTES / 2**30:g} GiB stay."
    )


if __name__ == "__main__":
    main()
