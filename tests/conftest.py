"""Fixtures that every room's tests share. No test touches the user's own cache."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import pytest

from tests.eager import run_eagerly

PROJECT = Path(__file__).resolve().parent.parent


# The longest files come first, so that the workers of a parallel run end together.
LONGEST = ("test_training.py", "test_scripts.py", "test_results.py", "test_backends.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def tiny():
    """Options of the smallest CycleGAN that has every part: 32 pixels, a few filters."""
    return {
        "image_size": 32,
        "generator": "unet",
        "generator_filters": 4,
        "discriminator": "patch-zoo",
        "discriminator_filters": 4,
    }


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Downloads and decoded images go to a folder of this test session, which the workers of a parallel run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    os.environ["FLOWERS_CACHE_DIR"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def flowers17_dir():
    """The real Oxford-17 images, where they are."""
    folder = Path(os.environ.get("FLOWERS17_DIR") or PROJECT.parent / "shared" / "data" / "flowers17")
    if not folder.is_dir():
        pytest.skip("the real Oxford-17 images are not here: set FLOWERS17_DIR to their folder")
    return folder


@pytest.fixture(scope="session")
def flowers102_dir():
    """The real photographs of Oxford-102 that Oxford-17 has not, a folder for each class, where they are."""
    folder = Path(os.environ.get("FLOWERS102_DIR") or PROJECT.parent / "shared" / "data" / "flowers102")
    if not (folder / "001").is_dir():
        pytest.skip("photographs of Oxford-102 in folders 001 to 102 are not here: set FLOWERS102_DIR to theirs")
    return folder


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory):
    """Twelve small pictures in two classes, as a user's folder."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(12):
        kind = folder / ("roses" if number % 2 else "tulips")
        kind.mkdir(exist_ok=True)
        pixels = rng.integers(0, 256, (4, 5, 3), np.uint8)
        Image.fromarray(pixels).resize((50, 40)).save(kind / f"{number}.png")
    return folder


@pytest.fixture
def uncompiled(monkeypatch):
    """Models train and predict step by step; see `tests.eager`."""
    run_eagerly(monkeypatch)


@pytest.fixture
def tiny_flowers(photo_folder):
    from data_loader import load_flowers

    return load_flowers(str(photo_folder), image_size=32)
