"""Commands that write, each small, with a digest of what must be there at their end."""

import contextlib
import csv
import hashlib
import io
import json
import os
import runpy
import shlex
import sys
import traceback
import zipfile
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from data_loader import load_flowers
from data_loader.oxford_flowers import OXFORD_SETS
from evaluation import scores
from experiments import run_script
from tests.data_loader.small_set import make_set, serve
from tests.eager import run_eagerly

PROJECT = Path(__file__).resolve().parents[2]
SMALL = "--dataset album --checkpoint-interval 1 --sample-interval 2 --run-dir run"
TINY = f"--image-size 32 --generator unet --generator-filters 2 --batch-size 2 --max-steps 5 {SMALL}"
PATCHES = f"--discriminator patch-zoo --discriminator-filters 2 {TINY}"
BEST = f"--preset best --image-size 32 --batch-size 2 --max-steps 4 {SMALL}"
# Name to script and words. An epoch has four steps: metrics.csv and the colorizer of an epoch are written, too.
OPERATIONS = {
    "pix2pix": f"pix2pix --preset quick --generator-filters 2 --discriminator-filters 2 --max-steps 5 {SMALL}",
    "cyclegan": f"cyclegan --pool-size 2 {PATCHES}",
    "capsule_cyclegan": f"capsule_cyclegan --discriminator-filters 16 {TINY}",
    "stochastic_cyclegan": f"stochastic_cyclegan {PATCHES}",
    "best without pairs": f"cyclegan {BEST}",
    "best with pairs": f"pix2pix {BEST}",
    "colorize": f"colorize '{PROJECT}/models/colorizers/flowers.npz' photos --out coloured",
    "export": "export flowers --format onnx --out flowers.onnx",
}
FIRST_USE = "first use"  # of a set that is served: downloaded, unpacked, decoded
EVALUATION = "evaluation"  # of what "pix2pix" has trained
EVALUATE = "evaluate run"


def begin(folder):
    """Make what the operations read, in an empty folder that they are then called in."""
    rng = np.random.default_rng(0)
    for name, count in (("photos", 4), ("album", 8)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (40, 50 + number, 3), dtype="uint8")
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def serve_small_set(folder):
    """Let Oxford-102 be six images, from a server in this process."""
    folder.mkdir()
    OXFORD_SETS["oxford102"] = make_set(folder, serve(folder)[1])
    os.environ.pop("FLOWERS102_DIR", None)


def perform(name, folder):
    """Call an operation's command in a folder, in this process; its status and what it told on standard error."""
    import pytest

    told = io.StringIO()
    quiet, heard = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told)
    with pytest.MonkeyPatch.context() as patch, quiet, heard:
        run_eagerly(patch)
        patch.chdir(folder)
        patch.setenv("FLOWERS_CACHE_DIR", "cache")
        try:
            if name == FIRST_USE:
                run_script(_first_use)
            if name == EVALUATION:
                # However few pictures there are, other processes measure them.
                patch.setattr(scores, "MOST_ALONE", 0)
            script, *words = shlex.split(EVALUATE if name == EVALUATION else OPERATIONS[name])
            file = str(PROJECT / "experiments" / f"{script}.py")
            patch.setattr(sys, "argv", [file, *words])
            runpy.run_path(file, run_name="__main__")
        except SystemExit as end:
            return end.code, told.getvalue()
    return None, told.getvalue()


def _first_use():
    load_flowers("oxford102", 16)


def digest(folder):
    """SHA-256 of what an operation has made: what a run has learned and keeps, or the files themselves."""
    whole = hashlib.sha256()
    if (folder / "run").exists():
        _add_run(whole, folder / "run")
    for file in sorted(folder.glob("coloured/*")):
        whole.update(file.name.encode() + file.read_bytes())
    # A decoded set is called by where its photographs lie, too.
    for file in sorted([*folder.glob("cache/oxford102/jpg/*"), *folder.glob("cache/decoded/*.npy")]):
        whole.update(file.read_bytes())
    if (folder / "flowers.onnx").exists():
        import onnx

        # The graph's names are others each time.
        for array in sorted(array.raw_data for array in onnx.load(folder / "flowers.onnx").graph.initializer):
            whole.update(array)
    return whole.hexdigest()


def _add_run(whole, run):
    """Add the files that a run has to a hash: what was learned, to the bit; all but times; names alone of pictures."""
    # An evaluation beside it may add scores.
    kept = (path for name in ("checkpoints", "generators", "samples") for path in (run / name).iterdir())
    whole.update("\n".join(sorted(path.relative_to(run).as_posix() for path in kept)).encode())
    with np.load(run / "checkpoints" / "last.npz") as arrays:
        for state in sorted(name for name in arrays.files if name.startswith("state")):
            whole.update(arrays[state].tobytes())
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    whole.update(json.dumps(config | {"made_with": None, "data": config["data"]["digest"]}).encode())
    for name in ("metrics.csv", "trace.csv"):
        with (run / name).open(newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                whole.update(json.dumps(row | {"seconds": None, "images_per_second": None}).encode())
    for file in sorted(run.rglob("*.keras")):
        with zipfile.ZipFile(file) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
            weights.visititems(lambda _, entry: isinstance(entry, h5py.Dataset) and whole.update(entry[()].tobytes()))


def leftovers(folder):
    """Names of scratch files that should be gone."""
    names = (".*.writing*", "downloading-*", "decoding-*", "cache/**/.*.lock")
    return [str(path.relative_to(folder)) for name in names for path in folder.rglob(name)]


def forked(name, folder, fault=None, told="told"):
    """`perform` in a process of its own, within a block that makes something fail if there is one; its number.

    It has imported all already. What the command told is in a file `told` when it has ended.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    file = folder / f"{told}.txt"
    try:
        with fault or contextlib.nullcontext():
            status, words = perform(name, folder)
        file.write_text(words, encoding="utf-8")
    except BaseException:
        file.write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(status or 0)


def ended(process, folder, told="told"):
    """The status of a process of `forked`, and what it told."""
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return status, (folder / f"{told}.txt").read_text(encoding="utf-8")
