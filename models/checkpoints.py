"""Checkpoints that hold all of a run: weights, moving statistics, Adam, seeds, the epoch's sums, the step."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from keras import ops

from data_loader.files import DAMAGED, NonFinite, UserError, replacing
from models.same_run import require_same_run


@dataclass
class Progress:
    """How far a run is: steps done, and of the current epoch, in all calls so far, what its steps gave."""

    step: int = 0
    images: int = 0
    epoch_seconds: float = 0.0
    sums: dict = field(default_factory=dict)  # name of a loss term to its sum over the images

    def begin_epoch(self):
        self.images, self.epoch_seconds, self.sums = 0, 0.0, {}

    def add(self, logs, images, seconds):
        """Note a step: the mean of each term over its `images`, which has to be finite, and how long it took."""
        for name, value in logs.items():
            if not math.isfinite(value):
                raise NonFinite(f"loss term {name} is {value} at step {self.step + 1}")
        self.step += 1
        self.images += images
        self.epoch_seconds += seconds
        self.sums = {name: self.sums.get(name, 0.0) + images * value for name, value in logs.items()}

    @property
    def means(self):
        """Name of a term to its mean over the epoch so far."""
        return {name: total / self.images for name, total in self.sums.items()}


class Checkpoints:
    """The last two checkpoints of a run, as `last.npz` and `previous.npz` in a folder.

    `run` is `what_is_learned`, to be found again in the checkpoint; with None only the model's shape is looked at.
    `defaults` are what a checkpoint from before an option was trained with, name to value.
    """

    def __init__(self, folder, run=None, defaults=None):
        self.folder, self.run, self.defaults = Path(folder), run, defaults or {}
        self.last, self.previous = self.folder / "last.npz", self.folder / "previous.npz"

    def save(self, model, progress):
        """Write a checkpoint and keep the one before; a weight that is not finite raises `NonFinite` first."""
        variables = model.state
        state = [ops.convert_to_numpy(variable) for variable in variables]
        for variable, value in zip(variables, state, strict=True):
            if not np.isfinite(value).all():
                raise NonFinite(f"weight {variable.path} is not finite after step {progress.step}")
        facts = asdict(progress) | {"model": type(model).__name__, "run": self.run}
        arrays = {f"state{number:04d}": value for number, value in enumerate(state)}
        with replacing(self.last, self.previous) as scratch:
            np.savez(scratch, facts=np.array(json.dumps(facts)), **arrays)

    def restore(self, model, say=print):
        """Bring a model back to its last checkpoint, or, with a word to `say`, to the one before if that is damaged.

        Gives its `Progress`, or None where there is no checkpoint. It is a `UserError` that both are damaged, or that
        they belong to a model of another shape, or to another run.
        """
        damaged = []
        for file in (self.last, self.previous):
            if not file.exists():
                continue
            try:
                facts, state, means = _read(file)
            except DAMAGED as error:
                # Out of the way, so that the next checkpoint does not push it over the good one.
                aside = file.with_name(f"damaged-{file.name}")
                os.replace(file, aside)
                damaged.append(f"{file} is damaged ({str(error) or type(error).__name__}), now {aside.name}")
                continue
            for sentence in damaged:
                say(f"{sentence}; going on from {file.name}, step {facts['step']}.")
            if self.run:
                require_same_run(self.defaults | (facts["run"] or {}), self.run, str(file))
            _assign(model, facts, state, file)
            if "sums" in facts:
                return Progress(facts["step"], facts["images"], facts["epoch_seconds"], facts["sums"])
            sums = dict(zip(("loss", *model.terms), means[::2], strict=False))
            return Progress(facts["step"], int(means[1]) if means else 0, facts["epoch_seconds"], sums)
        # Those of an earlier call, too.
        damaged = damaged or [f"{file} is damaged" for file in sorted(self.folder.glob("damaged-*.npz"))]
        if damaged:
            raise UserError(f"{' and '.join(damaged)}: no checkpoint is left, start over with --fresh.")
        return None

    @property
    def exist(self):
        """Whether there is one, good or not."""
        return self.last.exists() or self.previous.exists()


def steps_done(folder):
    """The step of the last checkpoint in a folder; 0 where there is none that can be read."""
    try:
        return _read(Path(folder) / "last.npz")[0]["step"]
    except DAMAGED:
        return 0


def _read(file):
    with np.load(file, allow_pickle=False) as arrays:
        facts = json.loads(str(arrays["facts"]))
        names = sorted(arrays.files)
        state = [arrays[name] for name in names if name.startswith("state")]
        # Version 0.1.0 kept Keras' running means: the total and the count of the loss and of each term.
        means = [float(arrays[name]) for name in names if name.startswith("mean")]
    return facts, state, means


def _assign(model, facts, state, file):
    variables = model.state
    if facts["model"] != type(model).__name__ or [v.shape for v in variables] != [v.shape for v in state]:
        remedy = "use the options of that run, another --run-dir, or --fresh."
        raise UserError(f"{file} belongs to a {facts['model']} of another shape: {remedy}")
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
