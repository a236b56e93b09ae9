"""Train a step from checkpoints and print the objective's terms in it; run by a test under another backend.

python objective_terms.py RUNS_JSON

RUNS_JSON: a list of [folder, name, options]; the folder holds batch.npz and the name's folder of checkpoints. A name is
that of a class, and maybe words behind it. The stochastic model gets the batch's z; with energy, known pairs too.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import ops

import models
from data_loader import Batches, load_flowers
from models.checkpoints import Checkpoints
from models.chroma import ChromaOverLuma
from models.presets import training_options
from models.record import RunRecord

# JAX's compiler in the tests: few steps run, and compiling them well takes several times as long.
QUICK_COMPILATION = {
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"
}


def read_by(name, batch):
    """What the train step of a class reads of a batch."""
    drawn = {"z": "StochasticCycleGAN", "original": "energy", "known": "energy"}
    return {key: value for key, value in batch.items() if drawn.get(key, "") in name}


def shown(batch):
    """Some values of images whose chroma is matched, halved and kept within RGB, which a train step does not do."""
    layer = ChromaOverLuma(matched=True, halved=True, contrasted=True, kept=True)
    for variable, value in ((layer.strength, 1.5), (layer.contrast, 1.4), (layer.pivot, 0.3)):
        variable.assign(value)
    images = ops.convert_to_numpy(layer([batch["color"], batch["color"][..., :2]]))
    return {f"value {number}": float(value) for number, value in enumerate(images.ravel()[::97])}


def begin_record(gan, run_dir):
    """Write what a run keeps of itself before its first step."""
    flowers, options = load_flowers("synthetic", gan.options.image_size), training_options(type(gan).__name__, {})
    RunRecord(run_dir, gan, flowers, options, Batches(flowers.split("train")), "paper", None).begin(steps=1)
    made = json.loads((run_dir / "config.json").read_text(encoding="utf-8"))["made_with"]
    assert made["backend"] == keras.backend.backend() and made["accelerator"] in (True, False)


if __name__ == "__main__":
    found = {}
    for folder, name, options in json.loads(sys.argv[1]):
        with np.load(Path(folder) / "batch.npz") as arrays:
            batch = dict(arrays)
        gan = getattr(models, name.split()[0])(**options)
        Checkpoints(Path(folder) / name).restore(gan)
        # The terms are those before the step's update; a second step shows that the first left a model that trains.
        terms = gan.train_on(read_by(name, batch))
        again = gan.train_on(read_by(name, batch))
        found[name] = {term: terms[term] for term in gan.terms}
        assert again != terms, name
    found["shown"] = shown(batch)
    begin_record(gan, Path(folder) / f"run-{keras.backend.backend()}")
    print(json.dumps(found))
