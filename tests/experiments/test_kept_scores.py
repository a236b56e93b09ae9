"""What a run scored is read again as long as nothing that it depends on has changed."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from data_loader import load_flowers
from evaluation.scores import Scores
from experiments import kept_scores
from experiments.kept_scores import KeptScores

QUESTION = {"split": "test", "last": 1}
VALUES = {"ssim": np.array([0.5, 0.25], np.float32), "pixel_l1": np.array([0.1, 1 / 3])}
SCORES = Scores(VALUES, np.full((2, 4), 0.25), np.array([1.0, 2.0]))
FOUND = {"brightness": {"mean": 1 / 3}}
CHECKPOINT, COLORIZER = "checkpoints/last.npz", "generators/epoch_001.keras"


@pytest.fixture
def run(tmp_path):
    """A directory with the files that a run's scores are made of, and scores kept there."""
    (tmp_path / "config.json").write_text("{}")
    for name in (CHECKPOINT, COLORIZER):
        (tmp_path / name).parent.mkdir()
        write(tmp_path / name, weights=b"1", **{"metadata.json": b"today"})
    keep(tmp_path)
    return tmp_path


def write(file, **members):
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def asked(run, pictures=None, question=QUESTION, classifier=None):
    return KeptScores(run, pictures or load_flowers("synthetic", 32), question, classifier)


def keep(run, **asking):
    asked(run, **asking).write(SCORES, FOUND)


def test_scores_are_read_as_they_were_written(run):
    scores, found = asked(run).read()
    assert json.dumps(found) == json.dumps(FOUND)
    assert list(scores.values) == list(VALUES)
    for read, written in (
        *zip(scores.values.values(), VALUES.values(), strict=True),
        (scores.ab_histograms, SCORES.ab_histograms),
        (scores.rarity, SCORES.rarity),
    ):
        np.testing.assert_array_equal(read, written, strict=True)


def test_each_question_has_its_own_answer(run):
    other = QUESTION | {"last": 2}
    assert asked(run, question=other).read() is None
    keep(run, question=other)
    assert asked(run, question=other).read() is not None
    assert asked(run).read() is not None


def test_scores_of_other_pictures_or_another_classifier_are_not_read(run):
    known = load_flowers("synthetic", 32)
    assert asked(run, replace(known, split_of=np.roll(known.split_of, 1))).read() is None
    assert asked(run, replace(known, labels=known.labels + 1)).read() is None
    assert asked(run, replace(known, digest="other")).read() is None
    assert asked(run, known, classifier="other").read() is None
    assert asked(run, known).read() is not None


@pytest.mark.parametrize("name", [CHECKPOINT, COLORIZER])
def test_scores_of_a_run_that_has_changed_are_not_read(name, run):
    # The training command, typed again, writes the same colorizer at another time of day.
    write(run / name, weights=b"1", **{"metadata.json": b"tomorrow"})
    assert asked(run).read() is not None
    write(run / name, weights=b"2", **{"metadata.json": b"today"})
    assert asked(run).read() is None


def test_a_run_that_changes_while_it_is_scored_keeps_nothing(run):
    (run / "config.json").write_text('{"seed": 1}')
    kept = asked(run)
    write(run / CHECKPOINT, weights=b"2")
    kept.write(SCORES, FOUND)
    assert asked(run).read() is None
    (run / CHECKPOINT).unlink()
    keep(run)
    assert asked(run).read() is None


def test_scores_that_other_code_or_libraries_made_are_not_read(run, monkeypatch):
    for name, value in (("CODE_AT_START", "other"), ("_libraries", lambda: ["other"])):
        with monkeypatch.context() as patch:
            patch.setattr(kept_scores, name, value)
            assert asked(run).read() is None, name
    assert asked(run).read() is not None


def test_any_change_of_the_code_that_makes_scores_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_scores, "PROJECT", tmp_path)
    found = {kept_scores._digest_of_code()}
    for name in kept_scores.CODE:
        file = tmp_path / (name if name.endswith(".py") else f"{name}/part/file.py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("SHARE = 1 / 3")
        found.add(kept_scores._digest_of_code())
    assert len(found) == 1 + len(kept_scores.CODE)


def test_what_makes_scores_is_there():
    assert all((kept_scores.PROJECT / name).exists() for name in kept_scores.CODE)


def test_damaged_scores_are_not_read_and_scores_that_cannot_be_kept_are_no_error(run, capsys):
    (file,) = run.glob("scored-*.npz")
    whole = file.read_bytes()
    for content in (b"", b"scores", whole[: len(whole) // 2]):
        file.write_bytes(content)
        assert asked(run).read() is None
    file.unlink()
    with file.open("wb") as stream:
        np.save(stream, np.zeros(3))
    assert asked(run).read() is None
    file.unlink()
    file.mkdir()
    assert asked(run).read() is None
    keep(run)
    assert "are not kept for the next call" in capsys.readouterr().err
