"""The scripts as a person runs them: from another directory, twice, and with mistakes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

import experiments
from data_loader import UserError
from data_loader.files import sha256_of_file
from experiments.support.runs import is_finished, read_config
from tests.experiments.scripts import PIX2PIX, PROJECT, QUICK, call, run


def _without(config, name):
    config["data"].pop(name)


@pytest.mark.parametrize(
    "damage",
    [
        lambda config: _without(config, "digest"),
        lambda config: _without(config, "images"),
        lambda config: config["options"].update(image_size="64"),
        lambda config: config["options"].update(generator="none"),
        lambda config: config["training"].update(epochs=None),
        lambda config: config.update(precision=16),
    ],
)
def test_a_config_that_is_damaged_inside_is_told_before_anything_is_read_of_it(trained, tmp_path, damage):
    config = json.loads((trained[0] / "config.json").read_text(encoding="utf-8"))
    assert read_config(trained[0])
    damage(config)
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(UserError, match=r"config\.json is damaged, or of another version of the code"):
        read_config(tmp_path)


@pytest.fixture(scope="module")
def trained(photo_folder, tmp_path_factory):
    """A tiny finished run, made by the script in a directory that is not the project's."""
    folder = tmp_path_factory.mktemp("runs")
    command = [*QUICK, "--dataset", photo_folder, "--run-dir", "run", "--max-steps", 2, "--precision", "float32"]
    done = run("cyclegan", *command, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Done: step 2 of 12, as --max-steps asks" in done.stdout
    return folder / "run", command


def test_a_finished_run_says_so_and_a_longer_one_goes_on(trained):
    run_dir, command = trained
    again = call("cyclegan", *command, cwd=run_dir.parent)
    assert again.returncode == 0
    assert "Done: step 2" in again.stdout
    config = json.loads((run_dir / "config.json").read_text())
    assert config["options"]["image_size"] == 32
    assert config["training"]["batch_size"] == 4
    assert config["data"]["name"] == "photos0"
    assert (run_dir / "samples" / "001_000002.png").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--cycle-loss", "l2"], "--cycle-loss l1, which cannot change on resume"),
        (["--seed", 3], "--seed 0"),
        (["--precision", "mixed_bfloat16"], "--precision float32"),
        (["--dataset", "synthetic"], "other images"),
    ],
)
def test_another_configuration_is_refused_and_nothing_is_lost(trained, change, message):
    run_dir, command = trained
    before = {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}
    refused = call("cyclegan", *command, *change, cwd=run_dir.parent)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert before == {path: path.read_bytes() for path in run_dir.rglob("*") if path.is_file()}


def test_a_plain_keras_session_opens_the_colorizer_as_the_docs_show(trained, tmp_path):
    text = (PROJECT / "docs" / "training.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(import keras\nimport models.colorizing.*?)```", text, re.DOTALL)
    code = shown.replace("RUN_DIR", str(trained[0])) + "print(network.output_shape)"
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert told.stdout == "(None, 32, 32, 3)\n", told.stderr[-500:]


def test_keras_limits_cut_nothing_off(tmp_path):
    done = run("evaluate", "nowhere", cwd=tmp_path, KERAS_MAX_EPOCHS="1", KERAS_MAX_STEPS_PER_EPOCH="1")
    assert done.returncode == 2
    assert "note: KERAS_MAX_EPOCHS is left out of account" in done.stderr
    assert "KERAS_MAX_STEPS_PER_EPOCH" in done.stderr


def test_a_run_of_disjoint_halves_is_at_its_end_when_its_halves_have_been_shown(photo_folder, tmp_path):
    command = [*QUICK, "--dataset", photo_folder, "--run-dir", "run", "--epochs", 1, "--pairing", "disjoint"]
    done = call("cyclegan", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    # Nine photographs, four in the smaller half, in batches of four.
    assert "Done: step 1. Samples" in done.stdout
    assert is_finished(tmp_path / "run")


def test_fresh_moves_the_old_run_aside(trained, tmp_path):
    run_dir, command = trained
    shutil.copytree(run_dir, tmp_path / "run")
    done = call("cyclegan", *command, "--fresh", "--max-steps", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert "Done: step 1" in done.stdout
    assert (tmp_path / "run-old1" / "checkpoints" / "last.npz").exists()


def test_evaluate_scores_a_run_twice_to_the_same_bytes_and_a_full_disk_is_one_sentence(trained, tmp_path):
    """/dev/full stands for the disk: what is written there finds no space."""
    run_dir, _ = trained
    done = run("evaluate", run_dir, "--json", tmp_path / "scores.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert "as publ." in done.stdout
    # Nothing of what the backend would print at its start.
    assert not [line for line in done.stderr.splitlines() if "tensorflow" in line.lower() or line.startswith("I0000")]
    scores = (tmp_path / "scores.json").read_bytes()
    assert (run_dir / "scores.json").read_bytes() == scores
    rows = json.loads(scores)["rows"]
    assert set(rows) >= {"run", "perfect", "gray unchanged", "mean color", "luma + mean chroma"}
    assert rows["run"]["pixel_l1"]["low"] <= rows["run"]["pixel_l1"]["mean"] <= rows["run"]["pixel_l1"]["high"]
    # Else nothing is scored the second time.
    shutil.rmtree(run_dir / "scores")
    (run_dir / "scores.json").unlink()
    full = run("evaluate", run_dir, "--json", "/dev/full", cwd=tmp_path)
    assert full.returncode == 2
    assert "o space left" in full.stderr
    assert "Traceback" not in full.stderr
    assert (run_dir / "scores.json").read_bytes() == scores


def test_a_run_of_joined_sets_is_scored_on_all_or_on_one_of_them(photo_folder, tmp_path):
    for number in range(10):
        (tmp_path / "garden").mkdir(exist_ok=True)
        Image.new("RGB", (40, 40), (20 * number, 200, 0)).save(tmp_path / "garden" / f"{number}.png")
    command = [*QUICK, "--dataset", f"{photo_folder},garden", "--run-dir", "run", "--max-steps", 1]
    done = call("cyclegan", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    data = json.loads((tmp_path / "run" / "config.json").read_text())["data"]
    assert data["name"] == f"{photo_folder.name}+garden"
    assert list(data["parts"]) == [photo_folder.name, "garden"]
    names = {}
    for dataset in ([], ["--dataset", "garden"], ["--dataset", photo_folder]):
        scored = call("evaluate", "run", *dataset, cwd=tmp_path)
        assert scored.returncode == 0, scored.stderr[-500:]
        report = json.loads((tmp_path / "run" / "scores.json").read_text())
        names[report["dataset"]] = report["images"]
    assert names == {data["name"]: 4, "garden": 2, photo_folder.name: 2}
    Image.new("RGB", (40, 40), "red").save(tmp_path / "garden" / "0.png")
    for dataset in ("garden", "synthetic"):
        refused = call("evaluate", "run", "--dataset", dataset, cwd=tmp_path)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert f"{dataset} now holds other images than" in refused.stderr


def test_trivial_rows_need_no_run(photo_folder, tmp_path):
    done = call("evaluate", "--trivial-only", "--dataset", photo_folder, "--image-size", 32, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert "gray unchanged" in done.stdout


def test_several_colourings_of_a_photo(photo_folder, tmp_path):
    small = [*PIX2PIX, "--max-steps", 1]
    trained = call("pix2pix", *small, "--dataset", photo_folder, "--run-dir", "run", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr[-500:]
    assert call("evaluate", "run", cwd=tmp_path).returncode == 0
    Image.new("RGB", (40, 40), "gray").save(tmp_path / "rose.png")
    done = call("colorize", "run", "rose.png", "--samples", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.split() == ["rose-color-1.png", "rose-color-2.png"]
    refused = call("colorize", "run", "rose.png", "--samples", 0, cwd=tmp_path)
    assert (refused.returncode, "--samples 0 is too small" in refused.stderr) == (2, True)


# One a script is made in a process of its own.
MISTAKES = [
    ("cyclegan", ["--dataset", "/no/such/folder"], "neither a folder nor"),
    ("pix2pix", ["--preset", "nice"], "--preset nice does not exist: use one of paper, released, best, reduced, quick"),
    ("capsule_cyclegan", ["--capsule-loss", "margin"], "use --capsule routing"),
    ("stochastic_cyclegan", ["--paired-fraction", "2"], "--paired-fraction 2.0 is too large"),
    ("evaluate", ["/no/such/run"], "/no/such/run does not exist"),
    ("colorize", ["/no/such/run", "a.jpg"], "does not exist"),
    ("benchmark", ["--preset", "fast"], "--preset fast does not exist"),
    ("figures", ["/no/such/run"], "does not exist"),
    ("reproduce", ["--only", "C9"], "--only C9 does not exist"),
]
MORE_MISTAKES = [
    (
        "cyclegan",
        ["--preset", "fast"],
        "--preset fast does not exist: use one of paper, released, best, chroma, reduced",
    ),
    ("cyclegan", ["--generator", "vgg"], "--generator vgg does not exist"),
    ("cyclegan", ["--generator", "pretrained", "--output", "rgb"], "--output rgb is not what --generator pretrained"),
    ("cyclegan", ["--gan-loss", "hinge", "--discriminator", "patch-capsule"], "--gan-loss hinge never rests"),
    ("pix2pix", ["--preset", "best", "--output", "rgb"], "--output rgb is not what --generator pretrained puts out"),
    ("pix2pix", ["--preset", "best", "--discriminator", "projected"], "has no weight with --lambda-gan 0"),
    ("cyclegan", ["--dataset", "oxford17", "--data-dir", "/no/such/folder"], "--data-dir /no/such/folder"),
    ("cyclegan", ["--dataset", "synthetic,auto"], "leaves open what auto is"),
    ("cyclegan", ["--dataset", "oxford17,oxford102", "--data-dir", "."], "set $FLOWERS17_DIR and $FLOWERS102_DIR"),
    ("benchmark", ["vgg"], "model vgg does not exist: use one of cyclegan, capsule_cyclegan"),
    ("benchmark", ["pix2pix,colour=1"], "pix2pix has no option --colour"),
    ("evaluate", [PROJECT / "tests"], "is no run"),
    ("evaluate", [], "--trivial-only"),
    ("evaluate", ["run", "--samples", "1"], "--samples 1 cannot differ"),
    ("evaluate", ["run", "--margin", "7"], "--margin 7.0 is no share"),
    ("reproduce", ["--preset", "chroma"], "--preset chroma does not exist: use one of best, quick, reduced, released"),
    ("reproduce", ["--seeds", "0"], "--seeds 0 is too small"),
    ("reproduce", ["--set", "epochs"], "--set epochs names no value"),
    ("reproduce", ["--set", "seed=1"], "--set seed=1 would change what the claims compare"),
    ("reproduce", ["--set", "precision=auto"], "--set precision=auto could give runs that are compared two precisions"),
]


@pytest.mark.parametrize(("script", "arguments", "message"), MISTAKES + MORE_MISTAKES)
def test_a_mistake_is_told_in_one_sentence(script, arguments, message, tmp_path):
    start = run if (script, arguments, message) in MISTAKES else call
    done = start(script, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_size_that_the_network_cannot_take(photo_folder, tmp_path):
    done = run("cyclegan", "--image-size", "130", "--dataset", photo_folder, "--run-dir", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert "a multiple of 4: use 128" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("choice", [["--generator", "pretrained"], ["--discriminator", "projected"]])
def test_a_size_that_the_pretrained_network_cannot_halve(choice, photo_folder, tmp_path):
    arguments = ["--image-size", 100, "--dataset", photo_folder, "--run-dir", "run"]
    done = call("cyclegan", *arguments, *choice, cwd=tmp_path)
    assert (done.returncode, "a multiple of 32: use 96" in done.stderr) == (2, True), done.stderr


def test_a_backend_that_does_not_exist(tmp_path):
    done = run("cyclegan", cwd=tmp_path, KERAS_BACKEND="theano")
    assert (done.returncode, "tensorflow, jax, torch" in done.stderr) == (2, True)


SCRIPTS = ["cyclegan", "capsule_cyclegan", "stochastic_cyclegan", "pix2pix"]
SCRIPTS += ["app", "evaluate", "export", "figures", "reproduce", "colorize", "benchmark"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_teaches(script, tmp_path):
    done = run(script, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"python experiments/{script}.py" in done.stdout


def test_ctrl_c_says_how_to_go_on(photo_folder, tmp_path):
    # Pix2pix compiles fastest.
    command = [sys.executable, PROJECT / "experiments" / "pix2pix.py", *PIX2PIX, "--dataset", photo_folder]
    command += ["--run-dir", "run", "--epochs", "5000", "--batch-size", "3", "--checkpoint-interval", "1"]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        deadline = time.monotonic() + 120
        while not (tmp_path / "run" / "checkpoints" / "last.npz").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on from there." in errors.splitlines()[-1]
    assert "Traceback" not in errors


def test_a_run_is_packed_and_scored_on_each_set_that_it_joined(photo_folder, tmp_path):
    other = tmp_path / "more"
    shutil.copytree(photo_folder, other)
    for file in other.rglob("*.png"):
        Image.open(file).rotate(90).save(file)
    command = [*QUICK, "--dataset", f"{photo_folder},{other}", "--run-dir", "run", "--max-steps", 1]
    assert call("cyclegan", *command, cwd=tmp_path).returncode == 0
    done = call("export", "run", "--out", "packed/roses.npz", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    facts = json.loads((tmp_path / "packed" / "roses.json").read_text())
    assert sorted(facts["test"]) == sorted([photo_folder.name, "more"])
    assert facts["sha256"] == sha256_of_file(tmp_path / "packed" / "roses.npz")
    assert (facts["image_size"], facts["model"], facts["training"]["max_steps"]) == (32, "cyclegan", 1)
    assert all(score["images"] > 0 and score["ratio_to_gray"]["mean"] > 0 for score in facts["test"].values())
    score = ["packed/roses.npz", "--dataset", photo_folder, "--json", "scores.json", "--photographs"]
    done = call("evaluate", *score, "--image-size", 48, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads((tmp_path / "scores.json").read_text())
    assert report["image_size"] == 48
    # As photographs are coloured, so that luma is kept.
    assert report["runs"]["roses.npz"]["brightness"]["within"]["mean"] > 0.999
    done = call("evaluate", "run", "--photographs", cwd=tmp_path)
    assert (done.returncode, "for packed colorizers" in done.stderr) == (2, True), done.stderr
    for arguments, message in (
        (["run", "--out", "roses.keras"], "--out roses.keras says no format by its ending"),
        (["nowhere", "--out", "roses.npz"], "does not exist"),
    ):
        done = call("export", *arguments, cwd=tmp_path)
        assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_an_old_keras_json_changes_nothing(trained, tmp_path):
    run_dir, _ = trained
    Image.new("RGB", (40, 40), (90, 120, 60)).save(tmp_path / "rose.png")
    (tmp_path / "keras").mkdir()
    settings = {"backend": "theano", "image_data_format": "channels_first", "floatx": "float16"}
    (tmp_path / "keras" / "keras.json").write_text(json.dumps(settings))
    plain = run("colorize", run_dir, "rose.png", "--out", "plain.png", cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr[-500:]
    done = run("colorize", run_dir, "rose.png", "--out", "set.png", cwd=tmp_path, KERAS_HOME=str(tmp_path / "keras"))
    assert done.returncode == 0, done.stderr[-500:]
    assert (tmp_path / "set.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_texts_are_read_and_written_whatever_the_locale(tmp_path):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for arguments in (["reproduce", "--check"], ["colorize", "--help"]):
        done = run(*arguments, cwd=tmp_path, **plain)
        assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize(
    ("home", "word", "meant"),
    [
        ("/home/rose", "--out=~/a\nb", "--out=/home/rose/a\nb"),
        ("/home/rose", "~rose", "~rose"),
        ("/", "--out=~", "--out=/"),
        ("/", "~/x", "/x"),
    ],
)
def test_home_is_meant_where_no_shell_expands_it(home, word, meant, monkeypatch):
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(sys, "argv", ["colorize.py", word])
    monkeypatch.setattr(experiments, "_check_backend", lambda: None)
    with pytest.raises(SystemExit):
        experiments.run_script(lambda: 0)
    assert sys.argv[1:] == [meant]
