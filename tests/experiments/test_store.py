"""Scores are read as they were written; a run's, as long as nothing that they depend on has changed."""

import json
import zipfile
from dataclasses import asdict, replace

import numpy as np
import pytest

from data_loader import UserError, load_flowers
from evaluation.scores import Scores
from experiments.support import scoring
from experiments.support.scoring import Answer, Question
from experiments.support.store import PICTURE_MEASURES, Scored, as_stored, read_scored, write_scored
from models.options import CycleGANOptions

QUESTION = Question("test", samples=0, last=1)
# As many as the built-in flowers have test pictures.
IMAGES = 128
SCORES = as_stored(Scores({name: np.resize([0.1, 1 / 3, 2e7], IMAGES) for name in PICTURE_MEASURES}))
ROW = {name: {"mean": 1 / 3, "low": 0.1, "high": 0.7} for name in PICTURE_MEASURES}
FACTS = {"model": "cyclegan", "preset": "quick", "options": asdict(CycleGANOptions()), "training": {}}
FACTS |= {"precision": "float32", "made_with": None, "training_seconds": 0.1, "brightness": None}
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
    return Answer(run, pictures or load_flowers("synthetic", 32), question, classifier)


def keep(run, **asking):
    asked(run, **asking).write(Scored(ROW, SCORES, FACTS))


def test_scores_are_read_as_they_were_written(run):
    again = asked(run).read()
    assert (again.measures, again.facts) == (ROW, FACTS)
    assert list(again.scores.values) == list(PICTURE_MEASURES)
    for name, values in again.scores.values.items():
        np.testing.assert_array_equal(values[:3], [0.1, 0.333333, 2e7], strict=True)
        np.testing.assert_array_equal(values, SCORES.values[name], strict=True)
    assert (run / "scores" / "test-last1" / "pictures.csv").read_text().startswith("picture,pixel_l1,")


def test_trivial_colourings_have_one_table(tmp_path):
    names = ("perfect", "gray unchanged", "luma + own mean chroma (oracle)")
    write_scored(tmp_path, dict.fromkeys(names, Scored(ROW, SCORES)))
    again = read_scored(tmp_path, images=IMAGES)
    assert {name: (one.measures, one.facts) for name, one in again.items()} == dict.fromkeys(names, (ROW, {}))
    np.testing.assert_array_equal(again[names[2]].scores.values["ab_spread"], SCORES.values["ab_spread"])
    with pytest.raises(UserError, match=r"pictures\.csv is damaged"):
        read_scored(tmp_path, images=IMAGES + 1)


def test_each_question_has_its_own_answer(run):
    assert str(Question("val", samples=0)) == "val"
    assert str(Question("test", 10, True, True, 3)) == "test-last3-probes-class_test-samples10"
    other = replace(QUESTION, last=2)
    assert asked(run, question=other).read() is None
    keep(run, question=other)
    assert asked(run, question=other).read() is not None
    assert asked(run).read() is not None


def test_scores_of_other_pictures_or_another_classifier_are_not_read(run):
    pictures = load_flowers("synthetic", 32)
    assert asked(run, replace(pictures, split_of=np.roll(pictures.split_of, 1))).read() is None
    assert asked(run, replace(pictures, labels=pictures.labels + 1)).read() is None
    assert asked(run, replace(pictures, digest="other")).read() is None
    assert asked(run, pictures, classifier="other").read() is None
    assert asked(run, pictures).read() is not None


@pytest.mark.parametrize("name", [CHECKPOINT, COLORIZER])
def test_scores_of_a_run_that_has_changed_are_not_read(name, run):
    # The training command, typed again, writes the same colorizer at another time of day.
    write(run / name, weights=b"1", **{"metadata.json": b"tomorrow"})
    assert asked(run).read() is not None
    write(run / name, weights=b"2", **{"metadata.json": b"today"})
    assert asked(run).read() is None


def test_a_run_that_changes_while_it_is_scored_keeps_nothing(run):
    (run / "config.json").write_text('{"seed": 1}')
    answer = asked(run)
    write(run / CHECKPOINT, weights=b"2")
    answer.write(Scored(ROW, SCORES, FACTS))
    assert asked(run).read() is None
    (run / CHECKPOINT).unlink()
    keep(run)
    assert asked(run).read() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("_code", lambda: "other"), ("version", lambda library: "other"), ("MEASURES", {"pixel_l1": None})],
)
def test_scores_by_other_measures_or_libraries_are_not_read(name, value, run, monkeypatch):
    monkeypatch.setattr(scoring, name, value)
    assert asked(run).read() is None
    monkeypatch.undo()
    assert asked(run).read() is not None


@pytest.mark.parametrize("name", ["scores.json", "pictures.csv"])
def test_damaged_scores_are_told_and_not_read(name, run):
    folder = run / "scores" / str(QUESTION)
    whole = (folder / name).read_text()
    for content in ("", "{}", whole[: len(whole) // 2], whole.replace("0.1", "none"), whole.replace("pixel_l1", "l1")):
        (folder / name).write_text(content)
        assert asked(run).read() is None, content
        with pytest.raises(UserError, match=f"{name} is damaged"):
            read_scored(folder, images=IMAGES)
    (folder / name).unlink()
    assert asked(run).read() is None
    with pytest.raises(UserError, match=f"{name} is missing"):
        read_scored(folder)


def test_scores_that_cannot_be_kept_are_no_error(run, capsys):
    file = run / "scores" / str(QUESTION) / "scores.json"
    file.unlink()
    file.mkdir()
    keep(run)
    assert asked(run).read() is None
    assert "are not kept for the next call" in capsys.readouterr().err


def test_options_that_came_after_a_run_stand_at_their_defaults(run):
    folder = run / "scores" / str(QUESTION)
    facts = json.loads((folder / "scores.json").read_text())
    del facts["options"]["half_chroma"]
    (folder / "scores.json").write_text(json.dumps(facts))
    assert read_scored(folder)[folder.name].facts["options"] == FACTS["options"]
