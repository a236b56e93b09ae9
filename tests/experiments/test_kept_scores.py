"""What a run scored is read again as long as nothing that it depends on has changed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from data_loader import load_flowers
from evaluation.scores import Scores
from experiments import kept_scores
from experiments.kept_scores import FILE, KeptScores

QUESTION = {"split": "test", "last": 1}
SCORES = Scores({"pixel_l1": np.array([0.1, 1 / 3])}, np.full((2, 4), 0.25), np.array([1.0, 2.0]))
FOUND = {"brightness": {"mean": 1 / 3}}


@pytest.fixture
def run(tmp_path):
    """A directory with the files that a run's scores are made of, and scores kept there."""
    (tmp_path / "config.json").write_text("{}")
    for name in ("checkpoints/last.npz", "generators/epoch_001.keras"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"weights")
    KeptScores(tmp_path, flowers(), **QUESTION).write(SCORES, FOUND)
    return tmp_path


def flowers():
    return load_flowers("synthetic", 32)


def kept(run, pictures=None, **question):
    return KeptScores(run, pictures or flowers(), **QUESTION | question).read()


def test_scores_are_read_as_they_were_written(run):
    scores, found = kept(run)
    assert json.dumps(found) == json.dumps(FOUND)
    assert list(scores.values) == ["pixel_l1"]
    for read, written in (
        (scores.values["pixel_l1"], SCORES.values["pixel_l1"]),
        (scores.ab_histograms, SCORES.ab_histograms),
        (scores.rarity, SCORES.rarity),
    ):
        np.testing.assert_array_equal(read, written)


def test_scores_of_another_question_or_other_pictures_are_not_read(run):
    assert kept(run, last=2) is None
    known = flowers()
    assert kept(run, replace(known, split_of=np.roll(known.split_of, 1))) is None
    assert kept(run, replace(known, labels=known.labels + 1)) is None
    assert kept(run, replace(known, digest="other")) is None
    assert kept(run, known) is not None


@pytest.mark.parametrize("name", ["config.json", "checkpoints/last.npz", "generators/epoch_001.keras"])
def test_scores_of_a_run_that_has_changed_are_not_read(name, run):
    (run / name).write_bytes(b"other weights")
    assert kept(run) is None


def test_scores_that_other_code_made_are_not_read(run, tmp_path, monkeypatch):
    code = tmp_path / "code"
    code.mkdir()
    (code / "scoring.py").write_text("SHARE = 1 / 3")
    monkeypatch.setattr(kept_scores, "PROJECT", tmp_path)
    monkeypatch.setattr(kept_scores, "CODE", ("code",))
    kept_scores._digest_of_code.cache_clear()
    KeptScores(run, flowers(), **QUESTION).write(SCORES, FOUND)
    assert kept(run) is not None
    (code / "scoring.py").write_text("SHARE = 1 / 2")
    kept_scores._digest_of_code.cache_clear()
    assert kept(run) is None
    monkeypatch.undo()
    kept_scores._digest_of_code.cache_clear()


def test_damaged_scores_are_not_read(run):
    whole = (run / FILE).read_bytes()
    for content in (b"", b"scores", whole[: len(whole) // 2]):
        (run / FILE).write_bytes(content)
        assert kept(run) is None
    (run / FILE).unlink()
    assert kept(run) is None
