"""The command line of every training script, made from the model's option tables."""

import argparse
import itertools
import os
import sys
from dataclasses import asdict, fields
from pathlib import Path

import models
from data_loader import UserError, load_flowers
from experiments import RESULTS, command, import_keras
from experiments.support.runs import has_checkpoint, read_config
from models.option_tables import flag, require_choice
from models.options import TrainingOptions
from models.precision import AUTO, PRECISIONS, automatic_precision, instruction_sets
from models.presets import AUTOMATIC, MODELS, PRESETS, run_options
from models.same_run import CONFIG


def train(script, description):
    """Parse the command line of a script in `MODELS`, train or go on, and say what there is then.

    Of several processes that train together the first one speaks.
    """
    class_name, _ = MODELS[script]
    arguments, options, training = parsed(script, description=description)
    flowers = load_flowers(arguments.dataset, options["image_size"], arguments.data_dir)
    usual = RESULTS / "runs" / f"{script}-{flowers.name}-{arguments.preset}-seed{options['seed']}"
    directory = Path(arguments.run_dir or usual)
    _require_run_or_empty(directory.resolve())
    before = read_config(directory) if (directory / CONFIG).is_file() and not arguments.fresh else None
    if before:
        flowers = flowers.known_as(before["data"])
    show_notes(flowers)
    keras = import_keras()
    precision, reason = arguments.precision, ""
    if precision == AUTO:
        precision, reason = _automatic(options, directory, before)
    keras.config.set_dtype_policy(precision)
    from models import devices

    if arguments.devices or devices.processes() > 1:
        devices.use_devices(arguments.devices or devices.ALL, training["batch_size"])
    model = getattr(models, class_name)(**options)
    if not devices.is_first():
        sys.stdout = None
    devices.before_others(_open, directory.resolve(), script, arguments.fresh)
    images, count = flowers.split_sizes, devices.devices_in_use()
    backend = keras.backend.backend() + (f" on {count} devices" if count > 1 else "")
    print(
        f"{class_name}, preset {arguments.preset}, on {flowers.name}: {images['train']} training images "
        f"of {options['image_size']}x{options['image_size']}, {backend}, {precision}{reason}.\n"
        f"Run directory: {directory}",
        flush=True,
    )
    step = model.train(flowers, directory, preset=arguments.preset, data_dir=arguments.data_dir, **training)
    if not devices.is_first():
        return 0
    steps = read_config(directory)["steps"]
    left = f" of {steps}, as --max-steps asks; without it the same command goes on" if step < steps else ""
    print(f"Done: step {step}{left}. Samples are in {directory}/samples.")
    print(f"Score it: {command('evaluate')} {directory}" if images["test"] else "No image is left to score it by.")
    return 0


def parsed(script, words=None, description=None):
    """What the words behind a script's name say: the arguments, and the model's and the training's options as dicts."""
    arguments = _parser(script, description).parse_args(words)
    if arguments.precision is None:
        arguments.precision = AUTO if arguments.preset in AUTOMATIC else PRECISIONS[0]
    require_choice("--precision", arguments.precision, (*PRECISIONS, AUTO))
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    return arguments, *map(asdict, run_options(script, arguments.preset, given))


def _automatic(options, directory, before):
    """The precision of a run that asks for `auto`, and why: what a run that goes on had, whatever the machine now."""
    if before and has_checkpoint(directory):
        slow = before["precision"] != PRECISIONS[0] and not instruction_sets()
        return before["precision"], " as before" + (", though slow on this processor" if slow else "")
    precision, reason = automatic_precision(options, os.environ["KERAS_BACKEND"])
    return precision, f" ({reason})"


def _require_run_or_empty(directory):
    """Raise a `UserError` where a directory holds something that is no run."""
    names = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    # A lock, and a beginning of the first file, is all that is left of a run that was killed at once.
    is_used = directory.is_file() or any(not name.startswith(".") for name in names)
    if is_used and not (directory / CONFIG).is_file():
        raise UserError(f"--run-dir {directory} is no run, it has no {CONFIG}: choose a new or an empty folder.")


def _open(directory, script, fresh):
    """Make a directory ready for a training; whether what it holds is the same run its checkpoints say."""
    if (directory / CONFIG).is_file() and fresh:
        names = (directory.with_name(f"{directory.name}-old{number}") for number in itertools.count(1))
        aside = directory.rename(next(path for path in names if not path.exists()))
        print(f"Moved the old run to {aside}.")
    elif (directory / CONFIG).is_file():
        trained = read_config(directory)["model"]
        # Where nothing was learned yet, nothing is lost by another configuration.
        if has_checkpoint(directory) and trained != script:
            raise UserError(f"--run-dir {directory} holds a run of {trained}: choose another, or use --fresh.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--run-dir {directory} cannot be written ({error.strerror}): choose another.") from error


def show_notes(flowers, limit=10):
    """Print what a person should know about the data, the first lines of it."""
    for note in flowers.notes[:limit]:
        print(f"note: {note}")
    if len(flowers.notes) > limit:
        print(f"note: ... and {len(flowers.notes) - limit} more like these; a run lists all in notes.txt.")


def _parser(script, description):
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="A second call of the same command goes on where the first stopped.",
    )
    add = parser.add_argument
    add("--preset", default="paper", help=f"{', '.join(PRESETS[script])} (default: paper)")
    told = "auto, oxford17, oxford102, synthetic, synthetic-many, or a folder of images (default: auto); "
    told += "several with commas between are joined, as in oxford17,oxford102"
    add("--dataset", default="auto", help=told)
    add("--data-dir", help="folder that already holds the Oxford images")
    add("--run-dir", help=f"where the run is kept (default: results/runs/{script}-...)")
    add("--fresh", action="store_true", help="move an old run of this name aside and start over")
    told = f"{' or '.join(PRECISIONS)}, or {AUTO}: the faster one for these networks on this processor, by a table of "
    told += "measurements; a run keeps the one it began with "
    told += f"(default: {AUTO} for {' and '.join(AUTOMATIC)}, or float32)"
    add("--precision", help=told)
    told = "with JAX: split each batch among so many devices, or among all (default: one device)"
    add("--devices", metavar="N|all", help=told)
    for title, table in (("model", MODELS[script][1]), ("training", TrainingOptions)):
        group = parser.add_argument_group(f"the {title}; the default is the preset's")
        for entry in fields(table):
            _add_option(group, entry, PRESETS[script])
    return parser


def _add_option(group, entry, presets):
    """An option with its meaning, its choices, and its default in each preset where that is not the paper's."""
    defaults = {preset: values.get(entry.name, entry.default) for preset, values in presets.items()}
    told = [f"{name} {value}" for name, value in defaults.items() if name == "paper" or value != defaults["paper"]]
    default = f" ({', '.join(told)})" if defaults["paper"] is not None else ""
    choices = f"{' or '.join(entry.metadata['choices'])}: " if entry.metadata["choices"] else ""
    meaning = f"{choices}{entry.metadata['meaning']}{default}".replace("%", "%%")
    if entry.type is bool:
        group.add_argument(flag(entry.name), action=argparse.BooleanOptionalAction, help=meaning)
    else:
        metavar = "N" if entry.type in (int, float) else "NAME"
        group.add_argument(flag(entry.name), type=entry.type, metavar=metavar, help=meaning)
