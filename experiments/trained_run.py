"""A run's networks, as its last checkpoint has them, as functions of pictures in [0, 1]."""

from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from data_loader import UserError, load_flowers
from data_loader.images import from_network, luma, to_network, to_unit
from evaluation.baselines import TRIVIAL_ROWS
from experiments.cli import import_keras
from experiments.run_directory import has_checkpoint, read_config
from models.presets import MODELS


class TrainedRun:
    """The colorizer of a run, and its F if it has one.

    Args:
        model: a trained `ColorizationGAN`.
        run_dir: of the run.
    """

    def __init__(self, model, run_dir):
        from models import colorizing

        self.model, self.run_dir, self.colorizing = model, run_dir, colorizing

    def coloring(self, which, color):
        """Colourings of the luma of originals (n, S, S, 3) in [0, 1], which are `which` of the split."""
        return coloring_by(self.model.colorizer, which, color)

    def last_colorings(self, epochs):
        """Functions as `coloring`, of the colorizers of the last finished epochs.

        Raises:
            UserError: fewer are kept.
        """
        files = self.colorizing.generators_of(self.run_dir)
        if len(files) < epochs:
            raise UserError(f"{self.run_dir} keeps the colorizers of {len(files)} epochs: ask --last for no more.")
        networks = [self.colorizing.load_colorizer(self.run_dir, file=file) for file in files[-epochs:]]
        return [partial(coloring_by, network) for network in networks]

    def samples(self, gray, samples, seed):
        """Several colourings of gray pictures (n, S, S, 1), uint8 (n, samples, S, S, 3)."""
        return self.colorizing.colorize(self.model.colorizer, gray, samples, seed)

    @property
    def has_samples(self):
        """Whether the colorizer has more than one colouring for a picture."""
        return self.colorizing.has_noise(self.model.colorizer)

    @property
    def has_gray_generator(self):
        """Whether there is an F: Y → X."""
        return hasattr(self.model, "F")

    def to_color(self, gray, seed):
        """G of gray pictures (n, S, S, 1), without rounding to 8 bits."""
        return from_network(self.colorizing.predict_colors(self.model.colorizer, to_network(gray), seed=seed))

    def to_gray(self, color, seed=None):
        """F of colour pictures (n, S, S, 3), without rounding to 8 bits."""
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


@contextmanager
def opened_run(run_dir):
    """The trained networks of a run, with their averaged weights if it keeps an average.

    Raises:
        UserError: the directory is no run, has no checkpoint yet, or a damaged one.
    """
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


def run_names(directories):
    """What runs are called in tables: the directories' own names, or whole paths where two rows would be the same."""
    names = [Path(directory).resolve().name for directory in directories]
    taken = [*names, *TRIVIAL_ROWS]
    return [str(path) if taken.count(name) > 1 else name for name, path in zip(names, directories, strict=True)]


def require_comparable(run_dirs):
    """The configs of runs that are scored together, by whole path of their directory.

    Raises:
        UserError: one is no run, has no checkpoint or is named twice, or two learned from other images or sizes.
    """
    configs = {}
    for run_dir in (str(Path(run_dir).resolve()) for run_dir in run_dirs):
        if run_dir in configs:
            raise UserError(f"{run_dir} is named twice: name each run once.")
        configs[run_dir] = read_config(run_dir)
    first = next(iter(configs))
    for run_dir, config in configs.items():
        if not has_checkpoint(run_dir):
            raise UserError(f"{run_dir} has no checkpoint yet: let its training reach the first one.")
        sizes = [configs[name]["options"]["image_size"] for name in (first, run_dir)]
        if sizes[0] != sizes[1]:
            raise UserError(f"{first} has images of {sizes[0]} pixels and {run_dir} of {sizes[1]}: score them apart.")
        if config["data"]["digest"] != configs[first]["data"]["digest"]:
            raise UserError(
                f"{first} and {run_dir} were trained on other images or splits "
                f"({configs[first]['data']['name']} and {config['data']['name']}): score them apart."
            )
    return configs


def flowers_of_runs(configs, dataset=None, data_dir=None):
    """The pictures that runs were trained on.

    Args:
        configs: as `require_comparable` gives them.
        dataset, data_dir: where the pictures are now, if not where they were.

    Raises:
        UserError: they are not there, or others are.
    """
    run_dir, config = next(iter(configs.items()))
    data = config["data"]
    data_dir = data_dir or (None if dataset else data["data_dir"])
    flowers = load_flowers(dataset or data["dataset"], config["options"]["image_size"], data_dir)
    if flowers.digest != data["digest"]:
        raise UserError(
            f"{flowers.name} now holds other images than {run_dir} was trained on: "
            "point --dataset or --data-dir to the images of that time."
        )
    return flowers
