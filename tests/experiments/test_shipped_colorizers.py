"""The colorizers that come along: packed, listed, the same each time, and of use without a run."""

import json

import numpy as np
import pytest
from PIL import Image

from data_loader import UserError, load_flowers
from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import flower
from experiments import shipped_colorizers
from experiments.results_check import check
from experiments.shipped_colorizers import DEFAULT, MOST_BYTES, read_index, ship, wrong_files
from models import CapsuleCycleGAN, CycleGAN, StochasticCycleGAN
from models.colorizing import colorize
from models.files import sha256_of_file
from models.packed_colorizer import pack, unpack
from tests.experiments.scripts import PROJECT, call

FOLDERS = sorted(index.parent for index in (PROJECT / "results").glob("*/colorizers/index.json"))
SHIPPED = [(folder, name) for folder in FOLDERS for name in read_index(folder)]
# Those that exchange bright and dark photographs, and between what their brightness and a flower's then correlate.
EXCHANGE = {f"capsule-{loss}.npz": (0.3, 1) for loss in ("mse", "bce")}
EXCHANGE |= {f"{name}.npz": (-1, -0.3) for name in ("capsule-routing", "patch-capsule")}


@pytest.fixture
def gray():
    return np.random.default_rng(0).integers(256, size=(2, 32, 32), dtype=np.uint8)


@pytest.mark.parametrize("model", [CycleGAN, CapsuleCycleGAN, StochasticCycleGAN])
def test_a_packed_colorizer_colours_as_before(model, tiny, gray, tmp_path):
    options = {name: value for name, value in tiny.items() if model is not CapsuleCycleGAN or name[:3] != "dis"}
    colorizer = model(**options).colorizer
    for number in range(2):
        pack(colorizer, tmp_path / f"{number}.npz")
    assert sha256_of_file(tmp_path / "0.npz") == sha256_of_file(tmp_path / "1.npz")
    assert (tmp_path / "0.npz").stat().st_size < 2.5 * colorizer.count_params() + 50_000
    again = unpack(tmp_path / "0.npz")
    before, after = (colorize(network, gray).astype(int) for network in (colorizer, again))
    assert np.abs(before - after).max() <= 2
    assert again.name == colorizer.name


@pytest.mark.parametrize("content", [b"", b"PK", b"not a file"])
def test_a_damaged_file_is_refused(content, tmp_path):
    (tmp_path / "best.npz").write_bytes(content)
    with pytest.raises(UserError, match=r"best\.npz is damaged"):
        unpack(tmp_path / "best.npz")
    with pytest.raises(UserError, match="does not exist"):
        unpack(tmp_path / "none.npz")


def test_photos_are_coloured_without_a_run(tiny, tmp_path, monkeypatch):
    pack(CycleGAN(**tiny).colorizer, tmp_path / "ours.npz")
    monkeypatch.setattr(shipped_colorizers, "DEFAULT", tmp_path / "ours.npz")
    Image.new("RGB", (50, 40), "gray").save(tmp_path / "rose.png")
    for arguments in (["rose.png"], ["ours.npz", "rose.png", "--out", "out"]):
        done = call("colorize", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-500:]
    one, other = (np.asarray(Image.open(tmp_path / name / "rose-color.png")) for name in ("", "out"))
    assert one.shape == (40, 50, 3)
    assert (one == other).all()
    for arguments, message in (
        (["ours.npz"], "name them behind it"),
        (["none.npz", "rose.png"], "none.npz does not exist"),
        (["run/generator.keras", "rose.png"], "name the run's directory"),
        (["rose.png", "out"], "out is a directory"),
        (["rose.png", "ours.npz"], "ours.npz colours photos: name it before them"),
        (["out"], "out is a folder and no run"),
    ):
        done = call("colorize", *arguments, "--overwrite", cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_a_packed_colorizer_is_scored_by_its_own_colours(tiny, photo_folder, tmp_path):
    colorizer = CycleGAN(**tiny).colorizer
    pack(colorizer, tmp_path / "ours.npz")
    flowers = load_flowers(photo_folder, 32)
    color = to_unit(flowers.split("all").color(range(12)))
    error = np.abs(to_unit(colorize(colorizer, luma(color))) - color).sum() / np.abs(luma(color) - color).sum()
    where = ["--dataset", photo_folder, "--split", "all"]
    done = call("evaluate", "ours.npz", *where, "--json", "scores.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    report = json.loads((tmp_path / "scores.json").read_text())
    assert report["rows"]["ours.npz"]["ratio_to_gray"]["mean"] == pytest.approx(error, rel=0.01)
    assert (report["images"], report["image_size"]) == (12, 32)
    lumas = (luma(color), luma(to_unit(colorize(colorizer, luma(color)))))
    pairs = zip(*(images.reshape(len(color), -1) for images in lumas), strict=True)
    within = [np.corrcoef(*pair)[0, 1] for pair in pairs]
    assert report["runs"]["ours.npz"]["brightness"]["within"]["mean"] == pytest.approx(np.mean(within), abs=0.01)
    assert "within a picture" in done.stdout
    pack(CycleGAN(**tiny | {"image_size": 64}).colorizer, tmp_path / "larger.npz")
    refused = {
        ("ours.npz", "a-run"): "apart",
        ("ours.npz", "--probes"): "--probes has no meaning",
        ("ours.npz", "--samples", 3): "--samples has no meaning",
        ("ours.npz", "./ours.npz"): "named twice",
        ("ours.npz", "larger.npz"): "32 and 64 pixels",
        ("none.npz",): "none.npz does not exist",
    }
    for arguments, message in refused.items():
        done = call("evaluate", *arguments, *where, cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


@pytest.fixture
def run_dirs(tiny, tmp_path):
    """What `ship` reads of two seeds of a system, and of one whose colorizer is too large."""
    filters = {"cyclegan-seed1": 2, "cyclegan-seed0": 4, "large-seed0": 8}
    for name, count in filters.items():
        (tmp_path / name).mkdir()
        config = {"model": "cyclegan", "options": {"image_size": 32}, "training": {}, "data": {}}
        (tmp_path / name / "config.json").write_text(json.dumps(config))
        CycleGAN(**tiny | {"generator_filters": count}).colorizer.save(tmp_path / name / "generator.keras")
    return [tmp_path / name for name in filters]


def test_the_first_seed_of_what_is_small_enough_is_shipped(run_dirs, tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_colorizers, "MOST_BYTES", 100_000)
    folder = tmp_path / "results" / "tier" / "colorizers"
    ship(folder, run_dirs[:1])
    packed = ship(folder, run_dirs)
    assert packed == {"cyclegan-seed0": folder / "cyclegan.npz"}
    index = read_index(folder)
    assert {name: entry["run"] for name, entry in index.items()} == {"cyclegan.npz": "cyclegan-seed0"}
    assert {path.name for path in folder.iterdir()} == {"cyclegan.npz", "index.json"}
    assert index["cyclegan.npz"]["bytes"] == (folder / "cyclegan.npz").stat().st_size
    scored = {"cyclegan-seed0": {"shipped": {"sha256": index["cyclegan.npz"]["sha256"]}}}
    assert not wrong_files(folder, scored)
    # Of another run, not scored, or another file at that time.
    for others in ({"cyclegan-seed1": {}}, {"cyclegan-seed0": {}}, {"cyclegan-seed0": {"shipped": {"sha256": "0"}}}):
        assert wrong_files(folder, others) == ["cyclegan.npz"]
    (folder / "letter.npz").write_bytes(b"mine")
    (folder / "cyclegan.npz").write_bytes(b"another")
    assert wrong_files(folder, scored) == ["cyclegan.npz", "letter.npz"]
    (folder / "index.json").write_text("[]")
    with pytest.raises(UserError, match=r"index\.json is damaged"):
        read_index(folder)


def test_one_colours_when_no_run_is_named():
    assert (DEFAULT.parent, DEFAULT.name) in SHIPPED
    assert sum(entry["bytes"] for folder in FOLDERS for entry in read_index(folder).values()) <= 30_000_000


@pytest.mark.parametrize(("folder", "name"), SHIPPED, ids=[name for _, name in SHIPPED])
def test_a_shipped_colorizer_is_the_listed_one_and_colours(folder, name):
    entry = read_index(folder)[name]
    assert sha256_of_file(folder / name) == entry["sha256"]
    assert entry["bytes"] == (folder / name).stat().st_size <= MOST_BYTES
    network = unpack(folder / name)
    gray = (
        np.stack([flower(number, entry["image_size"]) for number in range(0, 400, 100)]).mean(axis=-1).astype(np.uint8)
    )
    colored = colorize(network, gray).astype(int)
    assert colored.shape == (*gray.shape, 3)
    assert np.ptp(colored, axis=-1).mean() > 3
    runs = json.loads((folder.parent / "scores.json").read_text())["runs"].values()
    (run,) = (run for run in runs if run.get("shipped", {}).get("file") == name)
    # It keeps what is bright and what is dark, unless it was found to exchange bright and dark photographs.
    assert (run["brightness"]["correlation"]["mean"] < 0) == (name in EXCHANGE)
    least, most = EXCHANGE.get(name, (0.8, 1))
    assert least < np.corrcoef(colored.mean(axis=-1).ravel(), gray.ravel())[0, 1] <= most


def test_check_names_a_colorizer_that_is_not_the_listed_one(monkeypatch):
    monkeypatch.setattr("experiments.results_check.wrong_files", lambda *_: ["best.npz"])
    assert any("best.npz is not what" in problem for problem in check(PROJECT / "results", "x"))
