"""Checkpoints as versions of the code left them that did not know an option yet."""

import json

import numpy as np


def forget_option(run_dir, name):
    """Take an option out of what the last checkpoint of a run tells of it."""
    last = run_dir / "checkpoints" / "last.npz"
    with np.load(last) as arrays:
        saved = dict(arrays)
    facts = json.loads(str(saved["facts"]))
    del facts["run"][name]
    np.savez(last, **saved | {"facts": np.array(json.dumps(facts))})
