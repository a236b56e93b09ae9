"""Folders, splits, the cache and the synthetic set."""

import errno
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from data_loader import Batches, UserError, load_flowers
from data_loader.cache import cache_dir, cached_images
from data_loader.flowers import identical_pictures, stratified_split
from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import SPECIES, flower, kinds_of, possible_flowers


def test_split_sizes_a_class_and_no_group_in_two_splits():
    labels = np.repeat([0, 1], 50)
    groups = np.arange(100)
    groups[[3, 7]] = 3
    groups[[20, 30, 40]] = 20
    groups[[10, 60]] = 10
    split_of = stratified_split(labels.tolist(), groups.tolist(), test=10, val=5)
    for label in (0, 1):
        assert {name: int((split_of[labels == label] == name).sum()) for name in ("train", "val", "test")} == {
            "train": 35,
            "val": 5,
            "test": 10,
        }
    for group in np.unique(groups):
        assert len(set(split_of[groups == group])) == 1
    assert set(split_of[[10, 60]]) == {"train"}


def test_a_folder_is_split_by_class_and_identical_pictures_stay_together(photo_folder):
    flowers = load_flowers(str(photo_folder), image_size=32)
    assert flowers.class_names == ["roses", "tulips"]
    assert len(flowers.ids) == 12
    for label in (0, 1):
        assert (flowers.split_of[flowers.labels == label] == "test").sum() == 1
    assert identical_pictures(np.array([[1, 2], [3, 4], [1, 2]])).tolist() == [0, 1, 0]


@pytest.mark.parametrize("count", [1, 4, 1000])
def test_pictures_are_spread_from_one_end_of_a_split_to_the_other(tiny_flowers, count):
    split = tiny_flowers.split("train")
    places = split.spread(count)
    assert len(places) == min(count, len(split)) == len(split.color(places))
    # From its first to its last, but for one picture alone, and by steps that differ by one at most.
    assert places[0] == 0 and places[-1] == (len(split) - 1 if count > 1 else 0)
    steps = np.diff(places)
    assert all(abs(step - (len(split) - 1) / (len(places) - 1)) < 1 for step in steps)


def test_the_sizes_of_the_splits_are_what_they_hold(tiny_flowers):
    sizes = tiny_flowers.split_sizes
    assert sizes == {name: len(tiny_flowers.split(name)) for name in ("train", "val", "test")}
    assert sum(sizes.values()) == len(tiny_flowers.split("all"))


def test_copies_of_a_picture_stay_on_one_side(tmp_path):
    for number in range(20):
        image = Image.new("RGB", (20, 20), (10 * (number // 2), 0, 0))
        image.save(tmp_path / f"{number:02d}.png")
    flowers = load_flowers(str(tmp_path), 16)
    assert (flowers.split_of[::2] == flowers.split_of[1::2]).all()
    assert set(flowers.split_of) == {"train", "val", "test"}


def test_unusable_files_are_listed_and_the_rest_is_used(tmp_path):
    for number in range(3):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(tmp_path / f"{number}.png")
    (tmp_path / "broken.jpg").write_text("no picture")
    (tmp_path / "readme.txt").write_text("not even called a picture")
    flowers = load_flowers(str(tmp_path), image_size=16)
    assert len(flowers.ids) == 3
    assert len(flowers.notes) == 1
    assert "broken.jpg" in flowers.notes[0]


def test_a_folder_without_usable_images_is_an_error(tmp_path):
    with pytest.raises(UserError, match="holds no image"):
        load_flowers(str(tmp_path), 16)
    (tmp_path / "broken.jpg").write_text("no picture")
    with pytest.raises(UserError, match=r"none of the 1 .*broken\.jpg"):
        load_flowers(str(tmp_path), 16)
    with pytest.raises(UserError, match="neither a folder nor"):
        load_flowers(str(tmp_path / "missing"), 16)


def test_one_image_trains_and_an_empty_split_says_so(tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "only.png")
    flowers = load_flowers(str(tmp_path), 16)
    assert len(flowers.split("train")) == 1
    with pytest.raises(UserError, match=r"test split .* is empty"):
        flowers.split("test")
    with pytest.raises(UserError, match="does not exist"):
        flowers.split("tset")


def test_decoding_happens_once_until_a_file_changes(tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png")
    first = load_flowers(str(tmp_path), 16)
    calls = []
    source = [["same"]]
    for _ in range(2):
        cached_images("counted", source, 8, lambda position: calls.append(position) or np.zeros((8, 8, 3), np.uint8))
    assert calls == [0]
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "a.png")
    os.utime(tmp_path / "a.png", ns=(1, 1))
    second = load_flowers(str(tmp_path), 16)
    assert first.digest != second.digest
    assert second.images[0, 0, 0].tolist() == [0, 0, 255]


def test_a_cache_that_cannot_be_written_is_a_users_error(tmp_path, monkeypatch, photo_folder):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FLOWERS_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(UserError, match="FLOWERS_CACHE_DIR"):
        load_flowers(str(photo_folder), 24)


def test_luma_does_not_tell_the_hue_of_a_synthetic_flower():
    for species, number in (("daisy", 105), ("primrose", 512)):
        images, probabilities = possible_flowers(number, 32)
        assert len(images) == len(SPECIES[species].colors)
        assert probabilities.sum() == pytest.approx(1)
        lumas = luma(to_unit(images))
        # The same to within the rounding of 8 bits.
        assert np.abs(lumas - lumas[0]).max() < 1 / 255
        assert np.abs(to_unit(images[0]) - to_unit(images[1])).sum() > 50


def test_synthetic_flowers_are_seeded_and_scale():
    assert (flower(3, 32) == flower(3, 32)).all()
    small, large = to_unit(flower(3, 32)), to_unit(flower(3, 64))
    halved = large.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - halved).mean() < 0.07
    draws = [tuple(flower(number, 16).reshape(-1)) for number in range(4)]
    assert len(set(draws)) == 4


def test_colors_come_with_the_written_probabilities():
    hues = []
    for number in range(400, 500):
        images, _ = possible_flowers(number, 16)
        distances = np.abs(images.astype(int) - flower(number, 16)).sum(axis=(1, 2, 3))
        assert distances.min() == 0
        hues.append(list(SPECIES["cosmos"].colors)[distances.argmin()])
    assert 0.45 < hues.count("pink") / 100 < 0.75


def test_a_full_disk_while_decoding_leaves_no_set_that_looks_complete(cache, monkeypatch):
    def no_room(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def decode(position):
        return np.zeros((8, 8, 3), np.uint8)

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", no_room)
        with pytest.raises(UserError, match=r"No space left.*make room there, or set FLOWERS_CACHE_DIR"):
            cached_images("full", ["a"], 8, decode)
    assert not list((cache / "decoded").glob("full-*"))
    assert len(cached_images("full", ["a"], 8, decode).images) == 1


def test_what_a_killed_decoding_left_is_swept_but_not_one_that_runs(cache):
    folder = cache / "decoded"
    left, running = folder / "decoding-left", folder / "decoding-running"
    for path in (left, running):
        path.mkdir(parents=True)
    os.utime(left, (0, 0))
    cached_images("swept", ["a"], 8, lambda position: np.zeros((8, 8, 3), np.uint8))
    assert (left.exists(), running.exists()) == (False, True)
    running.rmdir()


def draw(folder, name, count, color=False):
    """Pictures of noise in a folder, gray unless in `color`."""
    (folder / name).mkdir(parents=True)
    for number in range(count):
        pixels = np.random.default_rng(hash_of(name) + number).integers(0, 256, (20, 20, 3 if color else 1), np.uint8)
        Image.fromarray(pixels if color else pixels[..., 0]).save(folder / name / f"{number}.png")


def hash_of(name):
    return sum(name.encode()) * 1000


def test_domains_are_what_their_folders_say(tmp_path):
    for name in ("trainA", "testA", "trainB", "testB", "extra"):
        draw(tmp_path, name, 12, color=name.endswith("B"))
    flowers = load_flowers(str(tmp_path), image_size=16)
    assert all(name.startswith("testB/") for name in flowers.split("test").ids)
    assert len(flowers.split("test")) == 12
    assert flowers.split_sizes == {"train": 11, "val": 1, "test": 12}
    batches = Batches(flowers.split("train"), batch_size=4)
    assert all(name.startswith("trainA/") for name in batches.gray_split.ids)
    assert all(name.startswith("trainB/") for name in batches.color_split.ids)
    assert batches.steps_per_epoch == 3
    gray, _ = batches.batch(0)
    own = luma(to_unit(flowers.gray_photographs().color())) * 2 - 1
    seen = np.concatenate([own, own[:, :, ::-1]])
    assert all(np.abs(image - seen).max(axis=(1, 2, 3)).min() < 1e-5 for image in gray)
    assert "12 images outside" in flowers.notes[0]
    with pytest.raises(UserError, match="cannot be joined with others"):
        load_flowers(f"{tmp_path},synthetic", image_size=16)
    for mistake in ({"paired": True}, {"pairing": "disjoint"}):
        with pytest.raises(UserError, match="has gray photographs of its own, in trainA, and no pairs"):
            Batches(flowers.split("train"), **mistake)


def test_splits_are_what_their_folders_say(tmp_path):
    for name in ("train/roses", "train/tulips", "test/roses", "test/tulips"):
        draw(tmp_path, name, 10, color=True)
    flowers = load_flowers(str(tmp_path), image_size=16)
    assert flowers.class_names == ["roses", "tulips"]
    assert all(name.startswith("test/") for name in flowers.split("test").ids)
    assert flowers.split_sizes == {"train": 18, "val": 2, "test": 20}
    assert not flowers.notes
    shutil.copy(tmp_path / "test" / "roses" / "1.png", tmp_path / "train" / "roses" / "copy.png")
    (note,) = load_flowers(str(tmp_path), image_size=16).notes
    assert note.startswith("1 pictures of")
    (tmp_path / "train" / "roses" / "copy.png").unlink()
    draw(tmp_path, "val/roses", 3, color=True)
    assert load_flowers(str(tmp_path), image_size=16).split_sizes == {"train": 20, "val": 3, "test": 20}


def test_files_that_nothing_can_read_are_counted(tmp_path):
    for number in range(5):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(tmp_path / f"{number}.png")
    for number in range(6):
        (tmp_path / f"{number}.CR2").touch()
    flowers = load_flowers(str(tmp_path), image_size=16)
    assert len(flowers.ids) == 5
    assert "6 with .cr2 left out" in flowers.notes[0]


def test_the_cache_may_be_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FLOWERS_CACHE_DIR", "~/fc")
    assert cache_dir() == tmp_path / "fc"


def test_the_larger_synthetic_set_has_more_to_learn_from_and_the_same_to_score_by():
    small, large = load_flowers("synthetic", 16), load_flowers("synthetic-many", 16)
    for split in ("val", "test"):
        assert large.split(split).ids == small.split(split).ids
        assert np.array_equal(large.split(split).color(), small.split(split).color())
    assert large.split_sizes["train"] == 8 * small.split_sizes["train"]
    assert len(set(large.ids)) == len(large.ids) and large.digest != small.digest
    # As many of each species, and a label is the species that is drawn.
    assert len(set(np.bincount(large.labels))) == 1
    shown = next(number for number in range(800, 900) if kinds_of(number) == 2)
    poppy = possible_flowers(shown, 16)[0]
    assert len(poppy) == len(SPECIES["poppy"].colors) and np.array_equal(poppy[0], large.images[shown])
