"""From runs to verdicts: comparing two runs, figures, claims, and whether tracked results agree."""

import json
import os
import re
import shlex
import shutil
import signal
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data_loader import UserError
from evaluation import classifier
from evaluation.baselines import GRAY, MEAN_CHROMA, PERFECT
from evaluation.claims import CLAIMS
from evaluation.scores import Scores
from experiments import reproduce
from experiments.figures import draw_figures
from experiments.support import drawing, tiers
from experiments.support.drawing import NEAR_GRAY, STRIP, draw_tier, fidelity_plane, grids, loss_curves
from experiments.support.pages import BEGIN, COLUMNS, END, check, headline, scores_page
from experiments.support.runs import flowers_of_runs, opened_run, require_comparable, run_names
from experiments.support.store import Scored, StoredTier, identity_of, read_tier, read_tiers, write_tier
from experiments.support.training_command import parsed
from models.option_tables import typed
from models.options import CycleGANOptions, TrainingOptions
from models.presets import whole_options
from tests.experiments.scripts import PROJECT, call

SETTINGS = {"generator-filters": "2", "discriminator-filters": "8", "epochs": "1"}
# float32 as all runs of a tier, whatever is quicker here.
SMALL = [word for name, value in (SETTINGS | {"precision": "float32"}).items() for word in (f"--{name}", value)]
HARDLY = classifier.Recipe(filters=2, epochs=1)
SET = [f"{name}={value}" for name, value in SETTINGS.items()]


def captions_in(folder):
    """Name of a picture to its caption."""
    return dict(re.findall(r"^\*\*([^*]+)\*\* (.*)$", (folder / "captions.md").read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def runs(photo_folder, tmp_path_factory):
    """Two finished runs where reproduce.py looks for them, and a directory that holds something else."""
    folder = tmp_path_factory.mktemp("reproduced") / "-".join(["quick", photo_folder.name, *SET])
    for name in ("cyclegan", "pix2pix"):
        where = ["--dataset", photo_folder, "--run-dir", folder / f"{name}-seed0"]
        done = call(name, "--preset", "quick", *SMALL, *where, cwd=folder.parent)
        assert done.returncode == 0, done.stderr[-500:]
    (folder / "stochastic-seed0").mkdir()
    (folder / "stochastic-seed0" / "letter.txt").write_text("mine")
    return folder


@pytest.fixture(scope="module")
def reproduced(runs, photo_folder, tmp_path_factory):
    """What reproduce.py makes of them, and what it said."""
    out = tmp_path_factory.mktemp("results")
    settings = [word for entry in SET for word in ("--set", entry)]
    where = ["--dataset", photo_folder, "--runs", runs.parent, "--out", out]

    def run(command):
        return call(Path(command[1]).stem, *command[2:], cwd=out).returncode

    with pytest.MonkeyPatch.context() as patch:
        # Trainings in this process, and a classifier that has hardly learned.
        patch.setattr(tiers, "_run", run)
        patch.setattr(classifier, "RECIPE", HARDLY)
        done = call("reproduce", "--only", "C3,C4", *settings, *where, cwd=out)
    # Not all was run.
    assert done.returncode == 1, done.stderr[-800:]
    return out, done


def test_two_runs_are_compared_picture_by_picture(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "RECIPE", HARDLY)
    names = [runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")]
    question = [*names, "--probes", "--samples", 2, "--class-test"]
    done = call("evaluate", *question, "--json", "scores.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    report = json.loads((tmp_path / "scores.json").read_text())
    found = report["comparison"]
    means = [report["rows"][name.name]["pixel_l1"]["mean"] for name in names]
    assert found["difference"]["mean"] == pytest.approx(means[1] - means[0], abs=1e-5 * means[0])
    assert (names[0] / "against-pix2pix-seed0.png").exists()
    assert "Wilcoxon" in done.stdout
    assert {"cycle", "hidden_color", "brightness"} <= set(report["runs"]["cyclegan-seed0"])
    assert "brightness: luma put back" in done.stdout
    assert report["runs"]["pix2pix-seed0"]["diversity"]["samples"] == 2
    assert set(report["runs"]["cyclegan-seed0"]["class_test"]) == {"real", "gray", "run"}
    own = json.loads((names[1] / "scores.json").read_text())
    assert own["rows"]["pix2pix-seed0"] == report["rows"]["pix2pix-seed0"]
    assert "cyclegan-seed0" not in own["rows"]
    again = call("evaluate", *question, "--json", "again.json", cwd=tmp_path)
    assert again.stderr.count("scored before") == 2, again.stderr
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "scores.json").read_bytes()


def test_scores_can_be_means_over_the_last_epochs(runs, tmp_path):
    run = runs / "cyclegan-seed0"
    found = {}
    for last in ([], ["--last", 1]):
        assert call("evaluate", run, "--samples", 0, *last, "--json", "scores.json", cwd=tmp_path).returncode == 0
        found[bool(last)] = json.loads((tmp_path / "scores.json").read_text())["rows"]["cyclegan-seed0"]
    # The last epoch's colorizer is the last checkpoint's.
    assert found[True] == found[False]
    done = call("evaluate", run, "--last", 2, cwd=tmp_path)
    assert (done.returncode, "keeps the colorizers of 1 epochs" in done.stderr) == (2, True), done.stderr


def test_runs_that_cannot_be_compared_are_refused(runs, photo_folder, tmp_path):
    other = ["--preset", "quick", "--image-size", 32, *SMALL, "--dataset", photo_folder, "--run-dir", "small"]
    assert call("cyclegan", *other, cwd=tmp_path).returncode == 0
    config = json.loads((runs / "cyclegan-seed0" / "config.json").read_text())
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.json").write_text(json.dumps(config))
    shutil.copytree(runs / "cyclegan-seed0", tmp_path / "elsewhere")
    config["data"]["digest"] = "0"
    (tmp_path / "elsewhere" / "config.json").write_text(json.dumps(config))
    for second, message in (
        ("small", "of 64 pixels and"),
        ("empty", "no checkpoint yet"),
        ("elsewhere", "trained on other images or splits"),
    ):
        done = call("evaluate", runs / "cyclegan-seed0", second, cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_one_run_named_twice_is_refused(runs, tmp_path):
    done = call("evaluate", runs / "cyclegan-seed0", runs / "pix2pix-seed0" / ".." / "cyclegan-seed0", cwd=tmp_path)
    assert (done.returncode, "is named twice" in done.stderr) == (2, True), done.stderr


def test_a_run_has_the_name_that_it_is_given(runs, tmp_path):
    (tmp_path / "mine").symlink_to(runs / "cyclegan-seed0")
    assert run_names([tmp_path / "mine"]) == ["mine"]
    assert list(require_comparable([tmp_path / "mine"])) == [str(tmp_path / "mine")]
    with pytest.raises(UserError, match="named twice"):
        require_comparable([tmp_path / "mine", runs / "cyclegan-seed0"])


def test_a_run_never_has_the_name_of_another_row():
    assert run_names(["a/one", "b/two"]) == ["one", "two"]
    assert run_names(["a/one", "b/one", "a/perfect"]) == ["a/one", "b/one", "a/perfect"]


def test_figures_of_the_paper(runs, photo_folder, tmp_path):
    where = ["--dataset", photo_folder, "--run-dir", "capsules"]
    assert call("capsule_cyclegan", "--preset", "quick", *SMALL, *where, cwd=tmp_path).returncode == 0
    both = [runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")]
    done = call("figures", *both, tmp_path / "capsules", "--out", "f", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    names = {"figure-4-cyclegan-seed0.png", "figure-5-capsules.png", "figure-6-cyclegan-seed0-capsules.png"}
    names |= {"figure-7-pix2pix-seed0.png", "diversity-pix2pix-seed0.png", "loss-curves.png"}
    found = {path.name for path in (tmp_path / "f").iterdir()}
    assert found >= names | {"captions.md"}
    captions = captions_in(tmp_path / "f")
    assert set(captions) >= names
    trained = f"`capsule_cyclegan.py --preset quick --dataset {photo_folder.name} --generator-filters 2"
    trained += " --discriminator-filters 8 --epochs 1 --precision float32 --seed 0`, tensorflow."
    assert trained in captions["figure-5-capsules.png"]
    # Pictures of other runs stay, and so do their captions; those of a picture that is gone do not.
    (tmp_path / "f" / "figure-5-capsules.png").unlink()
    assert call("figures", both[0], "--out", "f", cwd=tmp_path).returncode == 0
    now = set(captions_in(tmp_path / "f"))
    assert set(captions) - now == {"figure-5-capsules.png"}


def test_figures_without_the_photographs_hold_colourings_alone(runs, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("models.record.draw_grid", lambda columns, file, dpi: drawn.update({file.name: list(columns)}))
    configs = require_comparable([runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")])
    split = flowers_of_runs(configs, None, None).split("test")
    draw_figures(tmp_path, configs, split, 1, photographs=False)
    assert drawn["systems.png"] == ["cyclegan", "pix2pix"]
    assert drawn["figure-4-cyclegan-seed0.png"] == ["G(x)"]
    assert not {"gray x", "original"} & {title for columns in drawn.values() for title in columns}


def test_a_figure_of_all_systems_keeps_those_whose_runs_are_gone(reproduced, runs, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "tier"
    shutil.copytree(reproduced[0] / runs.name, folder)
    run_dirs = {"pix2pix-seed0": runs / "pix2pix-seed0"}
    split = flowers_of_runs(require_comparable(run_dirs.values()), None, None).split("test")
    drawn = {}
    monkeypatch.setattr("models.record.draw_grid", lambda columns, file, dpi: drawn.update({file.name: columns}))

    def again():
        drawn.clear()
        draw_tier(folder, read_tier(folder), run_dirs, split)

    again()
    assert list(drawn["systems.png"]) == ["gray x", "cyclegan", "pix2pix", "original"]
    kept = drawn["figure-4-cyclegan-seed0.png"]["G(x)"]
    np.testing.assert_array_equal(kept, drawn["systems.png"]["cyclegan"])
    shown = drawn["systems.png"]["original"]
    with opened_run(runs / "cyclegan-seed0") as trained:
        places = np.linspace(0, len(split) - 1, len(shown)).astype(int)
        np.testing.assert_array_equal(drawn["systems.png"]["cyclegan"], trained.coloring(places, shown))
    # A strip of other pictures, or none, leaves a system out and says so.
    monkeypatch.setattr(drawing, "TIER_IMAGES", 1)
    again()
    assert "systems.png" not in drawn
    monkeypatch.undo()
    monkeypatch.setattr("models.record.draw_grid", lambda columns, file, dpi: drawn.update({file.name: columns}))
    (folder / "cyclegan-seed0" / STRIP).unlink()
    again()
    assert "systems.png" not in drawn
    assert capsys.readouterr().err.count("Figures are not drawn of cyclegan-seed0: ") == 2


def planned_grids(**seeds):
    options = asdict(CycleGANOptions())
    shared = {"preset": "paper", "training": {}, "precision": "float32", "made_with": {"backend": "jax"}}
    runs = {}
    for name, seed in seeds.items():
        model = "capsule_cyclegan" if name.startswith("capsules") else "cyclegan"
        runs[name.replace("_", "-")] = shared | {"model": model, "options": options | {"seed": seed}}
    return grids(runs, "x", photographs=True)


def test_a_picture_of_all_systems_shows_the_first_seed_that_each_has():
    columns, told = planned_grids(patch_seed2=2, patch_seed1=1, capsules_seed0=0)["systems.png"]
    assert columns == {"capsules": "capsules-seed0", "patch": "patch-seed1"}
    assert "the first seed of each (capsules-seed0, patch-seed1)" in told
    _, told = planned_grids(patch_seed1=1, capsules_seed1=1)["systems.png"]
    assert "by all systems, seed 1," in told
    assert "systems.png" not in planned_grids(patch_seed0=0, patch_seed1=1)
    # Two that differ by more than their seeds, though they are named as if they did not, are both shown.
    columns, _ = planned_grids(patch_seed_high=0, patch_seed_low=0)["systems.png"]
    assert set(columns) == {"patch-seed-high", "patch-seed-low"}


def test_patchgan_and_capsules_are_shown_seed_by_seed():
    def planned(**seeds):
        files = list(planned_grids(**seeds))
        return [name.removeprefix("figure-6-").removesuffix(".png") for name in files if name.startswith("figure-6")]

    assert planned(patch=0, patch1=1, patch1again=1, capsules=0, capsules1=1) == ["patch-capsules", "patch1-capsules1"]
    assert planned(patch=0, patch2=2, capsules1=1) == ["patch-capsules1"]
    assert planned(patch=0) == planned(capsules=0) == []


def test_the_plane_shows_a_system_once_and_its_seeds_small(tmp_path, monkeypatch):
    value = {"mean": 1.0, "low": 0.9, "high": 1.1}
    names = ["perfect", "gray unchanged", "cyclegan-seed0", "cyclegan-seed1", "best-seed0"]
    rows = {name: {"ratio_to_gray": value, "colorfulness": value} for name in names}
    rows["cyclegan-seed1"] = {key: {"mean": 2.0, "low": 1.0, "high": 3.0} for key in rows[names[0]]}
    scored = {name: Scored(row, None, {"model": name} if name in names[2:] else {}) for name, row in rows.items()}
    systems = StoredTier({}, scored, {}).systems
    points, seeds, limits = {}, [], []
    monkeypatch.setattr(Axes, "errorbar", lambda self, x, y, label, **style: points.update({label: (x, y, style)}))
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, **style: seeds.append((x, y)))
    monkeypatch.setattr(Axes, "legend", lambda self, **style: limits.append(self.get_ylim()))
    fidelity_plane(tmp_path / "plane.png", rows, systems, set(names[:2]))
    assert list(points) == ["perfect", "gray unchanged", "cyclegan, 2 seeds", "best"]
    assert points["cyclegan, 2 seeds"][:2] == (1.5, 1.5)
    # In both panels.
    assert seeds == 2 * [([1.0, 2.0], [1.0, 2.0])]
    assert limits == [NEAR_GRAY]
    assert [label for label, point in points.items() if "xerr" in point[2]] == ["perfect", "gray unchanged", "best"]


def test_losses_of_one_system_share_a_panel_and_all_panels_a_range(tmp_path, monkeypatch):
    def rows(**terms):
        return [terms | {"epoch": epoch, "step": 3.0, "loss": 9.0, "seconds": 2.0} for epoch in (1.0, 2.0)]

    metrics = {"a-seed0": rows(gan=1.0), "a-seed1": rows(gan=2.0), "b-seed0": rows(gan=3.0, cycle=400.0)}
    drawn, legends = {}, []
    plot, legend = Axes.plot, Figure.legend

    def noted(self, epochs, values, **look):
        drawn.setdefault(self, []).append((values[-1], look["color"], look["markersize"]))
        return plot(self, epochs, values, **look)

    def told(self, lines, names, **style):
        legends.append(list(names))
        return legend(self, lines, names, **style)

    monkeypatch.setattr(Axes, "plot", noted)
    monkeypatch.setattr(Figure, "legend", told)
    loss_curves(tmp_path / "losses.png", metrics, {"a, 2 seeds": ["a-seed0", "a-seed1"], "b": ["b-seed0"]})
    assert legends == [["gan", "cycle"]]
    (first, one), (second, other) = drawn.items()
    assert (first.get_title(), second.get_title()) == ("a, 2 seeds", "b")
    assert first.get_ylim() == second.get_ylim()
    # One colour a term, and small marks for further seeds.
    assert [value for value, *_ in one + other] == [1, 2, 3, 400]
    assert one[0][1] == one[1][1] == other[0][1] != other[1][1]
    assert [size for *_, size in one + other] == [4, 2, 4, 4]


@pytest.mark.parametrize("name", ["metrics.csv", "scores.json"])
def test_damaged_files_are_told_in_one_sentence(name, runs, tmp_path):
    shutil.copytree(runs / "cyclegan-seed0", tmp_path / "run")
    (tmp_path / "run" / name).write_text("epoch,loss\n1,much\n")
    done = call("figures", "run", "--out", "f", cwd=tmp_path)
    assert (done.returncode, f"{name} is damaged" in done.stderr) == (2, True), done.stderr
    refused = call("figures", "run", "--images", 0, cwd=tmp_path)
    assert (refused.returncode, "--images 0 is too small" in refused.stderr) == (2, True)


def test_claims_whose_runs_did_not_end_are_not_run(reproduced, runs):
    out, done = reproduced
    claims = read_tier(out / runs.name).claims
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    # One seed decides nothing between two systems.
    assert verdicts.pop("C4") == "undecided"
    # What waits for another run keeps the numbers that it has.
    monochrome = next(claim for claim in claims if claim["id"] == "C1")["parts"]
    assert [part["value"] is None for part in monochrome] == [True, False]
    assert set(verdicts.values()) == {"not run"}
    assert "stochastic, seed 0, did not come to its end" in done.stderr
    assert (runs / "stochastic-seed0" / "letter.txt").read_text() == "mine"
    page = (out / "claims.md").read_text()
    assert all(claim.text in page for claim in CLAIMS)
    first_cells = [line.split(" | ")[0] for line in (out / "scores.md").read_text().splitlines()]
    assert {"| cyclegan", "| pix2pix"} <= set(first_cells)
    assert (out / runs.name / "figures" / "fidelity-plane.png").exists()


def test_check_finds_what_does_not_agree(reproduced, runs, tmp_path):
    results, tier = tmp_path / "results", tmp_path / "results" / runs.name
    shutil.copytree(reproduced[0], results)
    for name, section in (("README.md", "headline"), ("docs/measures.md", "measures")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{BEGIN.format(section)}\n{END.format(section)}\n")

    def problems():
        return [problem.removeprefix(f"{tmp_path}/") for problem in check(results, tmp_path)]

    told = "is not what the stored scores and the code say"
    assert problems() == [f"README.md {told}", f"docs/measures.md {told}"]

    def edited(file, old, new):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        found = problems()
        file.write_text(text)
        return found

    for name, old in (("claims.md", "**undecided**"), ("scores.md", "| cyclegan | ")):
        assert edited(results / name, old, "| 1")[0] == f"results/{name} {told}"
    own = tier / "cyclegan-seed0"
    facts = json.loads((own / "scores.json").read_text())
    ratio, seconds = facts["measures"]["ratio_to_gray"]["mean"], facts["training_seconds"]
    (damaged,) = edited(own / "scores.json", str(ratio), str(0.9 * ratio))
    assert damaged.endswith("cyclegan-seed0: ratio_to_gray of scores.json is not what pictures.csv gives")
    (damaged,) = edited(own / "scores.json", f'"training_seconds": {seconds}', f'"training_seconds": {seconds + 60}')
    assert damaged.endswith("cyclegan-seed0: the seconds in losses.csv are not those of scores.json")
    last = (own / "pictures.csv").read_text().splitlines()[-1]
    for file, old, new in (
        (own / "pictures.csv", f"{last}\n", ""),
        (own / "pictures.csv", last, "1,nan,1,1"),
        (tier / "trivial" / "pictures.csv", "perfect", "imperfect"),
        (own / "scores.json", '"pixel_l1"', '"pixel_l2"'),
        (tier / "tier.json", '"split"', '"splat"'),
        (own / "losses.csv", "epoch", "epic"),
    ):
        (damaged,) = edited(file, old, new)
        assert damaged.startswith(f"results/{file.relative_to(results)} is damaged")
    for name in ("figures/fidelity-plane.png", f"pix2pix-seed0/{STRIP}", "cyclegan-seed0/pictures.csv"):
        (tier / name).unlink()
        assert any(f"{runs.name}/{name} is missing" in problem for problem in problems()), name


def test_a_tier_keeps_the_runs_that_are_not_scored_again(reproduced, runs, tmp_path, capsys):
    folder = tmp_path / "tier"
    shutil.copytree(reproduced[0] / runs.name, folder)
    tier = read_tier(folder)
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    def write(of_tier=True, trivial=None, **changed):
        """Write the tier as if pix2pix alone had been scored now, with `trivial` scores half as large again."""
        scored = {name: one for name, one in tier.scored.items() if name != "cyclegan-seed0"}
        if trivial:
            values = {measure: 1.5 * values for measure, values in scored[trivial].scores.values.items()}
            scored[trivial] = replace(scored[trivial], scores=Scores(values))
        run_dirs = {"pix2pix-seed0": runs / "pix2pix-seed0"}
        write_tier(folder, tier.setting | changed, scored, run_dirs, lambda run, facts: of_tier)

    write()
    assert files == {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    # A measure that came later is missing of earlier runs, which stay; pages leave it out.
    later = {measure: value for measure, value in tier.scored["cyclegan-seed0"].measures.items() if measure != "psnr"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(tier.scored, "cyclegan-seed0", replace(tier.scored["cyclegan-seed0"], measures=later))
        write()
        assert "| cyclegan | " in scores_page({"tier": tier})
    assert set(read_tier(folder).runs) == {"cyclegan-seed0", "pix2pix-seed0"}
    # Another decoder changes the digest, and no score.
    write(digest="0")
    assert set(read_tier(folder).runs) == {"cyclegan-seed0", "pix2pix-seed0"}
    # With other pictures to score or to learn from, or trained otherwise, it cannot be compared.
    others = [{"digest": "1", "trivial": name} for name in (GRAY, MEAN_CHROMA)]
    for changed in (*others, {"image_size": 1}, {"of_tier": False}):
        for file, content in files.items():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        write(**changed)
        assert set(read_tier(folder).runs) == {"pix2pix-seed0"}
        assert (folder / "left-out" / "cyclegan-seed0" / "scores.json").exists()
    assert capsys.readouterr().err.count("cyclegan-seed0 of the earlier results was trained or scored otherwise") == 4
    # Half of a tier is no tier that could be written over.
    (folder / "pix2pix-seed0" / "pictures.csv").unlink()
    with pytest.raises(UserError, match=r"pictures\.csv is missing"):
        write()


def test_a_run_is_of_a_tier_if_its_command_line_trains_it(runs):
    config = json.loads((runs / "cyclegan-seed0" / "config.json").read_text())
    arguments = reproduce._parser().parse_args([word for entry in SET for word in ("--set", entry)])

    def is_trained_as(run, **changed):
        words = tiers.command_line(run, runs, "any", tiers.TIERS["quick"], arguments)
        return tiers.is_trained_as(run, config | changed, words)

    assert is_trained_as("cyclegan-seed0")
    assert not is_trained_as("cyclegan-seed1")
    assert not is_trained_as("cyclegan-l2-seed0")
    assert not is_trained_as("pix2pix-seed0")
    assert not is_trained_as("cyclegan-seed0", options=config["options"] | {"learning_rate": 1.0})
    assert not is_trained_as("cyclegan-seed0", training=config["training"] | {"epochs": 2})
    assert not is_trained_as("cyclegan-seed0", precision="mixed_bfloat16")
    # How often samples are drawn changes nothing that is learned.
    assert is_trained_as("cyclegan-seed0", training=config["training"] | {"sample_interval": 7})


def test_a_run_begins_with_one_of_its_tier_and_seed_wherever_that_lies(tmp_path):
    arguments = reproduce._parser().parse_args(["--preset", "best"])

    def words(folder):
        return tiers.command_line("paired-stochastic-seed2", folder, "any", tiers.TIERS["best"], arguments)

    assert str(tmp_path / "paired-seed2") in words(tmp_path)
    told, options, training = parsed("stochastic_cyclegan", words(tmp_path))
    config = {"model": "stochastic_cyclegan", "preset": "best", "options": options, "training": training}
    stored = identity_of(config | {"precision": told.precision, "made_with": {}})
    assert str(tmp_path) not in json.dumps(stored)
    assert tiers.is_trained_as("paired-stochastic-seed2", stored, words("elsewhere"))
    other = stored | {"training": stored["training"] | {"init": "paired-seed1"}}
    assert not tiers.is_trained_as("paired-stochastic-seed2", other, words("elsewhere"))


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_run_begins_with_is_trained_before_it(is_there, photo_folder, tmp_path, monkeypatch, capsys):
    trained = []
    monkeypatch.setattr(reproduce.tiers, "train", lambda run, words: trained.append(run))
    asked = []
    monkeypatch.setattr(reproduce.tiers, "is_done", lambda run, *_: asked.append(run) or (is_there and len(asked) == 1))
    words = ["--preset", "best", "--only", "S3", "--seeds", "1", "--dataset", photo_folder, "--out", tmp_path]
    monkeypatch.setattr(sys, "argv", ["reproduce.py", *map(str, words), "--runs", str(tmp_path)])
    with pytest.raises(UserError, match="no run in"):
        reproduce.main()
    assert trained == ["paired-seed0", "paired-stochastic-seed0"][: 2 if is_there else 1]
    told = "paired-stochastic-seed0 is not trained: paired-seed0, with which it begins"
    assert (told in capsys.readouterr().err) is not is_there
    assert asked[0] == "paired-seed0"


def test_a_finished_run_of_another_configuration_is_not_scored(runs, photo_folder, tmp_path, monkeypatch):
    """Its training is refused, and what it learned is another system's."""
    monkeypatch.setattr(classifier, "RECIPE", HARDLY)
    monkeypatch.setattr(tiers, "_run", lambda command: 2 if "pix2pix.py" in command[1] else 0)
    settings = [word for entry in SET for word in ("--set", entry)]
    folder = tmp_path / runs.name
    shutil.copytree(runs / "cyclegan-seed0", folder / "pix2pix-seed0")
    shutil.copytree(runs / "cyclegan-seed0", folder / "cyclegan-seed0")
    where = ["--dataset", photo_folder, "--runs", tmp_path, "--out", tmp_path / "out"]
    done = call("reproduce", "--only", "C4", *settings, *where, cwd=tmp_path)
    assert (done.returncode, "not run: pix2pix-seed0" in done.stderr) == (1, True), done.stderr[-500:]
    assert set(read_tier(tmp_path / "out" / runs.name).runs) == {"cyclegan-seed0"}
    # On a machine that has only the other one, what was scored stays, and it is told apart from what never ran.
    shutil.rmtree(folder)
    shutil.copytree(runs / "pix2pix-seed0", folder / "pix2pix-seed0")
    done = call("reproduce", "--no-training", *settings, *where, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert "kept from earlier results: cyclegan-seed0;" in done.stderr
    assert "not run: cyclegan-l2-seed0, " in done.stderr
    assert set(read_tier(tmp_path / "out" / runs.name).runs) == {"cyclegan-seed0", "pix2pix-seed0"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_reproducing_waits_for_a_training_that_is_stopped(number):
    training = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
    training += "print(flush=True)\ntime.sleep(3)\nsys.exit(130)"
    timer = threading.Timer(1.5, os.kill, (os.getpid(), number))
    timer.start()
    # Ctrl-C reaches a training by itself, as this one's end after a while; SIGTERM is handed on.
    assert tiers._run([sys.executable, "-c", training]) == 128 + number


def test_a_stopped_training_stops_the_reproduction(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tiers, "_run", lambda command: 143)
    monkeypatch.setattr(sys, "argv", ["reproduce.py", "--dataset", str(photo_folder), "--out", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt, match="the same command goes on") as stopped:
        reproduce.main()
    assert stopped.value.signal_number == 15
    assert not list(tmp_path.iterdir())


def test_without_training_nothing_is_trained(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tiers, "_run", lambda command: pytest.fail("a training began"))
    where = ["--dataset", photo_folder, "--runs", tmp_path / "runs", "--out", tmp_path / "out"]
    done = call("reproduce", "--no-training", *where, cwd=tmp_path)
    assert (done.returncode, "is at its end: name their folder" in done.stderr) == (2, True), done.stderr[-500:]


def test_reproducing_without_its_pictures_ends_at_once(tmp_path):
    done = call("reproduce", "--dataset", tmp_path / "nowhere", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_table_tells_of_systems_and_the_best_known_tier_comes_first(tmp_path):
    one = {"mean": 1.2, "low": 1.1, "high": 1.3}
    ratios = {"perfect": 0, "gray unchanged": 1, "cyclegan-seed0": 1.0, "cyclegan-seed1": 1.1}

    def scored(name, facts):
        row = {key: {"mean": ratios[name]} for key, *_ in COLUMNS}
        row |= {"pixel_l1": {"mean": 4.0 * ratios[name]}, "ratio_to_gray": {"mean": ratios[name]}}
        return Scored(row, Scores({"pixel_l1": np.array([ratios[name], ratios[name]])}), facts)

    trained = {
        "model": "cyclegan",
        "options": {"paired_weight": 1.0},
        "made_with": {"backend": "jax", "cpus": 1},
        "training_seconds": 1.0,
    }

    def run(put_back, named):
        test = {kind: {"mean": named, "low": 0, "high": 1} for kind in ("real", "gray", "run")}
        return trained | {"brightness": {"luma_put_back": {"mean": put_back}}, "class_test": test}

    setting = {"preset": "quick", "dataset": "x", "image_size": 8, "images": {"train": 1, "test": 1}, "changed": []}
    setting |= {"epochs_scored": 3, "shipped": {"cyclegan.npz": {"ratio_to_gray": one, "colorfulness": one}}}
    runs = {"cyclegan-seed0": run(3.0, 0.5), "cyclegan-seed1": run(3.4, 0.5)}
    tier = StoredTier(setting, {name: scored(name, runs.get(name, {})) for name in ratios}, {})
    tier.claims = [{"id": name, "text": "It is so.", "verdict": "refuted"} for name in ("C1", "C3")]
    text = scores_page({"a": tier})
    assert "| [`cyclegan.npz`](a/colorizers/cyclegan.npz) | 1.200 [1.100, 1.300] | 1.2 [1.1, 1.3] |" in text
    # 12.706 standard errors of 0.05 between the seeds.
    assert "| cyclegan, 2 seeds | 1.050 [0.415, 1.685] | 1.000, 1.100 |" in text
    # Of gray's error of 4 there are 3 and 3.4 with the luma of x; the class test names half.
    assert "| 0.800 | 0.50 |" in text
    assert "classifiers" not in text
    # Of the tier's other runs there is nothing yet.
    assert "still to come: cyclegan-l2-seed0, capsule-mse-seed0" in text
    told = headline({"a": tier})
    assert "| cyclegan, 2 seeds | 1.050 [0.415, 1.685] | 1.000, 1.100 | 1.1 |" in told
    assert "| **C3** It is so. | **refuted** |" in told
    assert "over the last 3 epochs and over 1 test pictures" in told
    # The shares of several classifiers are not to be compared.
    other = {"cyclegan-seed1": scored("cyclegan-seed1", run(3.4, 0.6))}
    text = scores_page({"a": replace(tier, scored=tier.scored | other)})
    assert "| 0.800 |  |" in text
    assert "2 classifiers, which name 0.500 (0.500 when gray) and 0.600 (0.600 when gray) of the originals" in text


def test_the_tier_that_says_most_comes_first():
    tiers = ["released-oxford17", "reduced-oxford17", "quick-synthetic", "best-oxford17"]
    assert list(read_tiers(PROJECT / "results")) == tiers


def test_readme_shows_a_tier_that_is_whole_before_one_that_says_more():
    tiers = read_tiers(PROJECT / "results")
    more, whole = tiers["released-oxford17"], tiers["reduced-oxford17"]
    begun = replace(more, scored={name: more.scored[name] for name in (PERFECT, GRAY, "cyclegan-seed0")})
    assert "128 pixels" in headline({"more": begun})
    assert "64 pixels" in headline({"more": begun, "whole": whole})


@pytest.mark.parametrize("option", ["--check", "--pages"])
def test_checking_and_writing_pages_take_no_other_options(option, tmp_path):
    done = call("reproduce", option, "--only", "C1", cwd=tmp_path)
    assert (done.returncode, f"--only has no meaning with {option}" in done.stderr) == (2, True), done.stderr


def test_pages_are_written_from_what_is_stored_without_a_training(reproduced, tmp_path):
    shutil.copytree(reproduced[0], tmp_path / "results")
    page = tmp_path / "results" / "claims.md"
    text = page.read_text(encoding="utf-8")
    page.write_text("Nothing was claimed.")
    checked = call("reproduce", "--check", "--out", page.parent, cwd=tmp_path)
    assert (checked.returncode, "claims.md is not what" in checked.stderr) == (1, True), checked.stderr
    assert call("reproduce", "--pages", "--out", page.parent, cwd=tmp_path).returncode == 0
    assert page.read_text(encoding="utf-8") == text
    # The README tells of the project's own results alone.
    assert call("reproduce", "--check", "--out", page.parent, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", ["reduced-oxford17", "quick-synthetic", "best-oxford17"])
def test_the_captions_of_the_projects_figures_are_the_commands_of_their_runs(name):
    tier = read_tier(PROJECT / "results" / name)
    captions = captions_in(PROJECT / "results" / name / "figures")
    for run, facts in tier.runs.items():
        told = [captions.get(f"{figure}-{run}.png") for figure in ("figure-4", "figure-5", "figure-7", "diversity")]
        assert any(told), run
        for caption in filter(None, told):
            script, *words = shlex.split(caption.split("`")[1])
            arguments, options, training = parsed(script.removesuffix(".py"), words)
            # Options that came after a run stood at their defaults.
            learned = (facts["options"], asdict(TrainingOptions()) | facts["training"], facts["precision"])
            assert (options, training, arguments.precision) == learned
            assert (script, arguments.dataset) == (f"{facts['model']}.py", tier.setting["dataset"])


def test_the_projects_own_results_agree_with_pages_and_code():
    assert check(PROJECT / "results") == []


def test_runs_from_before_an_option_are_of_one_configuration_with_those_after_it():
    now = asdict(CycleGANOptions())
    before = {name: value for name, value in now.items() if name != "half_chroma"} | {"match_colorfulness": False}
    whole = whole_options("cyclegan", before)
    assert json.dumps(whole, sort_keys=True) == json.dumps(now, sort_keys=True)
    assert whole_options("cyclegan", {"match_colorfulness": True})["match_colorfulness"] == 1.0


def test_the_table_of_runs_is_what_trains_them():
    page = (PROJECT / "results" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w-]+)` \| `(\w+)\.py` \| `?(.*?)`? \|$", page, re.MULTILINE)
    options = {
        name: " ".join(word for option, value in own.items() for word in typed(option, value))
        for name, (_, own) in tiers.RUNS.items()
    }
    assert rows == [(name, script, options[name]) for name, (script, _) in tiers.RUNS.items()]
