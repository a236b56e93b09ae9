"""From runs to verdicts: comparing two runs, figures, claims, and whether tracked results agree."""

import json
import shutil

import numpy as np
import pytest

from evaluation.scores import Scores
from evaluation.verdicts import Above, AtMost, Within, combined, monochrome_excess, relative_difference
from experiments.claims import CLAIMS, RUNS
from experiments.tracked_results import BEGIN, END, check
from tests.experiments.scripts import PROJECT, call

SMALL = ["--generator-filters", "2", "--discriminator-filters", "8", "--epochs", "1"]


@pytest.fixture(scope="module")
def runs(photo_folder, tmp_path_factory):
    """Two finished runs where reproduce.py looks for them, and a directory that holds something else."""
    folder = tmp_path_factory.mktemp("reproduced") / f"quick-{photo_folder.name}"
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
    settings = [
        word for pair in ("generator-filters=2", "discriminator-filters=8", "epochs=1") for word in ("--set", pair)
    ]
    where = ["--dataset", photo_folder, "--runs", runs.parent, "--out", out]
    done = call("reproduce", "--only", "C3,C4", *settings, *where, cwd=out)
    assert done.returncode == 0, done.stderr[-800:]
    return out, done


def test_two_runs_are_compared_picture_by_picture(runs, tmp_path):
    names = [runs / f"{name}-seed0" for name in ("cyclegan", "pix2pix")]
    done = call("evaluate", *names, "--json", "scores.json", "--probes", "--samples", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    report = json.loads((tmp_path / "scores.json").read_text())
    found = report["comparison"]
    means = [report["rows"][name.name]["pixel_l1"]["mean"] for name in names]
    assert found["difference"]["mean"] == pytest.approx(means[1] - means[0], rel=1e-6)
    assert (names[0] / "against-pix2pix-seed0.png").exists()
    assert "Wilcoxon" in done.stdout
    assert {"cycle", "hidden_color"} <= set(report["runs"]["cyclegan-seed0"])
    assert report["runs"]["pix2pix-seed0"]["diversity"]["samples"] == 2
    own = json.loads((names[1] / "scores.json").read_text())
    assert own["rows"]["pix2pix-seed0"] == report["rows"]["pix2pix-seed0"]
    assert "cyclegan-seed0" not in own["rows"]


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


def test_figures_of_the_paper(runs, tmp_path):
    done = call(
        "figures",
        *(runs / f"{name}-seed0" for name in RUNS if name in ("cyclegan", "pix2pix")),
        "--out",
        "f",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-500:]
    names = {"figure-4-cyclegan-seed0.png", "figure-7-pix2pix-seed0.png", "diversity-pix2pix-seed0.png"}
    found = {path.name for path in (tmp_path / "f").iterdir()}
    assert found >= names | {"loss-curves.png", "captions.md"}
    captions = (tmp_path / "f" / "captions.md").read_text()
    assert all(name in captions for name in names)
    assert "generator_filters 2" in captions
    refused = call("figures", runs / "cyclegan-seed0", "--images", 0, cwd=tmp_path)
    assert (refused.returncode, "--images 0 is too small" in refused.stderr) == (2, True)


def test_claims_whose_runs_did_not_end_are_not_run(reproduced, runs):
    out, done = reproduced
    tier = json.loads((out / "claims.json").read_text())[runs.name]
    verdicts = {claim["id"]: claim["verdict"] for claim in tier["claims"]}
    assert verdicts.pop("C4") in ("confirmed", "refuted", "undecided")
    assert set(verdicts.values()) == {"not run"}
    assert "stochastic, seed 0, did not come to its end" in done.stderr
    assert (runs / "stochastic-seed0" / "letter.txt").read_text() == "mine"
    page = (out / "claims.md").read_text()
    assert all(claim.text in page for claim in CLAIMS)
    assert (out / runs.name / "figures" / "fidelity-plane.png").exists()


def test_check_finds_what_does_not_agree(reproduced, runs, tmp_path):
    shutil.copytree(reproduced[0], tmp_path / "results")
    results, readme = tmp_path / "results", tmp_path / "README.md"
    sections = ("results", "measures")
    readme.write_text("".join(f"{BEGIN.format(name)}\n{END.format(name)}\n" for name in sections))
    assert [problem.split(": ")[1] for problem in check(results, readme)] == [
        "its tables are not what the tracked results and the code say"
    ]
    document = json.loads((results / "claims.json").read_text())
    claim = next(claim for claim in document[runs.name]["claims"] if claim["id"] == "C4")
    claim["parts"][0]["value"] = {"mean": 9, "low": 8, "high": 10}
    claim["parts"][0]["verdict"] = claim["verdict"] = "confirmed"
    (results / "claims.json").write_text(json.dumps(document))
    assert any("C4: its verdict does not follow" in problem for problem in check(results, readme))
    (results / runs.name / "figures" / "fidelity-plane.png").unlink()
    assert any("fidelity-plane.png is missing" in problem for problem in check(results, readme))


def test_the_projects_own_results_agree_with_readme_and_code():
    assert check(PROJECT / "results", PROJECT / "README.md") == []


@pytest.mark.parametrize(
    ("rule", "confirmed", "refuted", "undecided"),
    [
        (Above(0.1), (0.2, 0.3), (0.0, 0.05), (0.05, 0.15)),
        (AtMost(0.1), (-2, 0.05), (0.15, 0.2), (0.05, 0.15)),
        (Within(0.1), (-0.05, 0.05), (-0.3, -0.2), (-0.2, 0.05)),
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
    return Scores({name: np.array(numbers, float) for name, numbers in values.items()}, None)


def test_relative_difference_takes_the_wider_of_pictures_and_seeds():
    first, second = scores(pixel_l1=[11, 11, 11]), scores(pixel_l1=[10, 10, 10])
    assert relative_difference([first], [second]) == {"mean": 0.1, "low": 0.1, "high": 0.1}
    seeds = relative_difference([first, scores(pixel_l1=[13, 13, 13])], [second, scores(pixel_l1=[9, 9, 9])])
    assert seeds["low"] < 0 < seeds["mean"] < seeds["high"]


def test_monochrome_excess_by_hand():
    original = scores(colorfulness=[30, 30, 30, 30])
    dull, lively = scores(colorfulness=[5, 9, 11, 40]), scores(colorfulness=[9, 30, 30, 30])
    assert monochrome_excess([dull], [lively], original)["mean"] == pytest.approx(0.25)
