"""What learns: the paper's colorizers, one class a file, and `load_colorizer` for what has been learned.

All of it is imported when it is first named, so that `--help` need not wait for Keras and its backend.
"""

import os
from importlib import import_module

from models.presets import MODELS

# TensorFlow leaves Intel's kernels off on processors without AVX-512, where they take 0.76 to 0.94 of a step's time.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# A class is in the file that is called as its script.
_HOMES = {class_name: f"models.{name}" for name, (class_name, _) in MODELS.items()}
_HOMES["load_colorizer"] = "models.colorizer"

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'models' has no attribute '{name}'")
