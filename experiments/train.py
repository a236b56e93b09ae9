"""The command line of every training script, made from the model's option tables."""

import argparse
from dataclasses import asdict, fields
from pathlib import Path

import models
from data_loader import load_flowers
from experiments.cli import import_keras
from experiments.run_directory import default_directory, make_config, open_run
from models.files import write_text
from models.option_table import flag, require_choice
from models.options import TrainingOptions
from models.presets import MODELS, of_preset, presets_of

PRECISIONS = ("float32", "mixed_bfloat16")


def train(model_name, description):
    """Parse the command line, train or go on, and say what there is then. Returns the exit status.

    Args:
        model_name: a key of `models.presets.MODELS`.
        description: of the script, for its --help.
    """
    class_name, _ = MODELS[model_name]
    arguments, options, training = parsed(model_name, description=description)
    flowers = load_flowers(arguments.dataset, options["image_size"], arguments.data_dir)
    show_notes(flowers)
    keras = import_keras()
    config = make_config(
        model_name, arguments.preset, flowers, options, training, arguments.precision, arguments.data_dir
    )

    keras.config.set_dtype_policy(arguments.precision)
    model = getattr(models, class_name)(**options)
    directory = arguments.run_dir or default_directory(model_name, flowers.name, arguments.preset, options["seed"])
    open_run(directory, config, arguments.fresh)
    if flowers.notes:
        write_text(Path(directory) / "notes.txt", "".join(f"{note}\n" for note in flowers.notes))
    counts = config["data"]["images"]
    print(
        f"{class_name}, preset {arguments.preset}, on {flowers.name}: {counts['train']} training images "
        f"of {options['image_size']}x{options['image_size']}, {keras.backend.backend()}, {arguments.precision}.\n"
        f"Run directory: {directory}",
        flush=True,
    )
    step = model.train(flowers, directory, **training)
    steps = config["steps"]
    left = f" of {steps}, as --max-steps asks; without it the same command goes on" if step < steps else ""
    print(
        f"Done: step {step}{left}. Samples are in {directory}/samples.\n"
        + (
            f"Score it: python experiments/evaluate.py {directory}"
            if counts["test"]
            else "No image is left to score it by."
        )
    )
    return 0


def parsed(model_name, words=None, description=None):
    """What a training's command line says.

    Args:
        model_name: a key of `models.presets.MODELS`.
        words: of the command line behind the script's name (default: this process's).
        description: of the script.

    Returns:
        the arguments, and the model's and the training's options, each a dict.
    """
    _, options_type = MODELS[model_name]
    arguments = _parser(model_name, options_type, description).parse_args(words)
    require_choice("--preset", arguments.preset, presets_of(options_type))
    require_choice("--precision", arguments.precision, PRECISIONS)
    options, training = (_chosen(table, arguments, options_type) for table in (options_type, TrainingOptions))
    return arguments, options, training


def show_notes(flowers, limit=10):
    """Print what a person should know about the data, the first lines of it."""
    for note in flowers.notes[:limit]:
        print(f"note: {note}")
    if len(flowers.notes) > limit:
        print(f"note: ... and {len(flowers.notes) - limit} more like these; a run lists all in notes.txt.")


def _parser(model_name, options_type, description):
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="A second call of the same command goes on where the first stopped.",
    )
    parser.add_argument("--preset", default="paper", help=f"{', '.join(presets_of(options_type))} (default: paper)")
    parser.add_argument(
        "--dataset", default="auto", help="auto, oxford17, oxford102, synthetic, or a folder of images (default: auto)"
    )
    parser.add_argument("--data-dir", help="folder that already holds the Oxford images")
    parser.add_argument("--run-dir", help=f"where the run is kept (default: results/runs/{model_name}-...)")
    parser.add_argument("--fresh", action="store_true", help="move an old run of this name aside and start over")
    parser.add_argument("--precision", default="float32", help=f"{' or '.join(PRECISIONS)} (default: float32)")
    for title, table in (("model", options_type), ("training", TrainingOptions)):
        _add_options(parser.add_argument_group(f"the {title}; the default is the preset's"), table, options_type)
    return parser


def _add_options(group, table, options_type):
    changes = {preset: of_preset(table, preset, options_type) for preset in presets_of(options_type)}
    for entry in fields(table):
        rules = entry.metadata
        by_preset = {preset: values.get(entry.name, entry.default) for preset, values in changes.items()}
        paper = by_preset["paper"]
        values = [f"{name} {value}" for name, value in by_preset.items() if name == "paper" or value != paper]
        default = f" ({', '.join(values)})" if paper is not None else ""
        choices = f"{' or '.join(rules['choices'])}: " if rules["choices"] else ""
        kind = {"action": argparse.BooleanOptionalAction} if entry.type is bool else {"type": entry.type}
        metavar = {} if entry.type is bool else {"metavar": "N" if entry.type in (int, float) else "NAME"}
        group.add_argument(
            flag(entry.name), help=f"{choices}{rules['meaning']}{default}".replace("%", "%%"), **kind, **metavar
        )


def _chosen(table, arguments, options_type):
    """The options of a table: the preset's, overridden by what was typed."""
    names = {entry.name for entry in fields(table)}
    typed = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    return asdict(table(**of_preset(table, arguments.preset, options_type) | typed))
