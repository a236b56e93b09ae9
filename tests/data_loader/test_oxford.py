"""The Oxford sets: a local server stands for Oxford's, with small archives of the same form."""

import csv
import io
import tarfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from data_loader import UserError, load_flowers, locks
from data_loader import oxford_flowers as oxford
from data_loader.files import sha256_of_file
from data_loader.images import luma
from evaluation.baselines import measured
from evaluation.metrics import Pictures, colorfulness, pixel_l1, pixel_l1_as_published
from tests.data_loader.small_set import jpeg, make_archive, make_set, serve


def test_tracked_split_is_stratified_and_parts_no_photograph():
    table = oxford.oxford_table("oxford17")
    assert Counter(row["split"] for row in table.values()) == {"train": 952, "val": 136, "test": 272}
    by_class = Counter((row["class"], row["split"]) for row in table.values())
    assert set(by_class.values()) == {56, 8, 16}
    assert len(by_class) == 3 * 17
    splits_of_group = {}
    for row in table.values():
        splits_of_group.setdefault(row["group"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in splits_of_group.values())
    assert len(table) - len(splits_of_group) == 68


def test_the_known_near_duplicates_share_a_group(flowers17_dir):
    table = oxford.oxford_table("oxford17")
    with (flowers17_dir / "near_duplicates.csv").open() as file:
        pairs = list(csv.DictReader(file))
    assert len(pairs) == 68
    assert all(table[pair["a"]]["group"] == table[pair["b"]]["group"] for pair in pairs)


def test_the_real_images_are_the_official_ones(flowers17_dir):
    for name, row in oxford.oxford_table("oxford17").items():
        assert sha256_of_file(flowers17_dir / "jpg" / name) == row["sha256"], name


def test_gray_row_of_the_real_images(flowers17_dir):
    """The published measure's known value on all 1360 images would move if decoding, resizing or luma did."""
    flowers = load_flowers("oxford17", 128, flowers17_dir)
    assert len(flowers.ids) == 1360
    split = flowers.split("all")

    def values(which, color):
        real, gray = Pictures(color), Pictures(np.repeat(luma(color), 3, axis=-1))
        return {"l1": pixel_l1(real, gray), "paper": pixel_l1_as_published(real, real), "M": colorfulness(real, real)}

    gray_error, published, colorful = (of_images.mean() for of_images in measured(values, split).values())
    assert gray_error == pytest.approx(4129.6, abs=2)
    assert published == pytest.approx(30806.9, abs=10)
    assert colorful == pytest.approx(61.3, abs=0.1)


@pytest.fixture
def server(tmp_path):
    """A folder that is served on this machine, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    web, address = serve(folder)
    yield folder, address
    web.shutdown()
    web.server_close()


@pytest.fixture
def small102(server, tmp_path, monkeypatch):
    """An Oxford-102 of 6 images on the local server, and an empty cache."""
    folder, url = server
    monkeypatch.setitem(oxford.OXFORD_SETS, "oxford102", make_set(folder, url))
    monkeypatch.setenv("FLOWERS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("FLOWERS102_DIR", raising=False)
    return folder


def test_oxford102_is_downloaded_once_with_its_official_split(small102):
    flowers = load_flowers("oxford102", 16)
    assert flowers.split_of.tolist() == ["train", "val", "train", "test", "test", "test"]
    assert flowers.labels.tolist() == [0, 0, 1, 1, 101, 101]
    for file in small102.iterdir():
        file.unlink()
    assert load_flowers("oxford102", 16).digest == flowers.digest


def test_two_first_uses_at_once_and_what_killed_ones_left(small102, tmp_path, capsys):
    left = tmp_path / "cache" / "oxford102" / "downloading-abc" / "half.tgz"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with ThreadPoolExecutor() as threads:
        digests = {flowers.digest for flowers in threads.map(load_flowers, ["oxford102"] * 4, [16] * 4)}
    assert len(digests) == 1
    assert "waiting for another process" in capsys.readouterr().err
    names = {path.name for path in left.parents[1].iterdir()}
    assert names == {"jpg", "imagelabels.mat", "setid.mat"}


def test_where_nothing_can_be_locked_a_set_is_downloaded_too(small102, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "fcntl", None)
    assert len(load_flowers("oxford102", 16).labels) == 6
    assert {path.name for path in (tmp_path / "cache" / "oxford102").iterdir()} == {
        "jpg",
        "imagelabels.mat",
        "setid.mat",
    }


def test_an_archive_with_another_hash_is_refused_and_leaves_nothing(small102, tmp_path):
    with (small102 / "102flowers.tgz").open("ab") as file:
        file.write(b"!")
    with pytest.raises(UserError, match="hash"):
        load_flowers("oxford102", 16)
    assert not (tmp_path / "cache" / "oxford102" / "jpg").exists()


@pytest.mark.parametrize("kind", ["outside", "link", "large"])
def test_archives_that_would_do_harm_are_refused(tmp_path, kind, monkeypatch):
    archive = tmp_path / "bad.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo("../evil.txt" if kind == "outside" else "jpg/a.jpg")
        info.size = 4
        if kind == "link":
            info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
        tar.addfile(info, io.BytesIO(b"evil"))
    if kind == "large":
        monkeypatch.setattr(oxford, "MAX_UNPACKED_BYTES", 3)
    with pytest.raises(UserError, match=r"bad\.tgz .*delete the archive"):
        oxford.unpack(archive, tmp_path / "target")
    assert not (tmp_path / "evil.txt").exists()
    assert not list((tmp_path / "target").rglob("*.jpg"))


def test_an_absolute_path_in_an_archive_stays_in_its_folder(tmp_path):
    make_archive(tmp_path / "bad.tgz", {str(tmp_path / "evil.txt"): b"evil"})
    oxford.unpack(tmp_path / "bad.tgz", tmp_path / "target")
    assert not (tmp_path / "evil.txt").exists()


def test_without_network_an_explicit_set_is_an_error_and_auto_goes_on(tmp_path, monkeypatch):
    unreachable = replace(oxford.OXFORD_SETS["oxford17"], url="http://127.0.0.1:9/")
    monkeypatch.setitem(oxford.OXFORD_SETS, "oxford17", unreachable)
    monkeypatch.setenv("FLOWERS_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("FLOWERS17_DIR", raising=False)
    with pytest.raises(UserError, match=r"no connection.*--data-dir"):
        load_flowers("oxford17", 16)
    flowers = load_flowers("auto", 16)
    assert flowers.name == "synthetic"
    assert "SYNTHETIC" in flowers.notes[0]


def test_an_incomplete_folder_is_used_with_a_note(tmp_path):
    (tmp_path / "jpg").mkdir()
    for number in (1, 2, 81):
        (tmp_path / "jpg" / f"image_{number:04d}.jpg").write_bytes(jpeg(number % 5))
    flowers = load_flowers("oxford17", 16, tmp_path)
    assert [flowers.class_names[label] for label in flowers.labels] == ["daffodil", "daffodil", "snowdrop"]
    assert "1357 of the 1360 images" in flowers.notes[0]
    assert load_flowers("auto", 16, tmp_path / "jpg").name == "oxford17"
    with pytest.raises(UserError, match="--data-dir"):
        load_flowers("oxford17", 16, tmp_path / "missing")
    with pytest.raises(UserError, match="--data-dir"):
        load_flowers("synthetic", 16, tmp_path)
