"""From runs to verdicts: comparing two runs, figures, claims, and whether tracked results agree."""

import json
import os
import shlex
import shutil
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data_loader import UserError
from evaluation.effects import difference, monochrome_share, pooled_share, ratio_to, smaller_share_of_wins
from evaluation.scores import Scores
from evaluation.verdicts import Above, AtMost, Within, combined
from experiments import reproduce, tier_training
from experiments.captions import read_captions
from experiments.claims import AIMS, CLAIMS, Evidence
from experiments.coloring_figures import ColoringFigures
from experiments.figures import draw_figures
from experiments.judging import judged
from experiments.plots import NEAR_GRAY, fidelity_plane, loss_curves
from experiments.readme_text import headline_section
from experiments.results_check import check
from experiments.scores_page import COLUMNS, scores_page
from experiments.tier_files import evidence_of, read_tier, write_tier
from experiments.tiers import RUNS, systems_of
from experiments.tracked_results import BEGIN, END, in_order
from experiments.train import parsed
from experiments.trained_run import flowers_of_runs, opened_run, require_comparable, run_names
from models import flower_classifier
from models.options import CycleGANOptions
from models.presets import whole_options
from tests.experiments.scripts import PROJECT, call

SETTINGS = {"generator-filters": "2", "discriminator-filters": "8", "epochs": "1"}
SMALL = [word for name, value in SETTINGS.items() for word in (f"--{name}", value)]
HARDLY = flower_classifier.Recipe(filters=2, epochs=1)
SET = [f"{name}={value}" for name, value in SETTINGS.items()]


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
        patch.setattr(tier_training, "_run", run)
        patch.setattr(flower_classifier, "RECIPE", HARDLY)
        done = call("reproduce", "--only", "C3,C4", *settings, *where, cwd=out)
    # Not all was run.
    assert done.returncode == 1, done.stderr[-800:]
    return out, done


def test_two_runs_are_compared_picture_by_picture(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(flower_classifier, "RECIPE", HARDLY)
    names = [runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")]
    question = [*names, "--probes", "--samples", 2, "--class-test"]
    done = call("evaluate", *question, "--json", "scores.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    report = json.loads((tmp_path / "scores.json").read_text())
    found = report["comparison"]
    means = [report["rows"][name.name]["pixel_l1"]["mean"] for name in names]
    assert found["difference"]["mean"] == pytest.approx(means[1] - means[0], rel=1e-6)
    assert (names[0] / "against-pix2pix-seed0.png").exists()
    assert "Wilcoxon" in done.stdout
    assert {"cycle", "hidden_color", "brightness"} <= set(report["runs"]["cyclegan-seed0"])
    assert "with the luma of x put back" in done.stdout
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
    captions = read_captions(tmp_path / "f" / "captions.md")
    assert set(captions) >= names
    trained = f"`capsule_cyclegan.py --preset quick --dataset {photo_folder.name} --generator-filters 2"
    trained += " --discriminator-filters 8 --epochs 1 --precision float32 --seed 0`, tensorflow."
    assert trained in captions["figure-5-capsules.png"]
    # Pictures of other runs stay, and so do their captions; those of a picture that is gone do not.
    (tmp_path / "f" / "figure-5-capsules.png").unlink()
    assert call("figures", both[0], "--out", "f", cwd=tmp_path).returncode == 0
    now = set(read_captions(tmp_path / "f" / "captions.md"))
    assert set(captions) - now == {"figure-5-capsules.png"}


def test_figures_without_the_photographs_hold_colourings_alone(runs, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("models.sample_grid.draw", lambda columns, file, dpi: drawn.update({file.name: list(columns)}))
    configs = require_comparable([runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")])
    split = flowers_of_runs(configs, None, None).split("test")
    draw_figures(tmp_path, configs, split, 1, photographs=False)
    assert drawn["systems.png"] == ["cyclegan", "pix2pix"]
    assert drawn["figure-4-cyclegan-seed0.png"] == ["G(x)"]
    assert not {"gray x", "original"} & {title for columns in drawn.values() for title in columns}


def test_a_figure_of_all_systems_keeps_those_whose_runs_are_gone(reproduced, runs, tmp_path, monkeypatch, capsys):
    tier = tmp_path / "tier"
    shutil.copytree(reproduced[0] / runs.name, tier)
    report, _ = read_tier(tier)
    configs = require_comparable([runs / "pix2pix-seed0"])
    split = flowers_of_runs(configs, None, None).split("test")
    drawn = {}
    monkeypatch.setattr("models.sample_grid.draw", lambda columns, file, dpi: drawn.update({file.name: columns}))

    def again(images=4):
        drawn.clear()
        draw_figures(tier / "figures", configs, split, images, report, strips=tier / "colorings")

    again()
    assert list(drawn["systems.png"]) == ["gray x", "cyclegan", "pix2pix", "original"]
    kept = drawn["figure-4-cyclegan-seed0.png"]["G(x)"]
    np.testing.assert_array_equal(kept, drawn["systems.png"]["cyclegan"])
    shown = drawn["systems.png"]["original"]
    with opened_run(runs / "cyclegan-seed0") as trained:
        places = np.linspace(0, len(split) - 1, len(shown)).astype(int)
        np.testing.assert_array_equal(drawn["systems.png"]["cyclegan"], trained.coloring(places, shown))
    # A strip of other pictures, or none, leaves a system out and says so.
    again(images=1)
    assert "systems.png" not in drawn
    (tier / "colorings" / "cyclegan-seed0.png").unlink()
    again()
    assert "systems.png" not in drawn
    assert capsys.readouterr().err.count("Figures are not drawn of cyclegan-seed0: ") == 2


def test_patchgan_and_capsules_are_shown_seed_by_seed(tmp_path, monkeypatch):
    monkeypatch.setattr("models.sample_grid.draw", lambda columns, file, dpi: None)

    def drawn(**seeds):
        figures = ColoringFigures(tmp_path, np.zeros((1, 8, 8, 3)), True, "x")
        options = asdict(CycleGANOptions())
        known = {"preset": "paper", "training": {}, "precision": "float32", "made_with": {"backend": "jax"}}
        runs = {}
        for name, seed in seeds.items():
            model = "capsule_cyclegan" if name.startswith("capsules") else "cyclegan"
            runs[name] = known | {"model": model, "options": options | {"seed": seed}}
        figures.patchgan_and_capsules(runs, dict.fromkeys(runs, None))
        return [name.removeprefix("figure-6-").removesuffix(".png") for name in figures.captions]

    assert drawn(patch=0, patch1=1, patch1again=1, capsules=0, capsules1=1) == ["patch-capsules", "patch1-capsules1"]
    assert drawn(patch=0, patch2=2, capsules1=1) == ["patch-capsules1"]
    assert drawn(patch=0) == drawn(capsules=0) == []


def test_the_plane_shows_a_system_once_and_its_seeds_small(tmp_path, monkeypatch):
    value = {"mean": 1.0, "low": 0.9, "high": 1.1}
    names = ["perfect", "gray unchanged", "cyclegan-seed0", "cyclegan-seed1", "best-seed0"]
    report = {"rows": {name: {"ratio_to_gray": value, "colorfulness": value} for name in names}}
    report["runs"] = dict.fromkeys(names[2:])
    report["rows"]["cyclegan-seed1"] = {key: {"mean": 2.0, "low": 1.0, "high": 3.0} for key in report["rows"][names[0]]}
    points, seeds, limits = {}, [], []
    monkeypatch.setattr(Axes, "errorbar", lambda self, x, y, label, **style: points.update({label: (x, y, style)}))
    monkeypatch.setattr(Axes, "plot", lambda self, x, y, **style: seeds.append((x, y)))
    monkeypatch.setattr(Axes, "legend", lambda self, **style: limits.append(self.get_ylim()))
    fidelity_plane(tmp_path / "plane.png", report["rows"], systems_of(report), set(names[:2]))
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
    tier = json.loads((out / "claims.json").read_text())[runs.name]
    verdicts = {claim["id"]: claim["verdict"] for claim in tier["claims"]}
    # One seed decides nothing between two systems.
    assert verdicts.pop("C4") == "undecided"
    # What waits for another run keeps the numbers that it has.
    monochrome = next(claim for claim in tier["claims"] if claim["id"] == "C1")["parts"]
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
    shutil.copytree(reproduced[0], tmp_path / "results")
    results, readme = tmp_path / "results", tmp_path / "README.md"
    sections = ("headline", "measures")
    readme.write_text("".join(f"{BEGIN.format(name)}\n{END.format(name)}\n" for name in sections))
    assert [problem.split(": ")[1] for problem in check(results, readme)] == [
        "its tables are not what the tracked results and the code say"
    ]
    tracked = (results / "claims.json").read_text()
    for change, problem in (
        ({"verdict": "confirmed"}, "C4: its verdict does not follow"),
        ({"value": {"mean": 0.0, "low": 0.0, "high": 0.0}}, "C4: its numbers are not those"),
        ({"rule": "confirmed always"}, "C4: its text, measures, rules or seeds are not those"),
        ({"by_seed": [{"seed": 0, "mean": 0.0, "low": 0.0, "high": 0.0}]}, "C4: its text, measures, rules or seeds"),
    ):
        document = json.loads(tracked)
        claim = next(claim for claim in document[runs.name]["claims"] if claim["id"] == "C4")
        claim["parts"][0] |= change
        (results / "claims.json").write_text(json.dumps(document))
        assert any(problem in found for found in check(results, readme))
    (results / "claims.json").write_text(tracked)
    page = (results / "scores.md").read_text()
    (results / "scores.md").write_text(page.replace("| cyclegan | ", "| cyclegan | 1"))
    assert check(results, readme)[0].endswith("scores.md is not what the tracked results say")
    (results / "scores.md").write_text(page)
    scored = (results / runs.name / "scores.json").read_text()
    report = json.loads(scored)
    report["rows"]["cyclegan-seed0"]["ratio_to_gray"]["mean"] *= 0.9
    report["runs"]["pix2pix-seed0"]["training_seconds"] += 60
    (results / runs.name / "scores.json").write_text(json.dumps(report))
    problems = check(results, readme)
    assert any("cyclegan-seed0: ratio_to_gray of scores.json is not what pictures.csv gives" in one for one in problems)
    assert any("the seconds in losses/pix2pix-seed0.csv are not" in one for one in problems)
    (results / runs.name / "scores.json").write_text(scored)
    (results / runs.name / "figures" / "fidelity-plane.png").unlink()
    assert any("fidelity-plane.png is missing" in problem for problem in check(results, readme))
    (results / runs.name / "colorings" / "cyclegan-seed0.png").rename(results / runs.name / "colorings" / "gone.png")
    problems = check(results, readme)
    for told in ("cyclegan-seed0.png is missing", "gone.png is of no run"):
        assert any(f"colorings/{told}" in problem for problem in problems)
    pictures = results / runs.name / "pictures.csv"
    lines = pictures.read_text().splitlines()
    last = lines[-1].split(",")
    for content in (
        [*lines[:-1], ",".join([*last[:2], "1e6", *last[3:]])],
        lines[:-1],
        ["row,picture", "perfect,none"],
    ):
        pictures.write_text("\n".join(content) + "\n")
        assert any("pictures.csv is damaged" in problem for problem in check(results, readme))
    pictures.unlink()
    assert any("pictures.csv is missing" in problem for problem in check(results, readme))
    (results / "claims.json").write_text('{"quick": {"claims": [{}]}}')
    assert any("claims.json is damaged" in problem for problem in check(results, readme))


def test_a_tier_keeps_the_runs_that_are_not_scored_again(reproduced, runs, tmp_path):
    shutil.copytree(reproduced[0] / runs.name, tmp_path / "tier")
    report, scores = read_tier(tmp_path / "tier")
    # Their intervals would be others than the tables'.
    assert "configurations" not in report
    assert set(evidence_of(report, scores).scores) == {"cyclegan", "pix2pix"}
    before = {file: (tmp_path / "tier" / file).read_text() for file in ("scores.json", "pictures.csv")}

    def without(table):
        return {name: entry for name, entry in table.items() if name != "cyclegan-seed0"}

    fewer = report | {"rows": without(report["rows"]), "runs": without(report["runs"])}
    write_tier(tmp_path / "tier", fewer, without(scores))
    assert before == {file: (tmp_path / "tier" / file).read_text() for file in before}
    # With other pictures, or another setting of the runs of its kind, it cannot be compared.
    run = report["runs"]["cyclegan-seed0"]
    other = {"cyclegan-seed1": run | {"options": run["options"] | {"learning_rate": 1.0}}}
    again = {
        "rows": fewer["rows"] | {"cyclegan-seed1": report["rows"]["cyclegan-seed0"]},
        "runs": fewer["runs"] | other,
    }
    more = without(scores) | {"cyclegan-seed1": scores["cyclegan-seed0"]}
    for changed, kept in ((fewer | {"digest": "0"}, without(scores)), (fewer | again, more)):
        for file, text in before.items():
            (tmp_path / "tier" / file).write_text(text)
        write_tier(tmp_path / "tier", changed, kept)
        assert set(read_tier(tmp_path / "tier")[1]) == set(kept)
    # Half of a tier is no tier that could be written over.
    (tmp_path / "tier" / "pictures.csv").unlink()
    with pytest.raises(UserError, match=r"pictures\.csv is missing"):
        write_tier(tmp_path / "tier", fewer, without(scores))


def test_a_finished_run_of_another_configuration_is_not_scored(runs, photo_folder, tmp_path, monkeypatch):
    """Its training is refused, and what it learned is another system's."""
    monkeypatch.setattr(flower_classifier, "RECIPE", HARDLY)
    monkeypatch.setattr(tier_training, "_run", lambda command: 2 if "pix2pix.py" in command[1] else 0)
    settings = [word for entry in SET for word in ("--set", entry)]
    folder = tmp_path / runs.name
    shutil.copytree(runs / "cyclegan-seed0", folder / "pix2pix-seed0")
    shutil.copytree(runs / "cyclegan-seed0", folder / "cyclegan-seed0")
    where = ["--dataset", photo_folder, "--runs", tmp_path, "--out", tmp_path / "out"]
    done = call("reproduce", "--only", "C4", *settings, *where, cwd=tmp_path)
    assert (done.returncode, "not run: pix2pix-seed0" in done.stderr) == (1, True), done.stderr[-500:]
    assert set(read_tier(tmp_path / "out" / runs.name)[0]["runs"]) == {"cyclegan-seed0"}
    # On a machine that has only the other one, what was scored stays, and it is told apart from what never ran.
    shutil.rmtree(folder)
    shutil.copytree(runs / "pix2pix-seed0", folder / "pix2pix-seed0")
    done = call("reproduce", "--no-training", *settings, *where, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert "kept from earlier results: cyclegan-seed0;" in done.stderr
    assert "not run: cyclegan-l2-seed0, " in done.stderr
    assert set(read_tier(tmp_path / "out" / runs.name)[0]["runs"]) == {"cyclegan-seed0", "pix2pix-seed0"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_reproducing_waits_for_a_training_that_is_stopped(number):
    training = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
    training += "print(flush=True)\ntime.sleep(3)\nsys.exit(130)"
    timer = threading.Timer(1.5, os.kill, (os.getpid(), number))
    timer.start()
    # Ctrl-C reaches a training by itself, as this one's end after a while; SIGTERM is handed on.
    assert tier_training._run([sys.executable, "-c", training]) == 128 + number


def test_a_stopped_training_stops_the_reproduction(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tier_training, "_run", lambda command: 143)
    monkeypatch.setattr(sys, "argv", ["reproduce.py", "--dataset", str(photo_folder), "--out", str(tmp_path)])
    with pytest.raises(KeyboardInterrupt, match="the same command goes on") as stopped:
        reproduce.main()
    assert stopped.value.signal_number == 15
    assert not list(tmp_path.iterdir())


def test_without_training_nothing_is_trained(photo_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(tier_training, "_run", lambda command: pytest.fail("a training began"))
    where = ["--dataset", photo_folder, "--runs", tmp_path / "runs", "--out", tmp_path / "out"]
    done = call("reproduce", "--no-training", *where, cwd=tmp_path)
    assert (done.returncode, "is at its end: name their folder" in done.stderr) == (2, True), done.stderr[-500:]


def test_reproducing_without_its_pictures_ends_at_once(tmp_path):
    done = call("reproduce", "--dataset", tmp_path / "nowhere", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_table_tells_of_systems_and_the_best_known_tier_comes_first():
    ratios = {"perfect": 0, "gray unchanged": 1, "cyclegan-seed0": 1.0, "cyclegan-seed1": 1.1}
    pictures = {name: scores(pixel_l1=[ratio, ratio]) for name, ratio in ratios.items()}
    report = {"rows": {name: {key: {"mean": ratio} for key, *_ in COLUMNS} for name, ratio in ratios.items()}}
    named = {kind: {"mean": 0.5, "low": 0, "high": 1} for kind in ("real", "gray", "run")}
    trained = {"model": "cyclegan", "options": {"paired_weight": 1.0}, "class_test": named}
    put_back = ({"luma_put_back": {"mean": error}} for error in (3.0, 3.4))
    report["runs"] = {f"cyclegan-seed{seed}": trained | {"brightness": next(put_back)} for seed in (0, 1)}
    report["rows"]["gray unchanged"]["pixel_l1"] = {"mean": 4.0}
    report["epochs_scored"] = 3
    setting = {"preset": "quick", "dataset": "x", "image_size": 8, "images": {"train": 1, "test": 1}, "changed": []}
    setting |= {"seeds": {"cyclegan": 2}, "hours": {"x": 1.0}, "claims": []}
    one = {"mean": 1.2, "low": 1.1, "high": 1.3}
    own = {"file": "cyclegan.npz", "ratio_to_gray": one, "colorfulness": one}
    report["runs"]["cyclegan-seed0"]["shipped"] = own
    text = scores_page({"a": setting}, {"a": (report, pictures)})
    assert "| [`cyclegan.npz`](a/colorizers/cyclegan.npz) | 1.200 [1.100, 1.300] | 1.2 [1.1, 1.3] |" in text
    # 12.706 standard errors of 0.05 between the seeds.
    assert "| cyclegan, 2 seeds | 1.050 [0.415, 1.685] | 1.000, 1.100 |" in text
    # Of gray's error of 4 there are 3 and 3.4 with the luma of x; the class test names half.
    assert "| 0.800 | 0.50 |" in text
    assert "classifiers" not in text
    other = {kind: {"mean": 0.6, "low": 0, "high": 1} for kind in ("real", "gray", "run")}
    report["runs"]["cyclegan-seed1"]["class_test"] = other
    text = scores_page({"a": setting}, {"a": (report, pictures)})
    # Their shares are not to be compared.
    assert "| 0.800 |  |" in text
    assert "2 classifiers, which name 0.500 (0.500 when gray) and 0.600 (0.600 when gray) of the originals" in text
    told = setting | {"claims": [{"id": name, "text": "It is so.", "verdict": "refuted"} for name in ("C1", "C3")]}
    headline = headline_section({"a": told}, {"a": (report, pictures)})
    assert "| cyclegan, 2 seeds | 1.050 [0.415, 1.685] | 1.000, 1.100 | 1.1 |" in headline
    assert "| **C3** It is so. | **refuted** |" in headline
    assert "over the last 3 epochs and over 1 test pictures" in headline
    assert "Learned from pairs: cyclegan." in headline
    # Of the tier's other runs there is nothing yet.
    assert "still to come: cyclegan-l2, capsule-mse" in text
    assert list(in_order({"a": setting, "b": setting | {"preset": "paper"}})) == ["b", "a"]


def test_checking_takes_no_other_options(tmp_path):
    done = call("reproduce", "--check", "--only", "C1", cwd=tmp_path)
    assert (done.returncode, "--only has no meaning with --check" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("tier", ["reduced-oxford17", "quick-synthetic"])
def test_the_captions_of_the_projects_figures_are_the_commands_of_their_runs(tier):
    report, _ = read_tier(PROJECT / "results" / tier)
    captions = read_captions(PROJECT / "results" / tier / "figures" / "captions.md")
    for name, run in report["runs"].items():
        told = [captions.get(f"{figure}-{name}.png") for figure in ("figure-4", "figure-5", "figure-7", "diversity")]
        assert any(told), name
        for caption in filter(None, told):
            script, *words = shlex.split(caption.split("`")[1])
            arguments, options, training = parsed(script.removesuffix(".py"), words)
            assert (options, training, arguments.precision) == (run["options"], run["training"], run["precision"])
            assert (script, arguments.dataset) == (f"{run['model']}.py", report["dataset"])


def test_the_projects_own_results_agree_with_readme_and_code():
    assert check(PROJECT / "results", PROJECT / "README.md") == []


@pytest.mark.parametrize(
    ("rule", "confirmed", "refuted", "undecided"),
    [
        (Above(0.1), (0.2, 0.3), (0.0, 0.05), (0.05, 0.15)),
        (AtMost(0.1), (-2, 0.05), (0.15, 0.2), (0.05, 0.15)),
        (Within(0.1), (-0.05, 0.05), (-0.3, -0.2), (-0.2, 0.05)),
        (Within(0.1), (-0.05, 0.05), (0.2, 0.3), (-0.2, 0.2)),
        (Within(0.1, around=1), (0.95, 1.05), (-0.05, 0.05), (0.95, 1.2)),
    ],
)
def test_rules_need_the_whole_interval(rule, confirmed, refuted, undecided):
    for verdict, (low, high) in (("confirmed", confirmed), ("refuted", refuted), ("undecided", undecided)):
        assert rule.verdict({"mean": (low + high) / 2, "low": low, "high": high}) == verdict


def test_a_claim_is_confirmed_by_all_its_parts_and_refuted_by_one():
    assert combined(["confirmed", "confirmed"]) == "confirmed"
    assert combined(["confirmed", "undecided"]) == "undecided"
    assert combined(["undecided", "refuted"]) == "refuted"
    assert combined(["refuted", "not run"]) == "not run"


def scores(**values):
    return Scores({name: np.array(numbers, float) for name, numbers in values.items()})


def test_a_difference_is_a_share_of_gray_and_as_wide_as_pictures_and_seeds_together():
    first, second, gray = scores(pixel_l1=[11, 11, 11]), scores(pixel_l1=[10, 10, 10]), scores(pixel_l1=[20, 20, 20])
    one = difference([first], [second], gray)
    assert (one["mean"], one["low"], one["high"]) == (pytest.approx(0.05),) * 3
    seeds = difference([first, scores(pixel_l1=[13, 13, 13])], [second, scores(pixel_l1=[9, 9, 9])], gray)
    # Welch: of 0.55 and 0.65 less 0.5 and 0.45, 6.19 (at 1.47 degrees of freedom) times 0.0559.
    assert (seeds["mean"], seeds["high"] - seeds["mean"]) == (pytest.approx(0.125), pytest.approx(0.3459, rel=1e-3))


def test_a_single_run_is_taken_to_vary_as_much_as_the_other_systems_seeds():
    gray = scores(pixel_l1=[20, 20, 20])
    several, single = [scores(pixel_l1=[10, 10, 10]), scores(pixel_l1=[12, 12, 12])], [scores(pixel_l1=[9, 9, 9])]
    # Ratios 0.5 and 0.6 vary by 0.0707, a mean of two less a single one by √(½ + 1) of that: 12.706 times 0.0866.
    for sign, found in ((1, difference(several, single, gray)), (-1, difference(single, several, gray))):
        assert found["mean"] == pytest.approx(sign * 0.1)
        assert found["high"] - found["mean"] == pytest.approx(12.706 * 0.0866, rel=1e-4)


def test_intervals_over_seeds_are_those_of_students_t():
    gray = scores(pixel_l1=[20, 20, 20])
    # Ratios 0.5 and 0.6: 12.706 standard errors of 0.05 on both sides, and nothing over pictures.
    found = ratio_to([scores(pixel_l1=[10, 10, 10]), scores(pixel_l1=[12, 12, 12])], "pixel_l1", gray)
    assert found["mean"] == pytest.approx(0.55)
    assert found["high"] - found["mean"] == pytest.approx(12.706 * 0.05, rel=1e-4)
    original = scores(ab_spread=[30] * 4)
    share = monochrome_share([scores(ab_spread=[1, 1, 40, 40]), scores(ab_spread=[1, 1, 1, 40])], original)
    assert (share["mean"], share["low"], share["high"]) == (0.625, 0, 1)
    alike = {"mean": 0.5, "low": 0.4, "high": 0.6}
    assert pooled_share([alike, alike]) == alike
    # The mean of both intervals, and 12.706 standard errors of 0.05 between the seeds.
    pooled = pooled_share([alike, {"mean": 0.6, "low": 0.5, "high": 0.7}])
    assert (pooled["mean"], pooled["low"]) == (pytest.approx(0.55), 0)
    nearly = pooled_share([alike, {"mean": 0.5002, "low": 0.4, "high": 0.6}])
    assert nearly["low"] == pytest.approx(0.5001 - np.hypot(0.1001, 12.706 * 0.0001), abs=1e-5)


def test_wins_count_beyond_the_margin_alone():
    gray = scores(pixel_l1=[100.0] * 8)
    first = scores(pixel_l1=[50, 50, 50, 50, 50, 50, 50, 50])
    second = scores(pixel_l1=[60, 60, 60, 40, 51, 49, 51, 50])
    assert smaller_share_of_wins([first], [second], gray)["mean"] == pytest.approx(1 / 4)
    # Of two pairs of seeds the mean: 3 of 4 and 1 of 4 pictures won.
    mirrored = smaller_share_of_wins([first, second], [second, first], gray)
    assert (mirrored["mean"], mirrored["low"], mirrored["high"]) == (0.5, 0, 1)
    nothing = smaller_share_of_wins([first], [first], gray)
    assert (nothing["low"], nothing["high"]) == (0, 1)


def test_monochrome_is_one_tint_and_not_little_colour():
    original = scores(ab_spread=[30, 30, 30, 30])
    assert monochrome_share([scores(ab_spread=[5, 9, 11, 40])], original)["mean"] == 0.5


def evidence_for(seeds=3, **errors):
    """Evidence in which each run has the given pixel-L1, where gray has 100, in `seeds` runs that hardly differ."""
    rng = np.random.default_rng(0)
    originals = {"ab_spread": np.full(60, 30.0), "colorfulness": np.full(60, 50.0), "pixel_l1": np.zeros(60)}
    made = {}
    for name in RUNS:
        error, spread = errors.get(name, 90.0), np.full(60, 3.0 if name in errors.get("dull", ()) else 30.0)
        same = {"ab_spread": spread, "colorfulness": np.full(60, 40.0)}
        made[name] = [Scores(same | {"pixel_l1": error + rng.normal(0, 0.3, 60)}) for _ in range(seeds)]
    share = errors.get("collapsed", 1.0)
    report = {"diversity": {"collapsed": {"mean": share, "low": share - 0.03, "high": min(1, share + 0.03)}}}
    trivial = {"perfect": Scores(originals), "gray unchanged": scores(pixel_l1=np.full(60, 100.0))}
    numbers = dict.fromkeys(RUNS, tuple(range(seeds)))
    return Evidence(numbers, made, {name: [report] * seeds for name in RUNS}, trivial)


def verdicts(evidence, claims=CLAIMS):
    return {claim["id"]: claim["verdict"] for claim in judged(claims, evidence)}


def test_each_claim_is_confirmed_by_what_it_says_and_refuted_by_the_opposite():
    says = {"cyclegan": 70, "capsule-mse": 71, "capsule-bce": 80, "pix2pix": 69}
    found = verdicts(evidence_for(**says, **{"patch-capsule": 60, "semi-supervised": 60}, dull=("cyclegan-l2",)))
    # Nobody wins by more than the margin here, so whether they win on different pictures stays open.
    assert found.pop("C2") == "undecided"
    assert set(found.values()) == {"confirmed"}
    opposite = {"cyclegan": 95, "capsule-mse": 85, "capsule-bce": 70, "pix2pix": 60}
    wrong = {"patch-capsule": 99, "semi-supervised": 99, "dull": ("cyclegan",), "collapsed": 0.1}
    assert set(verdicts(evidence_for(**opposite, **wrong)).values()) == {"refuted"}


def test_two_systems_that_win_on_different_pictures_confirm_the_second_claim():
    evidence = evidence_for(**{"cyclegan": 70, "capsule-mse": 70})
    sign = np.where(np.arange(60) % 2, 15.0, -15.0)
    for run in evidence.scores["capsule-mse"]:
        run.values["pixel_l1"] = run.values["pixel_l1"] + sign
    assert verdicts(evidence)["C2"] == "confirmed"


def test_one_seed_decides_nothing_between_two_systems():
    found = verdicts(evidence_for(seeds=1, **{"capsule-bce": 50, "semi-supervised": 50, "patch-capsule": 50}))
    assert {found[name] for name in ("C5", "C6", "C7")} == {"undecided"}
    assert found["C3"] == "confirmed"


def test_a_claims_number_is_told_of_each_seed_by_itself():
    evidence = evidence_for(seeds=2, **{"cyclegan": 70, "capsule-mse": 71})
    evidence.scores["capsule-mse"][1].values["pixel_l1"] += 50
    by_seed = judged(CLAIMS, evidence)[1]["parts"][0]["by_seed"]
    assert [one["seed"] for one in by_seed] == [0, 1]
    assert [one["mean"] for one in by_seed] == pytest.approx([0.01, 0.51], abs=2e-3)
    # Over 60 pictures whose errors vary by 0.3 of 100.
    assert all(one["high"] - one["low"] < 0.005 for one in by_seed)
    # Of a system with a single run, the seed that both have.
    evidence.scores["capsule-mse"].pop(0)
    evidence.seeds["capsule-mse"] = (1,)
    (alone,) = judged(CLAIMS, evidence)[1]["parts"][0]["by_seed"]
    assert (alone["seed"], alone["mean"]) == (1, pytest.approx(0.51, abs=2e-3))
    assert judged(CLAIMS, evidence_for(seeds=1))[1]["parts"][0]["by_seed"] == []


def test_systems_that_do_not_beat_gray_are_not_on_a_level():
    assert verdicts(evidence_for(cyclegan=120, pix2pix=120))["C4"] == "refuted"


def test_aims_are_reached_by_error_and_colourfulness_together():
    def as_colourful(times, **given):
        """With so many times the originals' colourfulness."""
        evidence = evidence_for(**given)
        for run in evidence.scores["cyclegan"] + evidence.scores["best"]:
            run.values["colorfulness"] = np.full(60, 50.0 * times)
        return verdicts(evidence, AIMS)

    small, large = {"cyclegan": 120, "best": 95}, {"cyclegan": 130, "best": 105}
    assert as_colourful(1.0, **small) == {"A1": "confirmed", "A2": "confirmed"}
    assert as_colourful(1.0, **large) == {"A1": "refuted", "A2": "refuted"}
    assert as_colourful(0.85, **small) == {"A1": "confirmed", "A2": "refuted"}
    assert as_colourful(1.25, **small) == {"A1": "refuted", "A2": "refuted"}
    # Another seed may have another colourfulness.
    assert (
        as_colourful(1.0, seeds=1, **small)
        == as_colourful(0.5, seeds=1, **small)
        == dict.fromkeys(("A1", "A2"), "undecided")
    )


def test_runs_from_before_an_option_are_of_one_configuration_with_those_after_it():
    now = asdict(CycleGANOptions())
    before = {name: value for name, value in now.items() if name != "half_chroma"} | {"match_colorfulness": False}
    whole = whole_options("cyclegan", before)
    assert json.dumps(whole, sort_keys=True) == json.dumps(now, sort_keys=True)
    assert whole_options("cyclegan", {"match_colorfulness": True})["match_colorfulness"] == 1.0
