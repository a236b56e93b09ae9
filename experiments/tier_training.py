"""The trainings of a tier: each run by its own script, in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

from data_loader import UserError
from experiments.cli import PROJECT
from experiments.run_directory import read_config
from experiments.tiers import RUNS


def run_directories(tier, name, plan, arguments):
    """Where the seeds of a run are kept."""
    seeds = arguments.seeds or plan.seeds.get(name, 1)
    return [str(Path(arguments.runs) / tier / f"{name}-seed{seed}") for seed in range(seeds)]


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


def train_seeds(name, directories, dataset, plan, arguments):
    """Train the seeds of a run as far as they are not done; the directories of those that did not come to their end.

    The script itself says what is done, and refuses a directory that holds another configuration or other images.
    """
    refused = []
    script, own = RUNS[name]
    options = {"preset": arguments.preset} | _settings(plan, arguments) | own | {"dataset": dataset}
    options |= {"data-dir": arguments.data_dir} if arguments.data_dir else {}
    for seed, directory in enumerate(directories):
        command = [sys.executable, str(PROJECT / "experiments" / f"{script}.py"), "--run-dir", directory]
        for option, value in (options | {"seed": seed}).items():
            command += [f"--{option}", str(value)]
        print(f"\n{name}, seed {seed}:", flush=True)
        status = _run(command)
        if status in (130, 143):
            stopped = KeyboardInterrupt("Stopped; the same command goes on from here")
            stopped.signal_number = status - 128
            raise stopped
        if status:
            print(f"{name}, seed {seed}, did not come to its end (status {status}).", file=sys.stderr)
            refused.append(directory)
    return refused


def has_learned(directory, flowers):
    """Whether a run was trained on these pictures."""
    return read_config(directory)["data"]["digest"] == flowers.digest


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
