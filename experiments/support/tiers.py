"""The tiers: which runs are compared with each other, trained on what, how often, and their trainings.

A tier is named after its preset. Runs of different tiers are never compared.
"""

import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from data_loader.files import UserError
from evaluation.claims import AIMS, CLAIMS, STRONG
from experiments import PROJECT
from experiments.support.runs import is_finished, read_config
from experiments.support.training_command import parsed
from models.option_tables import typed
from models.options import TrainingOptions
from models.presets import REDUCED_EPOCHS
from models.same_run import what_is_learned

# Name to (script, what it adds to its tier's preset); `init` names another, whose run of the same seed it begins with.
RUNS = {
    "cyclegan": ("cyclegan", {}),
    "cyclegan-l2": ("cyclegan", {"cycle-loss": "l2"}),
    "capsule-mse": ("capsule_cyclegan", {"capsule-loss": "mse"}),
    "capsule-bce": ("capsule_cyclegan", {"capsule-loss": "bce"}),
    "capsule-routing": ("capsule_cyclegan", {"capsule": "routing"}),
    "stochastic": ("stochastic_cyclegan", {}),
    "pix2pix": ("pix2pix", {}),
    "patch-capsule": ("cyclegan", {"discriminator": "patch-capsule"}),
    "semi-supervised": ("cyclegan", {"paired-weight": 10.0, "paired-fraction": 0.1}),
    # Our first recipe, which was the preset best of its time; and as it was when the protocol was written.
    "best": ("cyclegan", {"preset": "chroma"}),
    "best-first": ("cyclegan", {"preset": "chroma", "match-contrast": False, "keep-luma": False}),
    "capsule-best": ("capsule_cyclegan", {"preset": "chroma"}),
    # At the paper's own size: the published batch of capsules, and the text's generator for what time allows.
    "capsule-batch-32": ("capsule_cyclegan", {"batch-size": 32}),
    "resnet": ("cyclegan", {"preset": "paper", "epochs": 3}),
    # Our recipes of today, on pretrained networks.
    "one-way": ("cyclegan", {}),
    "one-way-capsule": ("capsule_cyclegan", {}),
    "paired": ("pix2pix", {}),
    "paired-stochastic": ("stochastic_cyclegan", {"init": "paired"}),
}
# What makes the difference between the runs, and so is not to be set for all; how long and in how large steps may be.
FIXED = {"preset", "dataset", "data-dir", "run-dir", "seed"} | {name for _, own in RUNS.values() for name in own}
FIXED -= {"epochs", "batch-size"}
OF_TODAY = ("one-way", "one-way-capsule", "paired", "paired-stochastic")
AT_FULL_SIZE = ("capsule-batch-32", "resnet")
ALL_ONCE = {name: 1 for name in RUNS if name not in (*OF_TODAY, *AT_FULL_SIZE)}
OF_THE_CLAIMS = {name: 1 for name in RUNS if any(name in claim.runs for claim in CLAIMS)}


@dataclass(frozen=True)
class Tier:
    """What a tier's runs have in common.

    `dataset` is as in training; `settings` are options of all runs, also where their presets differ, image-size among
    them; `runs` is name in `RUNS` to number of seeds, and `claims` are what they decide. Scores are means over the
    colorizers of the `last` epochs, with 0 of the last checkpoint. Of the runs in `ships` the colorizers come with the
    project. `cost` is what a person should expect of all runs.
    """

    dataset: str
    settings: dict
    runs: dict = field(default_factory=OF_THE_CLAIMS.copy)
    claims: tuple = CLAIMS
    last: int = 0
    ships: tuple = ()
    cost: str = "days without a GPU"

    def run_names(self, seeds=None):
        """Name of each run, one a seed, to its configuration's name in `RUNS`; the first seed of each comes first."""
        counts = {name: seeds or count for name, count in self.runs.items()}
        rounds = range(max(counts.values()))
        return {f"{name}-seed{seed}": name for seed in rounds for name, count in counts.items() if seed < count}


# Those that say more of the paper come later.
TIERS = {
    "best": Tier(
        "oxford17",
        {"image-size": 128},
        runs=dict.fromkeys(OF_TODAY, 3),
        claims=STRONG,
        cost="all of the tier about 20 hours of one slow CPU core, or 8 with AVX-512",
    ),
    "quick": Tier("synthetic", {"image-size": 64}, cost="all of the tier about 50 minutes on two CPU cores"),
    "reduced": Tier(
        "oxford17",
        {"image-size": 64, "epochs": REDUCED_EPOCHS},
        runs=ALL_ONCE
        | dict.fromkeys(("capsule-mse", "pix2pix", "semi-supervised", "best", "best-first"), 3)
        | {"cyclegan": 5, "patch-capsule": 2},
        claims=CLAIMS + AIMS,
        last=3,
        # The paper's systems, to look at.
        ships=("cyclegan", "capsule-mse", "stochastic"),
        cost="all of the tier about 25 hours of one CPU core",
    ),
    # Batches of one for all that a claim compares, so that all learn in as many updates.
    "released": Tier(
        "oxford17",
        {"image-size": 128, "batch-size": 1, "epochs": 8},
        runs={"cyclegan": 3, "capsule-mse": 3}
        | dict.fromkeys(("capsule-bce", "cyclegan-l2", "stochastic", "pix2pix", *AT_FULL_SIZE), 1),
        last=3,
        cost="all of the tier about 14 hours of one CPU core with AVX-512, or three times as long without",
    ),
    "paper": Tier("oxford17", {"image-size": 128}, runs=ALL_ONCE, last=3),
}


def configuration_of(run):
    """The name in `RUNS` of a run such as cyclegan-seed0."""
    return run.rsplit("-seed", 1)[0]


def place_of(run):
    """Where a run stands in a table: its configuration's place and its seed; a ValueError if it is of no tier."""
    return list(RUNS).index(configuration_of(run)), int(run.rsplit("-seed", 1)[-1])


def by_configuration(runs):
    """The name in `RUNS` of each configuration to the names of its runs."""
    groups = {}
    for run in runs:
        groups.setdefault(configuration_of(run), []).append(run)
    return groups


def begins_with(run):
    """The run of the same tier and seed whose generator a run begins with; None for most."""
    _, own = RUNS[configuration_of(run)]
    return f"{own['init']}-seed{place_of(run)[1]}" if "init" in own else None


def image_size(plan, arguments):
    """The side of a tier's images."""
    size = str(_settings(plan, arguments)["image-size"])
    if not size.isdigit():
        raise UserError(f"--set image-size={size} is no whole number: use one such as {plan.settings['image-size']}.")
    return int(size)


def _settings(plan, arguments):
    """What all runs have beside their preset, where it is not their own."""
    return plan.settings | dict(entry.split("=", 1) for entry in arguments.set)


def command_line(run, folder, dataset, plan, arguments):
    """The words behind its script's name that train a run in a folder of runs."""
    _, own = RUNS[configuration_of(run)]
    # Whatever the machine: the runs of a tier are compared.
    options = {"run-dir": Path(folder) / run, "preset": arguments.preset, "precision": "float32"}
    options |= _settings(plan, arguments) | own
    options |= {"dataset": dataset, "seed": place_of(run)[1]}
    options |= {"init": Path(folder) / begins_with(run)} if begins_with(run) else {}
    options |= {"data-dir": arguments.data_dir} if arguments.data_dir else {}
    return [word for option, value in options.items() for word in typed(option, value)]


def is_trained_as(run, facts, words):
    """Whether a run has the configuration of a `command_line`; its `facts` are as in config.json and in the store."""
    script, _ = RUNS[configuration_of(run)]
    arguments, options, training = parsed(script, words)
    wanted = {"model": script, "options": options, "training": training, "precision": arguments.precision}
    return _what_was_run(wanted) == _what_was_run(facts)


def _what_was_run(facts):
    """What makes the scores of a run, whatever its images; `facts` as in `is_trained_as`."""
    # Training options that came after a run stood at their defaults.
    training = asdict(TrainingOptions()) | with_start_by_name(facts["training"])
    learned = what_is_learned(facts["options"], training, facts["precision"], images=None)
    # How long a run trained makes no other run of it, but other scores.
    return learned | {"model": facts["model"]} | {name: training[name] for name in ("epochs", "max_steps")}


def with_start_by_name(training):
    """A run's training options, a dict, with the name alone of the run or file that it began with."""
    start = training.get("init")
    return training | {"init": Path(start).name} if start else training


def is_done(run, folder, words, flowers):
    """Whether a folder of runs holds a run at its end, of this command line and trained on these pictures."""
    if not is_finished(Path(folder) / run):
        return False
    config = read_config(Path(folder) / run)
    return is_trained_as(run, config, words) and config["data"]["digest"] == flowers.known_as(config["data"]).digest


def train(run, words):
    """Train a run as far as it is not done, by its own script in a process of its own; stopped, a KeyboardInterrupt.

    The script refuses a directory of another configuration or other images.
    """
    told = f"{configuration_of(run)}, seed {place_of(run)[1]}"
    print(f"\n{told}:", flush=True)
    script, _ = RUNS[configuration_of(run)]
    status = _run([sys.executable, str(PROJECT / "experiments" / f"{script}.py"), *words])
    if status in (130, 143):
        stopped = KeyboardInterrupt("Stopped; the same command goes on from here")
        stopped.signal_number = status - 128
        raise stopped
    if status:
        print(f"{told}, did not come to its end (status {status}).", file=sys.stderr)


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
