"""A run's directory: its name, its config.json, and whether a command may go on there."""

import csv
import json
import os
import platform
from datetime import date
from pathlib import Path

from data_loader.batches import Batches
from data_loader.errors import UserError
from evaluation.workers import usable_cpus
from experiments.cli import PROJECT, import_keras
from models.files import write_text
from models.option_table import flag, typed
from models.options import decides_what_is_learned
from models.presets import MODELS, whole_options

CONFIG = "config.json"


def default_directory(model, dataset, preset, seed):
    """results/runs/MODEL-DATASET-PRESET-seedN of the project, from whatever directory one calls."""
    return PROJECT / "results" / "runs" / f"{model}-{dataset}-{preset}-seed{seed}"


def read_config(directory):
    """The config of a run.

    Raises:
        UserError: the directory does not exist or is no run.
    """
    file = Path(directory) / CONFIG
    if Path(directory).is_file():
        raise UserError(f"run directory {directory} is a file: name a directory that a training made.")
    if not Path(directory).is_dir():
        raise UserError(f"run directory {directory} does not exist: train first, or check the spelling.")
    try:
        config = json.loads(file.read_text())
        if not {"model", "options", "training", "data"} <= set(config) or config["model"] not in MODELS:
            raise ValueError
        config["options"] = whole_options(config["model"], config["options"])
    except FileNotFoundError:
        raise UserError(f"{directory} is no run, it has no {CONFIG}: name a directory that a training made.") from None
    except (ValueError, TypeError):
        raise UserError(f"{file} is damaged: name another run, or start this one over with --fresh.") from None
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
    return any(Path(directory).glob("checkpoints/*.npz"))


def open_run(directory, config, fresh=False):
    """Make a run's directory, or go on in it.

    Args:
        directory: of the run.
        config: what this command would train.
        fresh: move what is there aside first.

    Raises:
        UserError: the directory holds something else, or a run that learns something else.
    """
    directory = Path(directory).resolve()
    if fresh and directory.exists():
        if not (directory / CONFIG).is_file() and (directory.is_file() or any(directory.iterdir())):
            raise UserError(f"--run-dir {directory} is no run, so --fresh leaves it alone: choose another.")
        print(f"Moved the old run to {_move_aside(directory)}.")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        old = read_config(directory)
        # Where nothing was learned yet, nothing is lost by another configuration.
        if has_checkpoint(directory):
            _check_same(directory, old, config)
            config = config | {"made_with": old.get("made_with")}
    try:
        write_text(directory / CONFIG, json.dumps(config, indent=2) + "\n")
    except OSError as error:
        raise UserError(f"--run-dir {directory} cannot be written ({error.strerror}): choose another.") from error


def _move_aside(directory):
    number = 1
    while (aside := directory.with_name(f"{directory.name}-old{number}")).exists():
        number += 1
    os.replace(directory, aside)
    return aside


def _check_same(directory, old, new):
    if old.get("model") != new["model"]:
        raise UserError(f"--run-dir {directory} holds a run of {old.get('model')}: choose another, or use --fresh.")
    was, now = _learned(old), _learned(new)
    changed = [
        f"no {flag(name)}" if was[name] is None else " ".join(typed(name, was[name]))
        for name in now
        if name in was and was[name] != now[name]
    ]
    if changed:
        raise UserError(
            f"--run-dir {directory} was trained with {', '.join(changed)}, which cannot change on resume: "
            "give these, choose another directory, or use --fresh."
        )
    if old.get("data", {}).get("digest") != new["data"]["digest"]:
        was, now = old.get("data", {}).get("name"), new["data"]["name"]
        raise UserError(
            f"--run-dir {directory} was trained on other images ({was}; this is {now}): "
            "give the same images, choose another directory, or use --fresh."
        )


def _learned(config):
    """The options that decide what is learned."""
    options = {**config.get("options", {}), **config.get("training", {}), "precision": config.get("precision")}
    return decides_what_is_learned(options)


def read_metrics(file):
    """The rows of a run's metrics.csv, name of a column to number; none where there is no such file.

    Raises:
        UserError: the file is damaged.
    """
    file = Path(file)
    if not file.exists():
        return []
    try:
        with file.open(newline="") as stream:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
        if not all({"epoch", "seconds"} <= set(row) for row in rows):
            raise ValueError
        return rows
    except (ValueError, TypeError, AttributeError):
        raise UserError(f"{file} is damaged: restore it, or move it away to do without it.") from None


def make_config(model, preset, flowers, options, training, precision, data_dir=None):
    """All that decides a run, as written to config.json and read back by every later script."""
    import keras

    batches = Batches(flowers.split("train"), training["batch_size"], options["seed"], pairing=training["pairing"])
    return {
        "model": model,
        "preset": preset,
        "data": {
            "name": flowers.name,
            "dataset": flowers.source,
            "data_dir": str(Path(data_dir).resolve()) if data_dir else None,
            "digest": flowers.digest,
            "images": {name: int((flowers.split_of == name).sum()) for name in ("train", "val", "test")},
        },
        "options": options,
        "training": training,
        "steps": training["epochs"] * batches.steps_per_epoch,
        "precision": precision,
        "made_with": {
            "date": date.today().isoformat(),
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
            "python": platform.python_version(),
            "machine": platform.machine(),
            "cpus": usable_cpus(),
        },
    }
