"""The floor of a training step: its floating-point operations over the machine's matrix-product rate."""

import time

import numpy as np


def count_operations(gan, x, color):
    """Floating-point operations of the convolutions and matrix products of one training step.

    They are counted in the graph of the step, forward and backward, so whatever the objective calls is
    in, and what stopped gradients save is not. A `NarrowConv2D` counts the border columns that it computes in
    vain, a thousandth of the paper preset's step. TensorFlow only.

    Args:
        gan: a built model.
        x, color: a batch, as its train loop gets it.
    """
    import tensorflow as tf

    def gradients(x, color):
        with tf.GradientTape() as tape:
            loss = gan.compute_loss(x, color, gan(x, training=True))
        return tape.gradient(loss, [variable.value for variable in gan.trainable_variables])

    specs = tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, array.dtype), (x, color))
    graph = tf.function(gradients).get_concrete_function(*specs).graph
    return sum(_operations(op) for op in _needed(graph))


def _needed(graph):
    """The operations that the graph's outputs depend on; TensorFlow builds others and prunes them when it runs."""
    seen, waiting = set(), [output.op for output in graph.outputs]
    while waiting:
        op = waiting.pop()
        if op not in seen:
            seen.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return seen


def _operations(op):
    """Two operations a multiplication and addition; 0 for what is neither convolution nor product."""
    if op.type == "Conv2D":
        kernel, output = op.inputs[1].shape, op.outputs[0].shape
    elif op.type == "Conv2DBackpropInput":
        kernel, output = op.inputs[1].shape, op.inputs[2].shape
    elif op.type == "Conv2DBackpropFilter":
        kernel, output = op.outputs[0].shape, op.inputs[2].shape
    elif op.type in ("MatMul", "BatchMatMulV2"):
        return 2 * int(np.prod(op.outputs[0].shape)) * int(_inner_size(op))
    else:
        return 0
    return 2 * int(np.prod(kernel)) * int(np.prod(output[:-1]))


def _inner_size(op):
    """The length of the sums of a matrix product."""
    transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
    return op.inputs[0].shape[-2 if transposed else -1]


def matrix_rate(precision, size=2048, repeats=5):
    """Best measured rate of a square matrix product on this backend, in operations a second.

    Args:
        precision: "float32" or "mixed_bfloat16".
        size: side of the matrices.
        repeats: of the measurement; the fastest counts, since a floor is wanted.
    """
    import keras

    dtype = "bfloat16" if "bfloat16" in precision else "float32"
    a, b = (keras.ops.cast(keras.random.normal((size, size)), dtype) for _ in range(2))
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        # Reading an element waits for the product; numpy has no bfloat16.
        keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.matmul(a, b)[0, 0], "float32"))
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds[1:])
