"""Runs: their directories and configs, and their trained networks as functions of pictures."""

import csv
import json
import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from data_loader import load_flowers
from data_loader.files import UserError
from data_loader.images import from_network, luma, to_network, to_uint8, to_unit
from evaluation.baselines import TRIVIAL_ROWS
from experiments import import_keras
from models import load_colorizer
from models.options import TrainingOptions
from models.presets import MODELS, whole_options
from models.same_run import CONFIG


@contextmanager
def understood(file, advice):
    """A block that makes sense of a file; what it stumbles on becomes a `UserError` that tells what to do."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error):
        raise UserError(f"{file} is damaged, or of another version of the code: {advice}.") from None


def read_config(directory):
    """The config of a run; a `UserError` where there is none, or a damaged one."""
    file = Path(directory) / CONFIG
    if not Path(directory).exists():
        raise UserError(f"run directory {directory} does not exist: train first, or check the spelling.")
    if not file.is_file():
        raise UserError(f"{directory} is no run, it has no {CONFIG}: name a directory that a training made.")
    with understood(file, "name another run, or start this one over with --fresh"):
        config = json.loads(file.read_text(encoding="utf-8"))
        config["options"] = whole_options(config["model"], config["options"])
        # What is read of it later has its type, and values that can be.
        MODELS[config["model"]][1](**config["options"])
        TrainingOptions(**config["training"])
        data, counts = config["data"], config["data"]["images"].values()
        texts = [config["precision"], *(data[name] for name in ("name", "dataset", "digest"))]
        if not (all(isinstance(text, str) for text in texts) and all(isinstance(count, int) for count in counts)):
            raise ValueError
        return config


def is_finished(directory):
    """Whether a run's last checkpoint is at the end that its config names."""
    if not (Path(directory) / CONFIG).is_file():
        return False
    import_keras()
    from models.checkpoints import steps_done

    config = read_config(directory)
    training = config["training"]
    # Earlier versions did not record the steps, which disjoint halves have half of.
    steps = config.get("steps", training["epochs"] * -(-config["data"]["images"]["train"] // training["batch_size"]))
    return steps_done(Path(directory) / "checkpoints") >= min(steps, training["max_steps"] or steps)


def has_checkpoint(directory):
    """Whether a run has learned anything yet."""
    return any((Path(directory) / "checkpoints" / name).exists() for name in ("last.npz", "previous.npz"))


def read_metrics(file):
    """The rows of a run's metrics.csv, name of a column to number; none where there is no such file."""
    if not Path(file).exists():
        return []
    with understood(file, "restore it, or move it away to do without it"):
        lines = csv.DictReader(Path(file).read_text(encoding="utf-8").splitlines())
        rows = [{name: float(value) for name, value in line.items()} for line in lines]
        if not all({"epoch", "seconds"} <= set(row) for row in rows):
            raise ValueError
    return rows


class TrainedRun:
    """The colorizer of a trained `ColorizationGAN`, and its F: Y → X if it has one, as functions of pictures in [0, 1].

    `coloring` is `coloring_by` of the colorizer, and `samples` its `samples_by`.
    """

    def __init__(self, model, run_dir):
        from models import colorizing

        self.model, self.run_dir, self.colorizing = model, run_dir, colorizing
        self.coloring, self.samples = partial(coloring_by, model.colorizer), samples_by(model.colorizer)

    def last_colorings(self, epochs):
        """Functions as `coloring`, of the last finished epochs; a `UserError` where fewer are kept."""
        files = self.colorizing.generators_of(self.run_dir)
        if len(files) < epochs:
            raise UserError(f"{self.run_dir} keeps the colorizers of {len(files)} epochs: ask --last for no more.")
        networks = [self.colorizing.load_network(self.run_dir, file=file) for file in files[-epochs:]]
        return [partial(coloring_by, network) for network in networks]

    def to_color(self, gray, seed):
        """G of gray pictures (n, S, S, 1), without rounding to 8 bits."""
        return from_network(self.colorizing.predict_colors(self.model.colorizer, to_network(gray), seed=seed))

    def to_gray(self, color, seed=None):
        """F of colour pictures (n, S, S, 3), without rounding to 8 bits; as F reads no z, the seed changes nothing."""
        return from_network(self.model.predict_images(self.model.F, to_network(color)))


def coloring_by(network, which, color):
    """A colorizer's colourings of the luma of originals (n, S, S, 3) in [0, 1], which are `which` of their split."""
    from models.colorizing import colorize, reads_noise

    z = None
    if reads_noise(network):
        # Each picture has its own, whichever others it is coloured with.
        size = network.inputs[1].shape[-1]
        z = np.stack([np.random.default_rng((0, number)).standard_normal(size) for number in which])
    return to_unit(colorize(network, luma(color), z=z))


def samples_by(network):
    """As `models.colorizing.colorize`, of gray pictures, how many colourings and a seed; None where it has but one."""
    from models.colorizing import colorize, has_noise

    return partial(colorize, network) if has_noise(network) else None


def photograph_coloring(network, size=None):
    """As colorize.py colours photographs, with its `--size` if given: one z for all, where `coloring_by` draws each."""
    from models.colorizer import Colorizer

    colorizer = Colorizer(network)

    def coloring(which, color):
        return to_unit(np.stack([colorizer.colorize(gray, size) for gray in to_uint8(luma(color))]))

    return coloring


@contextmanager
def opened_run(run_dir):
    """The `TrainedRun` of a directory at its last checkpoint, with averaged weights if it keeps an average."""
    config = read_config(run_dir)
    keras = import_keras()
    import models
    from models.training import restore

    keras.config.set_dtype_policy(config["precision"])
    model = getattr(models, MODELS[config["model"]][0])(**config["options"])
    restore(model, run_dir, config["training"])
    with model.averaged():
        yield TrainedRun(model, run_dir)
    keras.utils.clear_session()


def opened_colorizer(source):
    """What colours photographs, a `models.photographs.PhotoColorizer`: of a run's directory, a packed or ONNX file."""
    if source.suffix == ".onnx":
        return load_colorizer(source)
    # Says what is wrong with a run before Keras is there.
    config = read_config(source) if source.is_dir() else None
    import_keras()
    from models.colorizer import Colorizer
    from models.colorizing import load_network

    return Colorizer(load_network(source, config and MODELS[config["model"]][0]))


def run_names(directories):
    """What runs are called in tables: the directories' own names, or whole paths where two rows would be the same."""
    # A link keeps its own name.
    names = [Path(path).name for path in map(os.path.abspath, directories)]
    taken = [*names, *TRIVIAL_ROWS]
    return [str(path) if taken.count(name) > 1 else name for name, path in zip(names, directories, strict=True)]


def require_comparable(run_dirs):
    """Whole path to config of runs that are scored together.

    A `UserError`: one is no run, has no checkpoint or is named twice, or two learned from other images or sizes.
    """
    configs = {}
    for run_dir in map(os.path.abspath, run_dirs):
        config = read_config(run_dir)
        if any(Path(run_dir).samefile(other) for other in configs):
            raise UserError(f"{run_dir} is named twice: name each run once.")
        configs[run_dir] = config
    first, of_first = next(iter(configs.items()))
    size, data = of_first["options"]["image_size"], of_first["data"]
    for run_dir, config in configs.items():
        if not has_checkpoint(run_dir):
            raise UserError(f"{run_dir} has no checkpoint yet: let its training reach the first one.")
        other_size, other_data = config["options"]["image_size"], config["data"]
        if size != other_size:
            raise UserError(f"{first} has images of {size} pixels and {run_dir} of {other_size}: score them apart.")
        if data["digest"] != other_data["digest"]:
            named = f"({data['name']} and {other_data['name']})"
            raise UserError(f"{first} and {run_dir} were trained on other images or splits {named}: score them apart.")
    return configs


def flowers_of_runs(configs, dataset=None, data_dir=None):
    """The pictures that runs were trained on, from where they are now; a `UserError` if others are there.

    Of runs that were trained on joined sets, `dataset` may name one of these alone.
    """
    run_dir, config = next(iter(configs.items()))
    data = config["data"]
    # Earlier versions joined no sets.
    parts = data.get("parts", {})
    data_dir = data_dir or (None if dataset else data["data_dir"])
    size, joined = config["options"]["image_size"], data["dataset"] if parts else None
    flowers = load_flowers(dataset or data["dataset"], size, data_dir, part_of=joined).known_as(data)
    if flowers.digest not in (data["digest"], parts.get(flowers.name)):
        raise UserError(
            f"{flowers.name} now holds other images than {run_dir} was trained on, of {data['dataset']}: "
            "point --dataset or --data-dir to the images of that time."
        )
    return flowers
