"""Several sets as one, and the table of Oxford-102's photographs that goes with Oxford-17."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from data_loader import UserError, load_flowers
from data_loader.joined_flowers import StackedImages, join_flowers, sets_named
from data_loader.oxford_flowers import OXFORD_SETS, oxford_table
from tests.conftest import PROJECT

BOTH = "oxford17,oxford102"


def test_the_table_of_oxford102_holds_out_a_fifth_of_each_class_and_parts_no_photograph():
    table = oxford_table("oxford102")
    assert len(table) == 6131
    assert Counter(row["split"] for row in table.values()) == {"train": 4689, "val": 257, "test": 1185}
    by_class = {}
    for row in table.values():
        by_class.setdefault(int(row["class"]), Counter()).update([row["split"]])
    assert sorted(by_class) == [number for number in range(1, 103) if number != 68]
    for sizes in by_class.values():
        assert (sizes["test"], sizes["val"]) == (sizes.total() // 5, sizes.total() // 20)
    splits_of_group = {}
    for row in table.values():
        splits_of_group.setdefault(row["group"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in splits_of_group.values())
    assert len(table) - len(splits_of_group) == 26


def test_the_command_of_the_data_card_writes_the_table(flowers102_dir, tmp_path, monkeypatch):
    (command,) = re.findall(r"```python\n(.*?)```", (PROJECT / "results/DATA_CARD.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "flowers102").symlink_to(flowers102_dir.resolve())
    (tmp_path / "data_loader").mkdir()
    monkeypatch.chdir(tmp_path)
    exec(command, {})
    written = (tmp_path / "data_loader/oxford102.csv").read_bytes()
    assert written == (PROJECT / "data_loader/oxford102.csv").read_bytes()


def test_the_real_sets_have_no_photograph_in_common(flowers17_dir, flowers102_dir, monkeypatch):
    monkeypatch.setenv("FLOWERS17_DIR", str(flowers17_dir))
    monkeypatch.setenv("FLOWERS102_DIR", str(flowers102_dir))
    flowers = load_flowers(BOTH, 32)
    assert flowers.split_sizes == {"train": 952 + 4689, "val": 136 + 257, "test": 272 + 1185}
    assert (len(flowers.class_names), flowers.notes) == (17 + 101, [])
    gray = np.asarray(flowers.images).mean(axis=-1).reshape(len(flowers.ids), -1)
    gray -= gray.mean(axis=1, keepdims=True)
    gray /= np.linalg.norm(gray, axis=1, keepdims=True)
    assert (gray[:1360] @ gray[1360:].T).max() < 0.93


@pytest.fixture
def folders(tmp_path):
    """Two folders, each of two classes of the same names, with different pictures; one picture is damaged."""
    for number, name in enumerate(("garden", "meadow")):
        for position in range(12 + number):
            kind = tmp_path / name / ("roses" if position % 2 else "tulips")
            kind.mkdir(parents=True, exist_ok=True)
            color = (100 * number + 5 * position, 50, 0)
            Image.new("RGB", (20, 20), color).save(kind / f"{position}.png")
    (tmp_path / "meadow/roses/bad.png").write_text("no picture")
    return tmp_path / "garden", tmp_path / "meadow"


def test_joined_sets_keep_what_each_was(folders):
    parts = [load_flowers(str(folder), 16) for folder in folders]
    joined = load_flowers(",".join(map(str, folders)), 16)
    assert joined.name == "garden+meadow"
    assert joined.source == f"{folders[0].resolve()},{folders[1].resolve()}"
    assert joined.ids[:1] + joined.ids[12:13] == ["garden/roses/1.png", "meadow/roses/1.png"]
    assert len(set(joined.ids)) == len(joined.ids) == 25
    assert joined.class_names == ["garden/roses", "garden/tulips", "meadow/roses", "meadow/tulips"]
    assert joined.labels.tolist() == [*parts[0].labels, *(parts[1].labels + 2)]
    assert joined.split_of.tolist() == [*parts[0].split_of, *parts[1].split_of]
    assert joined.parts == {part.name: part.digest for part in parts}
    assert joined.notes == parts[1].notes and len(joined.notes) == 1
    assert load_flowers(joined.source, 16).digest == joined.digest
    test = joined.split("test")
    assert (test.color() == np.concatenate([part.split("test").color() for part in parts])).all()
    assert not load_flowers("synthetic", 16).parts


def test_groups_of_joined_sets_are_those_of_each_and_no_set_shares_one(tiny_flowers):
    tiny_flowers.groups[:] = [5, 5, *range(40, 50)]
    joined = join_flowers([tiny_flowers, tiny_flowers])
    assert joined.groups.tolist() == [0, 0, *range(1, 11), 11, 11, *range(12, 22)]


def test_the_digest_of_joined_sets_tells_order_and_splits(tiny_flowers):
    def digest(*parts):
        return join_flowers(parts).digest

    synthetic = load_flowers("synthetic", 32)
    before = digest(synthetic, tiny_flowers)
    assert digest(synthetic, tiny_flowers) == before != digest(tiny_flowers, synthetic)
    tiny_flowers.split_of[0] = "test" if tiny_flowers.split_of[0] == "train" else "train"
    assert digest(synthetic, tiny_flowers) != before


@pytest.mark.parametrize("which", [0, 4, -1, slice(1, 9, 2), [5, 0, 8, 5], np.arange(9) % 2 == 0, np.array([], int)])
def test_stacked_images_are_indexed_as_one_array(which):
    arrays = [np.random.default_rng(n).integers(0, 256, (n, 4, 4, 3), np.uint8) for n in (4, 2, 3)]
    stacked, whole = StackedImages(arrays), np.concatenate(arrays)
    assert (stacked.shape, stacked.dtype, len(stacked)) == (whole.shape, whole.dtype, 9)
    assert (stacked[which].shape, stacked[which].dtype) == (whole[which].shape, np.uint8)
    assert (stacked[which] == whole[which]).all()
    assert (np.asarray(stacked) == whole).all()


def test_names_are_parted_at_commas_but_for_folders_that_have_one(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "roses,red").mkdir()
    Image.new("RGB", (20, 20)).save(tmp_path / "roses,red" / "a.png")
    folder = str(tmp_path / "roses,red")
    assert sets_named(BOTH) == ["oxford17", "oxford102"]
    assert sets_named(folder) == [folder]
    assert sets_named("synthetic,~/roses,red,oxford17") == ["synthetic", folder, "oxford17"]
    assert sets_named("./synthetic,~no-such-user/a") == ["./synthetic", "~no-such-user/a"]
    assert load_flowers(folder, 16).name == "roses,red"
    assert load_flowers("~/roses,red,synthetic", 16).parts.keys() == {"roses,red", "synthetic"}


@pytest.mark.parametrize(
    ("dataset", "settings", "message"),
    [
        ("synthetic,auto", {}, "what auto is: write oxford17 or synthetic"),
        ("synthetic,", {}, "empty name"),
        ("", {}, "empty name"),
        ("synthetic,synthetic", {}, "two sets called synthetic: name each set once"),
        ("synthetic,synthetic-many", {}, "two sets called synthetic: name each set once"),
        ("garden,meadow/../garden", {}, "two sets called garden"),
        ("garden,meadow/garden", {}, "rename one of two folders"),
        ("synthetic,missing", {}, "--dataset missing is neither a folder nor"),
        (BOTH, {"data_dir": "."}, r"--data-dir .* set \$FLOWERS17_DIR and \$FLOWERS102_DIR"),
    ],
)
def test_what_cannot_be_joined_is_told(folders, monkeypatch, dataset, settings, message):
    monkeypatch.chdir(folders[0].parent)
    (folders[1] / "garden").mkdir()
    with pytest.raises(UserError, match=message):
        load_flowers(dataset, 16, **settings)


def some_of_each_split():
    """Two names in the table for each split, with their rows."""
    table = oxford_table("oxford102")
    rows = {split: [name for name, row in table.items() if row["split"] == split] for split in ("train", "val", "test")}
    return {name: table[name] for names in rows.values() for name in names[:2]}


@pytest.mark.parametrize("layout", ["jpg", "flat", "classes"])
def test_beside_oxford17_oxford102_is_what_the_table_says(tmp_path, monkeypatch, layout):
    chosen = some_of_each_split()
    # One that is not in the table: Oxford-17 may have it, too.
    other = next(
        name for name in (f"image_{n:05d}.jpg" for n in range(1, 8190)) if name not in oxford_table("oxford102")
    )
    for number, name in enumerate([*chosen, other]):
        classes = f"{int(chosen[name]['class']):03d}" if name in chosen else "068"
        folder = tmp_path / "102" / {"jpg": "jpg", "flat": ".", "classes": classes}[layout]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (20 * number, 0, 0)).save(folder / name)
    (tmp_path / "17").mkdir()
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "17/image_0001.jpg")
    monkeypatch.setenv("FLOWERS17_DIR", str(tmp_path / "17"))
    monkeypatch.setenv("FLOWERS102_DIR", str(tmp_path / "102"))
    # No table of the official split is here, and none is asked for.
    monkeypatch.setitem(OXFORD_SETS, "oxford102", replace(OXFORD_SETS["oxford102"], url="http://127.0.0.1:9/"))
    joined = load_flowers(BOTH, 16)
    names = sorted(chosen)
    assert joined.ids == ["oxford17/image_0001.jpg", *(f"oxford102/{name}" for name in names)]
    assert joined.split_of[1:].tolist() == [chosen[name]["split"] for name in names]
    told = [joined.class_names[label] for label in joined.labels[1:]]
    assert told == [f"oxford102/class {chosen[name]['class']}" for name in names]
    assert "6125 of the 6131 images of oxford102" in joined.notes[1]
    alone = load_flowers("oxford102", 16, part_of=BOTH)
    assert (alone.digest, alone.split_of.tolist()) == (joined.parts["oxford102"], joined.split_of[1:].tolist())
    with pytest.raises(UserError, match=r"imagelabels|holds no image_00001"):
        load_flowers("oxford102", 16)


def test_a_folder_without_photographs_of_the_table_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWERS102_DIR", str(tmp_path))
    with pytest.raises(UserError, match=r"FLOWERS102_DIR .* nor do a jpg/ or folders 001/ to 102/ inside it"):
        load_flowers("oxford102", 16, part_of=BOTH)
