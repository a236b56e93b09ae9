"""Train a step from checkpoints and print the objective's terms in it; run by a test under another backend.

python objective_terms.py FOLDER CASES_JSON    FOLDER holds batch.npz and a folder of checkpoints for each class

CASES_JSON: class name to options. The stochastic model gets the batch's z.
"""

import json
import sys
from pathlib import Path

import numpy as np

import models
from models.checkpoints import Checkpoints

# JAX's compiler in the tests: few steps run, and compiling them well takes longer.
QUICK_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


def inputs(name, batch):
    """What a class's train step gets of a batch: x, color and the draws in x."""
    draws = {"z": batch["z"]} if name == "StochasticCycleGAN" else {}
    gray = batch["gray"]
    return {"gray": gray} | draws if draws else gray, batch["color"], draws


if __name__ == "__main__":
    folder, cases = Path(sys.argv[1]), json.loads(sys.argv[2])
    with np.load(folder / "batch.npz") as arrays:
        batch = dict(arrays)
    found = {}
    for name, options in cases.items():
        gan = getattr(models, name)(**options)
        Checkpoints(folder / name).restore(gan)
        x, color, _ = inputs(name, batch)
        # The means of an epoch of one step are the terms before its update.
        history = gan.fit(x, color, batch_size=len(color), verbose=0).history
        found[name] = {term: history[term][0] for term in gan.terms}
    print(json.dumps(found))
