"""Colorizers as ONNX files, which run by onnxruntime without Keras and its backend.

A file has the inputs `gray` (n, h, w, 1) in [−1, 1] and, where the network reads noise, `z` (n, d); and the outputs
`color` (n, h, w, 3) in [−1, 1] and `chroma`, Cb and Cr (n, h', w', 2) in [−0.5, 0.5]. Of networks that see any shape,
h and w are any multiples of 32. Its metadata say what it is.
"""

import contextlib
import io
import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np

from data_loader.files import UserError, quiet_libraries, usable_cpus
from data_loader.images import to_network
from models.draws import sampled_z
from models.photographs import PhotoColorizer

# The names of inputs and outputs, and the entry of a file's metadata by which we know ours.
INPUTS, OUTPUTS, FACTS = ("gray", "z"), ("color", "chroma"), "colorizer"
INSTALL = "pip install -e '.[onnx]'"


class OnnxColorizer(PhotoColorizer):
    """What `export_formats.write_onnx` wrote; a `UserError` where it is another file, or onnxruntime is missing."""

    def __init__(self, file):
        runtime = imported("onnxruntime")
        if not Path(file).is_file():
            raise UserError(f"{file} does not exist: check the spelling.")
        try:
            options = runtime.SessionOptions()
            options.intra_op_num_threads = usable_cpus()
            with quiet_libraries(), contextlib.redirect_stdout(io.StringIO()):
                self.session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            facts = json.loads(self.session.get_modelmeta().custom_metadata_map[FACTS])
            self.noise = int(facts["noise"])
            super().__init__(int(facts["image_size"]), bool(facts["keeps_shape"]), self.noise > 0)
        except Exception as error:  # onnxruntime has classes of its own for each kind of damage
            raise UserError(f"{file} is damaged or no colorizer that export.py wrote: export it anew.") from error

    def chroma(self, gray, samples=None, seed=0):
        inputs = {"gray": np.repeat(to_network(gray[None]), samples or 1, axis=0)}
        if self.noise:
            inputs["z"] = sampled_z(self.noise, 1, samples, seed)
        return self.session.run(["chroma"], inputs)[0]


def imported(package):
    """An optional package; a `UserError` that says how to install it where it is missing."""
    # Before it is imported: from 1.29 on onnxruntime tells its makers about each session, and keeps a number for that.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        return import_module(package)
    except ImportError:
        raise UserError(f"{package} is not installed, which ONNX files need: {INSTALL}.") from None
