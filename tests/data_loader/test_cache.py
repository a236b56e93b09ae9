"""The cache of decoded images: its limit, clearing it, and what another decoder means for a run."""

import os
import subprocess
import sys

import numpy as np
import pytest

from data_loader import cache, load_flowers
from tests.conftest import PROJECT


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWERS_CACHE_DIR", str(tmp_path))
    return tmp_path / "decoded"


def decode(name):
    """A decoded set of 48 KiB."""
    return cache.cached_images(name, [name], 128, lambda position: np.full((128, 128, 3), 7, np.uint8))


def sets(folder):
    return {file.name.partition("-")[0] for file in folder.iterdir()}


def test_the_sets_that_were_opened_longest_ago_make_room(own_cache, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 110_000)
    for age, name in enumerate(("a", "b")):
        decode(name)
        for file in own_cache.glob(f"{name}-*.json"):
            os.utime(file, (age, age))
    decode("a")
    mapped = decode("c").images
    assert sets(own_cache) == {"a", "c"}
    monkeypatch.setattr(cache, "MOST_BYTES", 1)
    assert (decode("d").images == 7).all()
    assert sets(own_cache) == {"d"}
    assert (mapped == 7).all()


def test_it_can_be_cleared(own_cache):
    decode("a")
    command = [sys.executable, "-m", "data_loader.cache"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"{own_cache}: 1 sets of images, 0 MiB")
    subprocess.run([*command, "--clear"], cwd=PROJECT, check=True, capture_output=True)
    assert not list(own_cache.iterdir())
    assert (decode("a").images == 7).all()


def test_files_that_another_version_decoded_are_known_and_others_are_not(photo_folder):
    flowers = load_flowers(str(photo_folder), image_size=32)
    now = flowers.facts
    then = now | {"digest": "0", "decoder": "Pillow 1.0 with libjpeg 1"}
    known = flowers.known_as(then)
    assert (known.digest, known.notes[-1].partition(",")[0]) == (
        "0",
        f"{flowers.name} was decoded by Pillow 1.0 with libjpeg 1 then",
    )
    # A run that went on so can go on again.
    assert flowers.known_as(known.facts).digest == "0"
    for other in ({"digest": "0"}, {"digest": "0", "decoder": "x", "files": "0"}):
        assert flowers.known_as(now | other).digest == flowers.digest
    assert flowers.known_as({"digest": "0"}).digest == flowers.digest
