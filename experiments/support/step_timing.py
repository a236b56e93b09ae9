"""Time the training steps of several models in turns, beside hand-written steps and the machine's floor."""

import time
from collections import defaultdict
from dataclasses import dataclass, fields

import numpy as np

from data_loader import Batches, UserError, load_flowers
from data_loader.files import progress_bar
from experiments import command
from experiments.support.training_command import parsed
from models.option_tables import flag, require_choice, typed
from models.presets import MODELS

STEPS_A_TURN = 3
# Where an operation of TensorFlow has a kernel and a convolution's output, or its gradient: among inputs, then outputs.
KERNEL_AND_OUTPUT = {"Conv2D": (1, 2), "Conv2DBackpropInput": (1, 2), "Conv2DBackpropFilter": (3, 2)}


@dataclass(frozen=True)
class Variant:
    """A model to time: its name as it is printed, its key in `MODELS`, its options and the images of a step."""

    name: str
    model: str
    options: dict
    batch_size: int

    def build(self, precision):
        """The model in a precision."""
        import keras

        import models

        keras.config.set_dtype_policy(precision)
        try:
            return getattr(models, MODELS[self.model][0])(**self.options)
        finally:
            keras.config.set_dtype_policy("float32")

    def batches(self, gan):
        """A function of a step to its batch of synthetic flowers, as the train loop gives it to `gan`."""
        flowers = load_flowers("synthetic", gan.options.image_size)
        batches = Batches(flowers.split("train"), self.batch_size, gan.options.seed, gan.paired)
        return lambda step: gan.batch(batches, step)


def parse_variant(text, preset, batch_size=None):
    """A `Variant` from MODEL[,option=value...], such as capsule_cyclegan,capsule=routing."""
    model, *changes = text.split(",")
    require_choice("model", model, MODELS)
    words = ["--preset", preset]
    for name, _, value in (change.partition("=") for change in changes):
        if name.replace("-", "_") not in {entry.name for entry in fields(MODELS[model][1])}:
            raise UserError(f"{model} has no option {flag(name)}: see {command(model)} --help.")
        words += typed(name, {"true": True, "false": False}.get(value.lower(), value))
    _, options, training = parsed(model, words)
    return Variant(text, model, options, batch_size or training["batch_size"])


def measure(variants, precisions, turns):
    """Median seconds of a step for each variant and precision, over turns of `STEPS_A_TURN` steps each.

    As a dict: batch_seconds, step_seconds (name to median), operations_a_step (variant to number, TensorFlow only) and
    matrix_operations_per_second (by precision).
    """
    steps, operations = _steps(variants, precisions)
    seconds, rates = defaultdict(list), defaultdict(list)
    for turn in progress_bar(range(turns + 1), unit="turn"):
        for precision in precisions:
            rates[precision].append(matrix_rate(precision))
        for name, (step, batch) in steps.items():
            for number in range(STEPS_A_TURN):
                start = time.perf_counter()
                images = batch(number)
                loaded = time.perf_counter()
                step(images)
                # The first turn compiles.
                if turn:
                    seconds["batch"].append(loaded - start)
                    seconds[name].append(time.perf_counter() - loaded)
    medians = {name: float(np.median(values)) for name, values in seconds.items()}
    return {
        "batch_seconds": medians.pop("batch"),
        "step_seconds": medians,
        "operations_a_step": operations,
        "matrix_operations_per_second": {name: max(values) for name, values in rates.items()},
    }


def _steps(variants, precisions):
    """What is timed, name to functions of a batch and of a step to its batch; and operations as `measure` has them."""
    import keras

    from experiments.support.torch_step import has_torch_step, is_plain, torch_step

    steps, operations = {}, {}
    for precision in precisions:
        for variant in variants:
            gan = variant.build(precision)
            batch = variant.batches(gan)
            steps[f"{variant.name}, {precision}"] = gan.train_on, batch
            if has_torch_step(gan):
                steps[f"{variant.name}, PyTorch {precision}"] = torch_step(gan, precision), batch
            if precision == "float32" and keras.backend.backend() == "tensorflow":
                operations[variant.name] = count_operations(gan, batch(0))
                # The hand-written step has the plain terms and nothing that is drawn.
                if is_plain(gan) and not gan.options.lambda_identity:
                    steps[f"{variant.name}, two tapes"] = two_tape_step(variant.build(precision)), batch
    return steps, operations


def count_operations(gan, batch):
    """Floating-point operations of the convolutions and matrix products of one training step on a batch of arrays.

    Counted in TensorFlow's graph of the step, forward and backward: all that the objective calls is in, and what
    stopped gradients save is not. A `NarrowConv2D` counts the border columns that it computes in vain, a thousandth.
    """
    import tensorflow as tf

    def gradients(batch):
        with tf.GradientTape() as tape:
            loss = gan.compute_loss(batch, y_pred=gan(batch, training=True))
        return tape.gradient(loss, [variable.value for variable in gan.trainable_variables])

    specs = {name: tf.TensorSpec(array.shape, array.dtype) for name, array in batch.items()}
    graph = tf.function(gradients).get_concrete_function(specs).graph
    return sum(operations_of(op) for op in _needed(graph))


def _needed(graph):
    """The operations that the graph's outputs depend on; TensorFlow builds others and prunes them when it runs."""
    seen, waiting = set(), {output.op for output in graph.outputs}
    while waiting:
        op = waiting.pop()
        seen.add(op)
        waiting |= {*(tensor.op for tensor in op.inputs), *op.control_inputs} - seen
    return seen


def operations_of(op):
    """Two operations a multiplication and addition; 0 for what is neither convolution nor product."""
    shapes = [tensor.shape for tensor in (*op.inputs, *op.outputs)]
    if op.type in ("MatMul", "BatchMatMulV2"):
        transposed = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
        return 2 * int(np.prod(shapes[-1])) * int(shapes[0][-2 if transposed else -1])
    if op.type not in KERNEL_AND_OUTPUT:
        return 0
    kernel, output = (shapes[position] for position in KERNEL_AND_OUTPUT[op.type])
    return 2 * int(np.prod(kernel)) * int(np.prod(output[:-1]))


def matrix_rate(precision, size=2048, repeats=5):
    """Operations a second of the fastest of some products of square matrices, on this backend in a precision."""
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


def two_tape_gradients(gan, gray, color):
    """A CycleGAN step as one would write it by hand in TensorFlow: what the single objective is tested against.

    `gan` is a `CycleGAN` without identity term; gray (n, S, S, 1) and color (n, S, S, 3) are in [-1, 1]. Gives name of
    G, F, D_X and D_Y to list of gradients, from a tape for the generators and one for the others.
    """
    import tensorflow as tf

    def learned(*networks):
        return {network.name: [weight.value for weight in network.trainable_variables] for network in networks}

    generators, discriminators = learned(gan.G, gan.F), learned(gan.D_X, gan.D_Y)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(generators)
        fake_color, fake_gray = gan.colorizer(gray, training=True), gan.F(color, training=True)
        cycled_gray, cycled_color = gan.F(fake_color, training=True), gan.colorizer(fake_gray, training=True)
        loss = gan.gan_loss(gan.D_Y(fake_color, training=True), real=True)
        loss += gan.gan_loss(gan.D_X(fake_gray, training=True), real=True)
        loss += gan.options.lambda_cycle * gan.cycle_norm(cycled_gray, gray)
        loss += gan.options.lambda_cycle * gan.cycle_norm(cycled_color, color)
    gradients = tape.gradient(loss, generators)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(discriminators)
        loss = 0.0
        for discriminator, real, fake in ((gan.D_Y, color, fake_color), (gan.D_X, gray, fake_gray)):
            loss += gan.gan_loss(discriminator(real, training=True), real=True) / 2
            loss += gan.gan_loss(discriminator(fake, training=True), real=False) / 2
    return gradients | tape.gradient(loss, discriminators)


def two_tape_step(gan):
    """A function of a batch: a compiled step of `gan` with two tapes and an Adam a network; it returns when done."""
    import tensorflow as tf

    from models.optimizer import adam

    options = gan.options
    networks = gan.G, gan.F, gan.D_X, gan.D_Y
    optimizers = [adam(options.learning_rate, options.beta1, options.beta2) for _ in networks]
    for network, optimizer in zip(networks, optimizers, strict=True):
        optimizer.build(network.trainable_variables)

    @tf.function
    def step(gray, color):
        gradients = two_tape_gradients(gan, gray, color)
        for network, optimizer in zip(networks, optimizers, strict=True):
            optimizer.apply(gradients[network.name], network.trainable_variables)
        return tf.reduce_sum(gradients["D_Y"][-1])

    return lambda batch: step(batch["gray"], batch["color"]).numpy()
