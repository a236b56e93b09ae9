"""The trainings of a tier: each run by its own script, in a process of its own."""

import signal
import subprocess
import sys

from data_loader import UserError
from experiments.cli import PROJECT
from experiments.run_directory import is_finished, read_config
from experiments.tiers import RUNS
from experiments.train import parsed
from models.option_table import typed


def _settings(plan, arguments):
    """What all runs have beside their preset."""
    shared = {"image-size": plan.image_size} | plan.settings
    return shared | dict(entry.split("=", 1) for entry in arguments.set)


def image_size(plan, arguments):
    """The side of a tier's images.

    Raises:
        UserError: --set gives no whole number.
    """
    size = str(_settings(plan, arguments)["image-size"])
    if not size.isdigit():
        raise UserError(f"--set image-size={size} is no whole number: use one such as {plan.image_size}.")
    return int(size)


def command_lines(name, folder, dataset, plan, arguments):
    """The directory of each seed of a run, in the tier's folder, to the words behind its script's name."""
    options = {"preset": arguments.preset} | _settings(plan, arguments) | RUNS[name][1] | {"dataset": dataset}
    options |= {"data-dir": arguments.data_dir} if arguments.data_dir else {}
    lines = {}
    for seed in range(arguments.seeds or plan.seeds_of(name)):
        directory = str(folder / f"{name}-seed{seed}")
        all_options = {"run-dir": directory} | options | {"seed": seed}
        lines[directory] = [word for option, value in all_options.items() for word in typed(option, value)]
    return lines


def train_seeds(name, lines):
    """Train the seeds of a run as far as they are not done.

    The script itself says what is done, and refuses a directory that holds another configuration or other images.

    Args:
        name: of the run.
        lines: of `command_lines`.
    """
    for seed, words in enumerate(lines.values()):
        print(f"\n{name}, seed {seed}:", flush=True)
        status = _run([sys.executable, str(PROJECT / "experiments" / f"{RUNS[name][0]}.py"), *words])
        if status in (130, 143):
            stopped = KeyboardInterrupt("Stopped; the same command goes on from here")
            stopped.signal_number = status - 128
            raise stopped
        if status:
            print(f"{name}, seed {seed}, did not come to its end (status {status}).", file=sys.stderr)


def is_done(name, directory, words, flowers):
    """Whether a directory holds a run at its end, of this configuration and trained on these pictures.

    Args:
        name: of the run.
        directory: of one of its seeds.
        words: of its command line.
        flowers: the pictures.
    """
    if not is_finished(directory):
        return False
    config, (script, _) = read_config(directory), RUNS[name]
    _, options, training = parsed(script, words)
    found = (config["model"], config["options"], config["training"], config["data"]["digest"])
    return found == (script, options, training, flowers.digest)


def _run(command):
    """Run a training to its end, which after Ctrl-C or SIGTERM is a checkpoint; its status."""
    process = subprocess.Popen(command)
    # Ctrl-C reaches the training by itself; this process waits for its checkpoint.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: process.send_signal(signal.SIGTERM)}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
