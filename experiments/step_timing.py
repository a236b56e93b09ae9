"""Time the training steps of several models in one run, taking turns."""

import time
from dataclasses import dataclass, fields

import numpy as np

from data_loader import Batches, UserError, load_flowers
from data_loader.progress import progress_bar
from models.option_table import flag, require_choice
from models.options import TrainingOptions
from models.presets import MODELS, of_preset, presets_of

STEPS_A_TURN = 3


@dataclass(frozen=True)
class Variant:
    """A model to time: its name, preset, the options that differ from the preset's, batch size and precision.

    Attributes:
        name: as it is printed, such as "capsule_cyclegan,capsule=routing".
        model: key of `models.presets.MODELS`.
        options: of the model.
        batch_size: images a step.
    """

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

    def data(self, gan):
        """An epoch of batches of synthetic flowers, as the train loop gives them to `gan`."""
        from models.training import Steps

        flowers = load_flowers("synthetic", gan.options.image_size)
        batches = Batches(flowers.split("train"), self.batch_size, gan.options.seed, gan.paired)
        return Steps(gan, batches, 0, batches.steps_per_epoch)


def parse_variant(text, preset, batch_size=None):
    """A `Variant` from MODEL[,option=value...].

    Raises:
        UserError: the model, the preset or an option does not exist.
    """
    model, *changes = text.split(",")
    require_choice("model", model, MODELS)
    table = MODELS[model][1]
    require_choice("--preset", preset, presets_of(table))
    types = {entry.name: entry.type for entry in fields(table)}
    options = of_preset(table, preset, table)
    for change in changes:
        name, _, value = change.partition("=")
        name = name.replace("-", "_")
        if name not in types:
            raise UserError(f"{model} has no option {flag(name)}: see python experiments/{model}.py --help.")
        try:
            options[name] = value.lower() in ("true", "yes", "1") if types[name] is bool else types[name](value)
        except ValueError:
            raise UserError(f"{flag(name)} {value} is not a {types[name].__name__}: give one.") from None
    table(**options)
    training = TrainingOptions(**of_preset(TrainingOptions, preset, table))
    return Variant(text, model, options, batch_size or training.batch_size)


def measure(variants, precisions, turns):
    """Median seconds of a step for each variant and precision, and what they are compared with.

    Args:
        variants: list of `Variant`.
        precisions: list of "float32", "mixed_bfloat16".
        turns: of `STEPS_A_TURN` steps each.

    Returns:
        dict of seconds (name to median), batch_seconds, operations (variant to number, TensorFlow only) and
        matrix_rates (precision to operations a second).
    """
    import keras

    from experiments.floor import count_operations, matrix_rate
    from experiments.two_tape import two_tape_step

    steps, operations, rates = {}, {}, {}
    tensorflow = keras.backend.backend() == "tensorflow"
    for precision in precisions:
        for variant in variants:
            gan = variant.build(precision)
            data = variant.data(gan)
            steps[f"{variant.name}, {precision}"] = gan.train_on_batch, data
            if precision == "float32" and tensorflow:
                operations[variant.name] = count_operations(gan, *data[0])
                # The hand-written step has the plain terms and nothing that is drawn.
                if variant.model == "cyclegan" and not gan.options.lambda_identity and not isinstance(data[0][0], dict):
                    steps[f"{variant.name}, two tapes"] = two_tape_step(variant.build(precision)), data
    seconds = {name: [] for name in (*steps, "batch")}
    for turn in progress_bar(range(turns + 1), unit="turn"):
        for precision in precisions:
            rates.setdefault(precision, []).append(matrix_rate(precision))
        for name, (step, data) in steps.items():
            for number in range(STEPS_A_TURN):
                start = time.perf_counter()
                batch = data[number]
                loaded = time.perf_counter()
                step(*batch)
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
