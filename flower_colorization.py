"""The commands of an installed project, flowers-train, flowers-colorize and so on: the scripts of experiments/."""

import importlib
import re
import sys
from pathlib import Path

ROOMS = ("data_loader", "models", "evaluation", "experiments")


def _hides_ours(folder):
    return any((Path(folder) / name).exists() for room in ROOMS for name in (room, f"{room}.py"))


# Our own packages come before all others of these names, and behind the standard library where none are in front of it.
first = next((place for place, folder in enumerate(sys.path) if _hides_ours(folder)), len(sys.path))
sys.path.insert(first, str(Path(__file__).resolve().parent))

TRAIN_HELP = """usage: flowers-train SYSTEM [options]

Train one of the paper's systems to colour gray photographs; SYSTEM is one of
  {systems}.

flowers-train cyclegan --preset quick --dataset synthetic    minutes, without a download
flowers-train cyclegan --help                                what there is to choose"""


def main():
    """Run the command that this process was started as."""
    from experiments import run_script

    name = Path(sys.argv[0]).stem.removeprefix("flowers-")
    run_script(_train if name == "train" else _script(name).main)


def _train():
    from experiments.support import training_command
    from models.option_tables import require_choice
    from models.presets import MODELS

    if sys.argv[1:2] in ([], ["-h"], ["--help"]):
        print(TRAIN_HELP.format(systems=", ".join(MODELS)))
        return 0
    system = sys.argv.pop(1)
    require_choice("system", system, MODELS)
    sys.argv[0] = f"flowers-train {system}"
    return training_command.train(system, _script(system).__doc__)


def _script(name):
    """A module of experiments/, whose help names the installed commands."""
    from experiments import command

    script = importlib.import_module(f"experiments.{name}")
    script.__doc__ = re.sub(r"python experiments/(\w+)\.py", lambda match: command(match[1]), script.__doc__)
    return script
