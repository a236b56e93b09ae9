"""The colorizers that ship with the repository: packed, listed, the same each time, and of use without a run."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from data_loader import UserError, load_flowers
from data_loader.files import sha256_of_file
from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import flower
from experiments.support import scoring
from experiments.support.pages import check
from experiments.support.scoring import MOST_BYTES, ship
from experiments.support.store import Scored, read_tiers
from models import CapsuleCycleGAN, CycleGAN, StochasticCycleGAN, shipped
from models.colorizing import colorize, load_network, pack, unpack
from tests.experiments.scripts import PROJECT, call

TIERS = read_tiers(PROJECT / "results")
SHIPPED = [(tier, name) for tier, stored in TIERS.items() for name in stored.setting["shipped"]]
OURS = sorted(shipped.shipped())
# Those that exchange bright and dark photographs, and between what their brightness and a flower's then correlate.
EXCHANGE = {"capsule-mse.npz": (0.3, 1)}


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
    again = load_network(tmp_path / "0.npz")
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
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    monkeypatch.setattr(shipped, "DEFAULT", "ours")
    Image.new("RGB", (50, 40), "gray").save(tmp_path / "rose.png")
    for arguments in (["rose.png"], ["ours.npz", "rose.png", "--out", "out"], ["ours", "rose.png", "--out", "named"]):
        done = call("colorize", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-500:]
    one, *others = (np.asarray(Image.open(tmp_path / name / "rose-color.png")) for name in ("", "out", "named"))
    assert one.shape == (40, 50, 3)
    assert all((one == other).all() for other in others)
    assert call("colorize", "rose.png", "--compare", "--out", "both", cwd=tmp_path).returncode == 0
    both = np.asarray(Image.open(tmp_path / "both" / "rose-color.png"))
    assert both.shape == (40, 100, 3)
    assert (both[:, :50] == 128).all()
    assert (both[:, 50:] == one).all()
    for arguments, message in (
        (["ours.npz"], "name them behind it"),
        (["none.npz", "rose.png"], "none.npz does not exist"),
        (["run/generator.keras", "rose.png"], "name the run's directory"),
        (["rose.png", "ours.npz"], "ours.npz colours photos: name it before them"),
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
    several = StochasticCycleGAN(**tiny).colorizer
    pack(several, tmp_path / "several.npz")
    question = ["--samples", 2, "--json", "scores.json"]
    done = call("evaluate", "ours.npz", "several.npz", *where, *question, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    report = json.loads((tmp_path / "scores.json").read_text())
    assert report["rows"]["ours.npz"]["ratio_to_gray"]["mean"] == pytest.approx(error, rel=0.01)
    assert (report["images"], report["image_size"]) == (12, 32)
    lumas = (luma(color), luma(to_unit(colorize(colorizer, luma(color)))))
    pairs = zip(*(images.reshape(len(color), -1) for images in lumas), strict=True)
    within = [np.corrcoef(*pair)[0, 1] for pair in pairs]
    assert report["runs"]["ours.npz"]["brightness"]["within"]["mean"] == pytest.approx(np.mean(within), abs=0.01)
    assert "brightness: within" in done.stdout
    drawn = to_unit(colorize(several, luma(color), samples=2, seed=(0, 0)))
    errors = np.abs(drawn - color[:, None]).sum(axis=(2, 3, 4))
    best = report["runs"]["several.npz"]["diversity"]["best_of_k"]["mean"]
    assert best == pytest.approx(errors.min(axis=1).mean(), rel=0.02)
    assert "diversity" not in report["runs"]["ours.npz"]
    pack(CycleGAN(**tiny | {"image_size": 64}).colorizer, tmp_path / "larger.npz")
    refused = {
        ("ours.npz", "a-run"): "apart",
        ("flowers", "a-run"): "a-run is no packed colorizer",
        ("ours.npz", "--probes"): "--probes has no meaning",
        ("ours.npz", "--photographs", "--samples", 3): "--samples has no meaning with --photographs",
        ("ours.npz", "./ours.npz"): "named twice",
        ("ours.npz", "larger.npz"): "32 and 64 pixels",
        ("none.npz",): "none.npz does not exist",
    }
    for arguments, message in refused.items():
        done = call("evaluate", *arguments, *where, cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


@pytest.fixture
def configs(tiny, tmp_path):
    """Directories and configs of two seeds of a system, of one that does not ship, and one that is too large."""
    filters = {"cyclegan-seed1": 2, "cyclegan-seed0": 4, "first-seed0": 4, "large-seed0": 8}
    for name, count in filters.items():
        (tmp_path / name).mkdir()
        CycleGAN(**tiny | {"generator_filters": count}).colorizer.save(tmp_path / name / "generator.keras")
    return {str(tmp_path / name): {"model": "cyclegan", "options": {"image_size": 32}} for name in filters}


def test_the_first_seed_of_what_is_small_enough_is_shipped_with_its_scores(configs, tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "MOST_BYTES", 100_000)
    measured = {"ratio_to_gray": {"mean": 1.0}, "colorfulness": {"mean": 2.0}}
    folder = tmp_path / "results" / "tier" / "colorizers"
    folder.mkdir(parents=True)
    (folder / "large.npz").write_bytes(b"from when it was smaller")
    scored = Scored(measured | {"psnr": None}, None)
    shipped = ship(folder, configs, ("cyclegan", "large"), lambda name, colorings, facts: scored)
    assert {path.name for path in folder.iterdir()} == set(shipped) == {"cyclegan.npz"}
    file = folder / "cyclegan.npz"
    entry = {"run": "cyclegan-seed0", "image_size": 32, "bytes": file.stat().st_size, "sha256": sha256_of_file(file)}
    assert shipped["cyclegan.npz"] == entry | measured


def test_one_colours_when_no_run_is_named(monkeypatch, tmp_path):
    assert shipped.DEFAULT in OURS
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    Image.new("RGB", (50, 40), "gray").save(tmp_path / "rose.png")
    done = call("colorize", "rose.png", cwd=tmp_path)
    assert (done.returncode, "is missing: install the project anew" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("name", OURS)
def test_what_comes_along_is_what_its_card_tells(name):
    file = shipped.shipped()[name]
    facts = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert sha256_of_file(file) == facts["sha256"]
    assert facts["bytes"] == file.stat().st_size <= 14_000_000
    card = (PROJECT / "results" / "MODEL_CARD.md").read_text(encoding="utf-8")
    for measures in facts["test"].values():
        for measure, digits in (("ratio_to_gray", 3), ("colorfulness", 1)):
            assert f"{measures[measure]['mean']:.{digits}f}" in card
    network = load_network(name)
    gray = np.stack([flower(number, facts["image_size"]) for number in range(0, 300, 100)]).mean(axis=-1)
    colored = colorize(network, gray.astype(np.uint8)).astype(int)
    assert np.ptp(colored, axis=-1).mean() > 3
    # It keeps the luma.
    assert np.abs(luma(colored)[..., 0] - gray).mean() < 2


@pytest.mark.parametrize(("tier", "name"), SHIPPED, ids=[name for _, name in SHIPPED])
def test_a_shipped_colorizer_is_the_listed_one_and_colours(tier, name):
    entry, file = TIERS[tier].setting["shipped"][name], PROJECT / "results" / tier / "colorizers" / name
    assert sha256_of_file(file) == entry["sha256"]
    assert entry["bytes"] == file.stat().st_size <= MOST_BYTES
    network = unpack(file)
    gray = (
        np.stack([flower(number, entry["image_size"]) for number in range(0, 400, 100)]).mean(axis=-1).astype(np.uint8)
    )
    colored = colorize(network, gray).astype(int)
    assert colored.shape == (*gray.shape, 3)
    assert np.ptp(colored, axis=-1).mean() > 3
    run = TIERS[tier].runs[entry["run"]]
    # It keeps what is bright and what is dark, unless it was found to exchange bright and dark photographs.
    assert (run["brightness"]["correlation"]["mean"] < 0) == (name in EXCHANGE)
    least, most = EXCHANGE.get(name, (0.8, 1))
    assert least < np.corrcoef(colored.mean(axis=-1).ravel(), gray.ravel())[0, 1] <= most


def test_check_names_a_colorizer_that_is_not_the_listed_one(tmp_path):
    tier, packed = tmp_path / "quick-synthetic", tmp_path / "quick-synthetic" / "colorizers" / "cyclegan.npz"
    shutil.copytree(PROJECT / "results" / tier.name, tier)
    packed.parent.mkdir()
    packed.write_bytes(b"ours")
    measured = {measure: {"mean": 1.0, "low": 1.0, "high": 1.0} for measure in ("ratio_to_gray", "colorfulness")}
    entry = {"run": "cyclegan-seed0", "image_size": 64, "bytes": 4, "sha256": sha256_of_file(packed)} | measured
    told = [f"{tier}/colorizers/cyclegan.npz is not what tier.json tells of"]

    def problems(**shipped):
        setting = json.loads((tier / "tier.json").read_text())
        (tier / "tier.json").write_text(json.dumps(setting | {"shipped": shipped}))
        return [problem for problem in check(tmp_path) if "colorizers/" in problem]

    assert problems(**{"cyclegan.npz": entry}) == []
    # Of a run that is not scored, another file than at that time, not listed, and gone.
    assert problems(**{"cyclegan.npz": entry | {"run": "cyclegan-seed1"}}) == told
    assert problems(**{"cyclegan.npz": entry | {"sha256": "0"}}) == told
    assert problems() == told
    packed.unlink()
    assert problems(**{"cyclegan.npz": entry}) == told
