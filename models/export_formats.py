"""Colorizers as files that run without Keras: ONNX, TensorFlow's SavedModel, and LiteRT (.tflite).

Each writer takes a `Colorizer`, a path and `about`, name to text, and gives how far the file's answers are from Keras'
at most, as a part of the range, for gray noise. A file that is further off is not kept: that is a `UserError`.
"""

import json
import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import ops

from data_loader.files import UserError, quiet_libraries, replacing, write_text
from models.onnx_colorizer import FACTS, INPUTS, OUTPUTS, imported

MOST_APART = 0.5 / 255  # of the range: half a step of 8 bits
RANGES = (2, 1)  # of colours, from −1 to 1, and of chroma
# What a SavedModel consists of, and our word about it.
SAVED_MODEL = {"saved_model.pb", "fingerprint.pb", "variables", "assets", "about.json"}


def write_onnx(colorizer, file, about, half=False):
    """An .onnx file of one piece, its kernels in `half` precision or whole; see `models.onnx_colorizer`."""
    onnx, runtime = imported("onnx"), imported("onnxruntime")
    if keras.backend.backend() == "tensorflow":
        imported("tf2onnx")
    network = colorizer.for_export()
    probe, expected = _probe(colorizer, network)
    facts = {"image_size": colorizer.size, "keeps_shape": colorizer.keeps_shape}
    facts["noise"] = network.inputs[1].shape[-1] if len(probe) > 1 else 0
    with replacing(file) as scratch:
        with quiet_libraries():
            network.export(str(scratch), format="onnx", verbose=False)
        model = onnx.load(scratch)
        _rename(model.graph, [*INPUTS[: len(probe)], *OUTPUTS])
        if half:
            _halve_kernels(model.graph)
        onnx.helper.set_model_props(model, {FACTS: json.dumps(facts)} | about)
        onnx.checker.check_model(model)
        onnx.save(model, scratch)
        session = runtime.InferenceSession(scratch, providers=["CPUExecutionProvider"])
        answers = session.run(OUTPUTS, dict(zip(INPUTS, probe, strict=False)))
        return _apart(answers, expected, file)


def write_saved_model(colorizer, folder, about):
    """A folder as TensorFlow's servers want it, with `about` in about.json; an existing one is replaced."""
    import tensorflow as tf

    network = colorizer.for_export()
    probe, expected = _probe(colorizer, network)
    there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if folder.is_file() or (there and ("saved_model.pb" not in there or there - SAVED_MODEL)):
        raise UserError(f"--out {folder} is no SavedModel, or holds something else, too: choose another name.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as scratch:
        made, before = Path(scratch) / "made", Path(scratch) / "before"
        network.export(str(made), format="tf_saved_model", verbose=False)
        write_text(made / "about.json", json.dumps(about, indent=1) + "\n")
        # Held as long as it is called: its functions do not keep its variables.
        loaded = tf.saved_model.load(str(made))
        apart = _apart(loaded.serve(probe), expected, folder)
        if folder.exists():
            folder.rename(before)
        try:
            made.rename(folder)
        except BaseException:
            if before.exists():
                before.rename(folder)
            raise
    return apart


def write_tflite(colorizer, file, about):
    """A .tflite file for phones, of one image of the size that the network was trained for."""
    import tensorflow as tf

    network = colorizer.for_export(any_shape=False)
    probe, expected = _probe(colorizer, network)
    with replacing(file) as scratch:
        network.export(str(scratch), format="litert", verbose=False)
        interpreter = tf.lite.Interpreter(str(scratch))
        interpreter.allocate_tensors()
        # As the network has them: images before z, colours before chroma.
        places = sorted(interpreter.get_input_details(), key=lambda place: -len(place["shape"]))
        for place, values in zip(places, probe, strict=True):
            interpreter.set_tensor(place["index"], values)
        interpreter.invoke()
        places = sorted(interpreter.get_output_details(), key=lambda place: -place["shape"][-1])
        answers = [interpreter.get_tensor(place["index"]) for place in places]
        return _apart(answers, expected, file)


WRITERS = {"onnx": write_onnx, "saved_model": write_saved_model, "tflite": write_tflite}


def _probe(colorizer, network):
    """Gray noise of the size that a network was trained for, and z, as it reads them; and what it says to them."""
    rng = np.random.default_rng(0)
    sides = [(colorizer.size, colorizer.size, 1), *(tensor.shape[1:] for tensor in network.inputs[1:])]
    probe = [rng.uniform(-1, 1, (1, *shape)).astype("float32") for shape in sides]
    return probe, [ops.convert_to_numpy(answer) for answer in network(probe)]


def _apart(answers, expected, file):
    """How far answers are from the expected ones at most, as a part of their range; see above."""
    # By NumPy, for which what is no number is the largest.
    errors = [np.abs(np.asarray(ours) - own).max() for ours, own in zip(answers, expected, strict=True)]
    apart = float(np.max(np.divide(errors, RANGES)))
    if not apart <= MOST_APART:
        raise UserError(f"{file} would answer otherwise than Keras, by up to {apart:.0e} of the range: it is not kept.")
    return apart


def _halve_kernels(graph):
    """Store an ONNX graph's kernels in half precision; whatever runs it makes them whole once, when it reads it."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for stored in graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.ndim > 1 and values.dtype == np.float32:
            whole, half = stored.name, f"{stored.name}/half"
            stored.CopyFrom(numpy_helper.from_array(values.astype(np.float16), half))
            casts.append(helper.make_node("Cast", [half], [whole], to=TensorProto.FLOAT))
    # Before those that need them.
    for number, cast in enumerate(casts):
        graph.node.insert(number, cast)


def _rename(graph, names):
    """Give an ONNX graph's inputs and outputs, in order, these names."""
    ends = [*graph.input, *graph.output]
    name_of = {end.name: name for end, name in zip(ends, names, strict=True)}
    for end in ends:
        end.name = name_of[end.name]
    for node in graph.node:
        for own in (node.input, node.output):
            own[:] = [name_of.get(name, name) for name in own]
