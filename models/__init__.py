"""What learns: the paper's colorizers, one class a file, and `load_colorizer` for what has been learned.

All of it is imported when it is first named, so that `--help` need not wait for Keras and its backend.
"""

import os
from importlib import import_module

from models.presets import MODELS
from models.shipped import named, soonest

# TensorFlow leaves Intel's kernels off on processors without AVX-512, where they take 0.76 to 0.94 of a step's time.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# A class is in the file that is called as its script.
_HOMES = {class_name: f"models.{name}" for name, (class_name, _) in MODELS.items()}

__all__ = [*_HOMES, "load_colorizer"]


def load_colorizer(source):
    """What colours photographs, by name, as "flowers", or of a packed file, a run's directory or an .onnx file.

    It has `colorize`, see `models.photographs.PhotoColorizer`. "flowers" is run by onnxruntime where that is installed,
    which begins sooner than Keras and gives the same colours. A `UserError` where there is none, or it cannot be read.
    """
    file = soonest(named(source))
    if file.suffix == ".onnx":
        from models.onnx_colorizer import OnnxColorizer

        return OnnxColorizer(file)
    from models.colorizer import Colorizer
    from models.colorizing import load_network

    return Colorizer(load_network(file))


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'models' has no attribute '{name}'")
