"""Checkpoints that hold all of a run: weights, moving statistics, Adam, seeds, running means, the step."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from keras import ops

from data_loader.errors import UserError
from models.errors import NonFinite
from models.files import DAMAGED, replacing


@dataclass
class Progress:
    """How far a run is.

    Attributes:
        step: steps done.
        epoch_seconds: time that the steps of the current epoch took, in all calls so far.
        running_means: values of the model's metric variables in the middle of an epoch.
    """

    step: int = 0
    epoch_seconds: float = 0.0
    running_means: list = ()


class Checkpoints:
    """The last two checkpoints of a run, as `last.npz` and `previous.npz` in a folder.

    Args:
        folder: of the files.
        run: dict of what decides what is learned, to be found again in the checkpoint; None to look at the
            model's shape alone.
        defaults: what a checkpoint from before an option was trained with, name to value.
    """

    def __init__(self, folder, run=None, defaults=None):
        self.folder, self.run, self.defaults = Path(folder), run, defaults or {}
        self.last, self.previous = self.folder / "last.npz", self.folder / "previous.npz"

    def save(self, model, progress):
        """Write a checkpoint; the one before it is kept.

        Raises:
            NonFinite: a weight is NaN or infinite; nothing is written.
        """
        variables = _state(model)
        state = [ops.convert_to_numpy(variable) for variable in variables]
        for variable, value in zip(variables, state, strict=True):
            if not np.isfinite(value).all():
                raise NonFinite(f"weight {variable.path} is not finite after step {progress.step}")
        means = [ops.convert_to_numpy(variable) for variable in model.metrics_variables]
        facts = {"step": progress.step, "epoch_seconds": progress.epoch_seconds, "model": type(model).__name__}
        facts["run"] = self.run
        arrays = {f"state{n:04d}": value for n, value in enumerate(state)}
        arrays |= {f"mean{n:04d}": value for n, value in enumerate(means)}
        with replacing(self.last, self.previous) as scratch:
            np.savez(scratch, facts=np.array(json.dumps(facts)), **arrays)

    def restore(self, model, say=print):
        """Bring a model back to its last checkpoint, or to the one before if that is damaged.

        Args:
            model: built like the one that was saved.
            say: called with a sentence when a damaged checkpoint is passed over.

        Returns:
            `Progress`, or None where there is no checkpoint.

        Raises:
            UserError: both are damaged, or they belong to a model of another shape.
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
            self._check_run(facts, file)
            _assign(model, facts, state, file)
            return Progress(facts["step"], facts["epoch_seconds"], means)
        if damaged:
            raise UserError(f"{' and '.join(damaged)}: no checkpoint is left, start over with --fresh.")
        return None

    def _check_run(self, facts, file):
        was, now = self.defaults | (facts.get("run") or {}), self.run or {}
        changed = [f"{name} {was[name]}" for name in now if name in was and was[name] != now[name]]
        if changed:
            raise UserError(
                f"{file} was trained with {', '.join(changed)}, which cannot change on resume: "
                "give these, or another run directory."
            )


def steps_done(folder):
    """The step of the last checkpoint in a folder; 0 where there is none that can be read."""
    try:
        return _read(Path(folder) / "last.npz")[0]["step"]
    except DAMAGED:
        return 0


def _state(model):
    return [*model.variables, *model.optimizer.variables]


def _read(file):
    with np.load(file, allow_pickle=False) as arrays:
        facts = json.loads(str(arrays["facts"]))
        names = sorted(arrays.files)
        state = [arrays[name] for name in names if name.startswith("state")]
        means = [arrays[name] for name in names if name.startswith("mean")]
    return facts, state, means


def _assign(model, facts, state, file):
    variables = _state(model)
    same = facts["model"] == type(model).__name__ and [v.shape for v in variables] == [v.shape for v in state]
    if not same:
        raise UserError(
            f"{file} belongs to a {facts['model']} of another shape: "
            "use the options of that run, another --run-dir, or --fresh."
        )
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
