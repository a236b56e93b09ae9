"""Where a training step's processor time goes, by TensorFlow's own profiler."""

import re
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from data_loader import UserError
from experiments.support.step_timing import operations_of

# Type of TensorFlow's operations to what it is called here; the others are called by their types.
OF = {"": "", "BackpropFilter": "' gradients of filters", "BackpropInput": "' gradients of inputs"}
KINDS = {f"Conv2D{of}": f"convolutions{told}" for of, told in OF.items()}
KINDS |= {f"DepthwiseConv2dNative{of}": f"depthwise convolutions{told}" for of, told in OF.items()}
KINDS |= dict.fromkeys(("MatMul", "BatchMatMulV2"), "matrix products") | dict.fromkeys(("AddN", "AddV2"), "additions")
KINDS |= dict.fromkeys(("Relu", "ReluGrad", "LeakyRelu", "LeakyReluGrad"), "ReLU and its gradients")
KINDS |= dict.fromkeys(("Mean", "Sum"), "means and sums")
KINDS |= {"MirrorPad": "reflection padding", "MirrorPadGrad": "reflection padding's gradients", "Cast": "casts"}
KINDS |= {"StridedSlice": "slices", "StridedSliceGrad": "slices' gradients", "Pad": "padding with zeros"}
KINDS |= {"Mul": "multiplications", "Sub": "subtractions", "RealDiv": "divisions", "Tile": "tiles"}
KINDS |= {"SquaredDifference": "squared differences", "ResourceApplyAdam": "Adam"}
STEPS = 3


def profile(gan, batch):
    """What each kind of operation, and each operation by itself, takes in a step on a batch: two lists.

    Each is of name and (milliseconds of one core, floating-point operations), the dearest first. Time is processor time
    where TensorFlow is held to one thread.
    """
    import tensorflow as tf

    specs = {name: tf.TensorSpec(array.shape, array.dtype) for name, array in batch.items()}
    step = tf.function(lambda batch: gan.train_step((batch,))).get_concrete_function(specs)
    tensors = {name: tf.constant(array) for name, array in batch.items()}
    step(tensors)
    counted = {op.name: operations_of(op) for op in step.graph.get_operations()}
    # oneDNN does a convolution and its bias at once, under the bias' name.
    biases = [op for op in step.graph.get_operations() if op.type == "BiasAdd"]
    with_bias = {op.name: operations_of(op.inputs[0].op) for op in biases}
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        for _ in range(STEPS):
            step(tensors)
        tf.profiler.experimental.stop()
        (file,) = Path(folder).rglob("*.xplane.pb")
        seconds = _seconds_by_operation(file.read_bytes())
    by_kind, by_name = (defaultdict(lambda: np.zeros(2)) for _ in range(2))
    for (name, kind), spent in seconds.items():
        found = 1000 * spent / STEPS, counted.get(name, 0) or (kind.endswith("WithBias") and with_bias.get(name, 0))
        # By whichever library's kernel it is done.
        kind = re.sub("^_Mkl(?:Native)?(?:Fused)?|WithBias$", "", kind)
        by_kind[KINDS.get(kind, kind)] += found
        by_name[f"{_place(name)} ({kind})"] += found
    return [sorted(sums.items(), key=lambda entry: -entry[1][0]) for sums in (by_kind, by_name)]


def hold_to_one_thread():
    """Have TensorFlow compute with one thread, before it computes at all; a `UserError` on another backend."""
    import keras

    if keras.backend.backend() != "tensorflow":
        raise UserError("--profile reads TensorFlow's profiler: leave KERAS_BACKEND out.")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _seconds_by_operation(profiled):
    """Name and type of each operation to its seconds, from the bytes of a profile."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space, seconds = xplane_pb2.XSpace(), defaultdict(float)
    space.ParseFromString(profiled)
    for plane in space.planes:
        for line in (line for line in plane.lines if line.name.startswith("tf_Compute")):
            for event in line.events:
                name, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                if name and not name.endswith(":"):
                    seconds[name, kind] += event.duration_ps / 1e12
    return seconds


def _place(name):
    """Where in the networks an operation is: its name without the steps that lead there."""
    return "/".join(name.split("/")[-3:-1]) or name
