"""What a run scored, kept in its directory: scoring that broke off, or is asked for again, need not do it twice."""

import importlib
import json
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from evaluation.scores import Scores
from experiments.cli import BACKENDS, PROJECT, import_keras
from experiments.run_directory import CONFIG
from models.files import DAMAGED, replacing, sha256_of_text

# The code that makes scores: after any change here they are made again.
CODE = ("data_loader", "evaluation", "models")
CODE += tuple(f"experiments/{name}.py" for name in ("kept_scores", "run_directory", "scoring", "trained_run"))
LIBRARIES = ("keras", "numpy", "pillow", "scipy", "scikit-image")


class KeptScores:
    """What a run scored, an answer for each question, as long as the run, the pictures and the code are the same.

    Args:
        run_dir: of the run.
        flowers: `data_loader.Flowers` that it is scored on.
        question: what is asked, as values for JSON; its "last" is of how many last epochs the colorizers are scored.
        classifier: digest of the one that is asked for classes, if one is.
    """

    def __init__(self, run_dir, flowers, question, classifier=None):
        self.run_dir, self.last = Path(run_dir), question["last"]
        self.file = self.run_dir / f"scored-{sha256_of_text(json.dumps(question))[:8]}.npz"
        self.pictures = (flowers.digest, flowers.split_of.tolist(), flowers.labels.tolist(), classifier)
        self.key = self._key(CODE_AT_START)

    def read(self):
        """The run's `Scores` and what else was found; None where they are of something else, damaged or missing."""
        try:
            with np.load(self.file) as kept:
                if self.key is None or kept["key"].item() != self.key:
                    return None
                values = {name: kept[f"values of {name}"] for name in kept["measures"].tolist()}
                scores = Scores(values, kept["ab_histograms"], kept["rarity"])
                return scores, json.loads(kept["found"].item())
        except (*DAMAGED, TypeError, RuntimeError):
            return None

    def write(self, scores, found):
        """Keep a run's `Scores` and what else was found, a dict for JSON, in the place of earlier ones.

        Nothing is kept where the run or the code has changed since the scoring began, or where nothing can be written.
        """
        if self.key is None or self._key(_digest_of_code()) != self.key:
            return
        arrays = {f"values of {name}": values for name, values in scores.values.items()}
        arrays |= {"ab_histograms": scores.ab_histograms, "rarity": scores.rarity}
        try:
            with replacing(self.file) as scratch:
                np.savez(scratch, key=self.key, measures=list(scores.values), found=json.dumps(found), **arrays)
        except OSError as error:
            print(f"{self.file}: {error.strerror}, so the scores are not kept for the next call.", file=sys.stderr)

    def _key(self, code):
        """Of all that the scores depend on; None where a file of the run is damaged or vanishes, as in a training."""
        from models.colorizing import generators_of

        files = [self.run_dir / "checkpoints" / "last.npz"]
        files += generators_of(self.run_dir)[-self.last :] if self.last else []
        try:
            run = [(self.run_dir / CONFIG).read_text(), *map(_members, files)]
        except (OSError, zipfile.BadZipFile):
            return None
        return sha256_of_text(json.dumps([run, self.pictures, code, _libraries()]))


def _members(file):
    """Names, checksums and sizes of what an archive holds, but for the time of day that Keras notes there."""
    with zipfile.ZipFile(file) as archive:
        return [(one.filename, one.CRC, one.file_size) for one in archive.infolist() if one.filename != "metadata.json"]


def _digest_of_code():
    files = [file for name in CODE for file in (PROJECT / name, *(PROJECT / name).rglob("*.py")) if file.is_file()]
    return sha256_of_text("".join(f"{file.relative_to(PROJECT)}\n{file.read_text()}\n" for file in sorted(files)))


def _libraries():
    backend = import_keras().backend.backend()
    return [backend, importlib.import_module(BACKENDS[backend]).__version__, *map(version, LIBRARIES)]


# The code that runs is the code of now, whatever its files say later.
CODE_AT_START = _digest_of_code()
