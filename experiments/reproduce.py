"""Settle the paper's claims: train what is missing, score, draw, and write the verdicts.

python experiments/reproduce.py --preset quick                  about an hour on two CPU cores, synthetic flowers
python experiments/reproduce.py --preset quick --only C1,C3     two claims and the runs that they need
python experiments/reproduce.py --preset paper --seeds 3        the paper's setting on Oxford-17: needs a GPU
python experiments/reproduce.py --check                         do tracked results, README and code agree?

Runs that are done are kept, a run that was broken off goes on, and a claim that misses a run is "not run".
It writes claims.json and claims.md, TIER/scores.json (all measures), TIER/pictures.csv (what the verdicts read) and
TIER/figures to results/, where a tier is a preset and a data set; tiers are never compared with each other. What a tier
holds of other runs stays. The README's results section is written anew, too.
"""

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from data_loader import UserError, load_flowers
from experiments.claims import CLAIMS, RUNS
from experiments.cli import PROJECT, run_script
from experiments.figures import draw_figures
from experiments.run_directory import is_finished
from experiments.scoring import score_runs, write_scores
from experiments.tier_files import read_tier, write_tier
from experiments.tracked_results import check, read_document, tier_results, write_results
from experiments.train import show_notes
from experiments.trained_run import flowers_of_runs, require_comparable
from models.option_table import require_choice

# All systems of a tier look at images of one size, also where a preset gives them several.
IMAGE_SIZES = {"quick": 64, "paper": 128, "released": 128}
DATASETS = {"quick": "synthetic", "paper": "oxford17", "released": "oxford17"}
# What makes the difference between the runs, and so is not to be set for all.
FIXED = {"preset", "dataset", "data-dir", "run-dir", "seed"} | {name for _, own in RUNS.values() for name in own}
RESULTS = PROJECT / "results"


def main():
    """Reproduce from the command line."""
    arguments = _parser().parse_args()
    if arguments.check:
        return _report_check(Path(arguments.out))
    require_choice("--preset", arguments.preset, tuple(IMAGE_SIZES))
    if arguments.seeds < 1:
        raise UserError(f"--seeds {arguments.seeds} is too small: use at least 1.")
    for entry in arguments.set:
        if "=" not in entry:
            raise UserError(f"--set {entry} names no value: write OPTION=VALUE, such as --set epochs=2.")
        if entry.split("=")[0] in FIXED:
            raise UserError(f"--set {entry} would change what the claims compare: set another option.")
    out, claims = Path(arguments.out), _chosen(arguments.only)
    document, dataset = read_document(out), arguments.dataset or DATASETS[arguments.preset]
    # Before hours of training: are the pictures there?
    show_notes(load_flowers(dataset, _settings(arguments)["image-size"], arguments.data_dir))
    tier = "-".join([arguments.preset, Path(dataset).name, *arguments.set])
    wanted = [name for name in RUNS if any(name in claim.runs for claim in claims)]
    for name in wanted:
        _train(tier, name, dataset, arguments)
    # Runs that these claims do not need stay in the tables, if they are there.
    done = [directory for name in RUNS for directory in _directories(tier, name, arguments) if is_finished(directory)]
    if not done:
        raise UserError("no run came to its end: see above, then type the same command again.")
    identity = _measure(done, arguments, out / tier)
    document |= {tier: tier_results(out / tier, identity)}
    write_results(out, document)
    for claim in document[tier]["claims"]:
        print(f"{claim['id']} {claim['verdict']:10} {claim['text']}")
    print(f"\nIn words and numbers: {out / 'claims.md'}")
    all_wanted = [directory for name in wanted for directory in _directories(tier, name, arguments)]
    missing = [Path(directory).name for directory in all_wanted if directory not in done]
    if missing:
        print(f"not run: {', '.join(missing)}; the same command tries again.", file=sys.stderr)
    return 1 if missing else 0


def _chosen(only):
    ids = [claim.id for claim in CLAIMS]
    wanted = ids if only is None else [name.strip() for name in only.split(",")]
    for name in wanted:
        require_choice("--only", name, ids)
    return [claim for claim in CLAIMS if claim.id in wanted]


def _directories(tier, name, arguments):
    """Where the seeds of a run are kept."""
    return [str(Path(arguments.runs) / tier / f"{name}-seed{seed}") for seed in range(arguments.seeds)]


def _settings(arguments):
    """What all runs have beside their preset."""
    return {"image-size": IMAGE_SIZES[arguments.preset]} | dict(entry.split("=", 1) for entry in arguments.set)


def _train(tier, name, dataset, arguments):
    """Train the seeds of a run as far as they are not done.

    The script itself says what is done, and refuses a directory that holds another configuration or other images.
    """
    script, options = RUNS[name]
    for seed, directory in enumerate(_directories(tier, name, arguments)):
        command = [sys.executable, str(PROJECT / "experiments" / f"{script}.py"), "--preset", arguments.preset]
        command += ["--dataset", dataset, "--seed", str(seed), "--run-dir", directory]
        command += ["--data-dir", arguments.data_dir] if arguments.data_dir else []
        for option, value in (_settings(arguments) | options).items():
            command += [f"--{option}", str(value)]
        print(f"\n{name}, seed {seed}:", flush=True)
        status = _run(command)
        if status in (130, 143):
            stopped = KeyboardInterrupt("Stopped; the same command goes on from here")
            stopped.signal_number = status - 128
            raise stopped
        if status:
            print(f"{name}, seed {seed}, did not come to its end (status {status}).", file=sys.stderr)


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


def _measure(directories, arguments, folder):
    """Score and draw the runs of a tier into its folder; what they have in common."""
    configs = require_comparable(directories)
    flowers = flowers_of_runs(configs, data_dir=arguments.data_dir)
    report, scores = score_runs(flowers, "test", configs, probes=True, class_test=len(flowers.class_names) > 1)
    write_scores(report, list(configs))
    write_tier(folder, report, scores)
    draw_figures(folder / "figures", configs, flowers.split("test"), images=4, report=read_tier(folder)[0])
    config = next(iter(configs.values()))
    return {
        "preset": arguments.preset,
        "dataset": flowers.name,
        "images": config["data"]["images"],
        "image_size": flowers.image_size,
        "changed": arguments.set,
    }


def _report_check(folder):
    problems = check(folder, PROJECT / "README.md")
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Tracked results, README and code agree.")
    return 1 if problems else 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="quick", help=f"{', '.join(IMAGE_SIZES)} (default: quick)")
    parser.add_argument("--dataset", help="as in training (default: synthetic for quick, oxford17 for the others)")
    parser.add_argument("--data-dir", help="folder that already holds the Oxford images")
    parser.add_argument("--only", metavar="C1,C3", help="these claims (default: all)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="runs of each configuration (default: 1)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="another value than the preset's, in all runs",
    )
    parser.add_argument("--out", default=str(RESULTS), help="folder of the results (default: results)")
    parser.add_argument(
        "--runs",
        default=str(RESULTS / "runs" / "reproduce"),
        help="folder of the runs (default: results/runs/reproduce)",
    )
    parser.add_argument("--check", action="store_true", help="compare tracked results, README and code")
    return parser


if __name__ == "__main__":
    run_script(main)
