"""What a run scored, kept in its directory: scoring that broke off, or is asked for again, need not do it twice."""

import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from evaluation.scores import Scores
from experiments.cli import PROJECT
from models.files import DAMAGED, replacing

FILE = "scored.npz"
# What makes scores. After any change here they are made again.
CODE = ("data_loader", "evaluation", "models", "experiments/scoring.py", "experiments/trained_run.py")
LIBRARIES = ("keras", "numpy", "scipy", "scikit-image")


class KeptScores:
    """The last scores of a run, as long as the run, the pictures, the question and the code are the same.

    Args:
        run_dir: of the run.
        flowers: `data_loader.Flowers` that it is scored on.
        question: what is asked, as values for JSON.
    """

    def __init__(self, run_dir, flowers, **question):
        self.file = Path(run_dir) / FILE
        pictures = (flowers.digest, flowers.split_of.tolist(), flowers.labels.tolist())
        asked = json.dumps([question, pictures, _digest_of_run(Path(run_dir)), _digest_of_code(), _libraries()])
        self.key = hashlib.sha256(asked.encode()).hexdigest()

    def read(self):
        """The run's `Scores` and what else was found, or None where they are of something else, or damaged."""
        try:
            with np.load(self.file) as kept:
                if kept["key"].item() != self.key:
                    return None
                values = dict(zip(kept["measures"].tolist(), kept["values"], strict=True))
                scores = Scores(values, kept["ab_histograms"], kept["rarity"])
                return scores, json.loads(kept["found"].item())
        except DAMAGED:
            return None

    def write(self, scores, found):
        """Keep a run's `Scores` and what else was found, a dict for JSON, in the place of earlier ones."""
        with replacing(self.file) as scratch:
            np.savez(
                scratch,
                key=self.key,
                measures=list(scores.values),
                values=list(scores.values.values()),
                ab_histograms=scores.ab_histograms,
                rarity=scores.rarity,
                found=json.dumps(found),
            )


def _digest_of_run(run_dir):
    """Of the networks that are scored: the checkpoints' and the last epochs'."""
    files = [run_dir / "config.json", *run_dir.glob("checkpoints/*.npz"), *run_dir.glob("generators/*.keras")]
    return _digest(files, run_dir)


@cache
def _digest_of_code():
    rooms = [PROJECT / name for name in CODE]
    return _digest([file for room in rooms for file in ([room] if room.is_file() else room.rglob("*.py"))], PROJECT)


def _digest(files, folder):
    digest = hashlib.sha256()
    for file in sorted(files):
        with file.open("rb") as stream:
            own = hashlib.file_digest(stream, "sha256").hexdigest()
        digest.update(f"{file.relative_to(folder)} {own}\n".encode())
    return digest.hexdigest()


def _libraries():
    import keras

    return [keras.backend.backend(), keras.config.floatx(), *map(version, LIBRARIES)]
