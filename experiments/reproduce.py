"""Settle the paper's claims: train what is missing, score, draw, and write the verdicts.

python experiments/reproduce.py --preset quick                  50 minutes on two CPU cores, synthetic flowers
python experiments/reproduce.py --preset quick --only C1,C3     two claims and the runs that they need
python experiments/reproduce.py --preset reduced                all systems on Oxford-17, 64x64: hours on two CPU cores
python experiments/reproduce.py --preset paper --seeds 3        the paper's setting on Oxford-17: needs a GPU
python experiments/reproduce.py --preset reduced --no-training  what of it is trained by now
python experiments/reproduce.py --check                         do tracked results, README and code agree?

Runs that are done are kept, a run that was broken off goes on, and a claim that misses a run is "not run".
It writes claims.json, claims.md and scores.md to results/, and for each tier, a preset and a data set,
scores.json (all measures), pictures.csv (what the verdicts read), losses, colorings (some pictures as each run colours
them) and figures. What a tier holds of other runs stays, also when they were trained on another machine; tiers are
never compared with each other. The tables of the project's README are written anew, too.
"""

import argparse
import sys
from pathlib import Path

from data_loader import UserError, load_flowers
from data_loader.oxford_flowers import OXFORD_SETS
from evaluation.baselines import GRAY, PERFECT
from experiments.claims import claims_of
from experiments.cli import PROJECT, require_defaults, run_script
from experiments.figures import draw_figures
from experiments.results_check import check
from experiments.run_directory import read_metrics
from experiments.scoring import score_colorizers, score_runs, write_scores
from experiments.shipped_colorizers import ship
from experiments.tier_files import has_tier, read_tier, write_tier
from experiments.tier_training import command_lines, image_size, is_done, train_seeds
from experiments.tiers import FIXED, TIERS, configuration_of
from experiments.tracked_results import read_document, tier_results, write_results
from experiments.train import show_notes
from experiments.trained_run import require_comparable
from models.files import sha256_of_file, write_text
from models.option_table import require_choice

RESULTS = PROJECT / "results"


def main():
    """Reproduce from the command line."""
    arguments = _parser().parse_args()
    if arguments.check:
        return _report_check(arguments)
    _require_sound(arguments)
    plan = TIERS[arguments.preset]
    wanted = _wanted(plan, arguments.only)
    out, document = Path(arguments.out), read_document(Path(arguments.out))
    dataset = arguments.dataset or plan.dataset
    # Before hours of training: are the pictures there, and can the results be written?
    flowers = load_flowers(dataset, image_size(plan, arguments), arguments.data_dir)
    show_notes(flowers)
    tier = "-".join([arguments.preset, Path(dataset).name, *arguments.set])
    for earlier in {tier, *document}:
        if has_tier(out / earlier):
            read_tier(out / earlier)
    folder = Path(arguments.runs) / tier
    lines = {name: command_lines(name, folder, dataset, plan, arguments) for name in plan.runs}
    if not arguments.no_training:
        print(
            f"{tier}: {sum(len(lines[name]) for name in wanted)} runs, {plan.cost}; what is done is kept.", flush=True
        )
        for name in wanted:
            train_seeds(name, lines[name])
    # Runs that these claims do not need stay in the tables, if they are there.
    done = [
        directory
        for name in plan.runs
        for directory, words in lines[name].items()
        if is_done(name, directory, words, flowers)
    ]
    if not done:
        raise UserError(
            f"no run in {folder} is at its end: name their folder with --runs, or train without --no-training."
        )
    document |= {tier: _measure(done, flowers, plan, arguments, out / tier)}
    write_results(out, document)
    for claim in document[tier]["claims"]:
        print(f"{claim['id']} {claim['verdict']:10} {claim['text']}")
    print(f"\nIn words and numbers: {out / 'claims.md'}; all scores: {out / 'scores.md'}")
    missing = [Path(seed).name for name in wanted for seed in lines[name] if seed not in done]
    _tell_missing(missing, read_tier(out / tier)[0]["runs"])
    return 1 if missing and not arguments.no_training else 0


def _tell_missing(missing, runs):
    """Say which runs are not on this machine: those that the tier's results hold from earlier, and the others."""
    for told, names in (
        ("kept from earlier results", [name for name in missing if name in runs]),
        ("not run", [name for name in missing if name not in runs]),
    ):
        if names:
            print(f"{told}: {', '.join(names)}; without --no-training they are trained here.", file=sys.stderr)


def _require_sound(arguments):
    """Refuse what no tier can be reproduced with."""
    require_choice("--preset", arguments.preset, tuple(TIERS))
    if arguments.seeds is not None and arguments.seeds < 1:
        raise UserError(f"--seeds {arguments.seeds} is too small: use at least 1.")
    for entry in arguments.set:
        if "=" not in entry:
            raise UserError(f"--set {entry} names no value: write OPTION=VALUE, such as --set epochs=2.")
        if entry.split("=")[0] in FIXED:
            raise UserError(f"--set {entry} would change what the claims compare: set another option.")


def _wanted(plan, only):
    """Names of the runs to train: all of the tier, or those that the claims of --only need."""
    if only is None:
        return plan.runs
    claims = {claim.id: claim for claim in claims_of(plan)}
    chosen = [name.strip() for name in only.split(",")]
    for name in chosen:
        require_choice("--only", name, claims)
    return [name for name in plan.runs if any(name in claims[claim].runs for claim in chosen)]


def _measure(directories, flowers, plan, arguments, folder):
    """Score and draw the runs of a tier into its folder; the tier's results, as in claims.json."""
    configs = require_comparable(directories)
    classes = len(flowers.class_names) > 1
    report, scores = score_runs(flowers, "test", configs, probes=True, class_test=classes, last=plan.last)
    write_scores(report, list(configs))
    ships = [run_dir for run_dir in configs if configuration_of(Path(run_dir).name) in plan.ships]
    if ships:
        for run, shipped in _shipped(folder / "colorizers", ships, flowers).items():
            report["runs"][run]["shipped"] = shipped
    write_tier(folder, report, scores)
    for run_dir in map(Path, configs):
        if (run_dir / "metrics.csv").exists():
            write_text(folder / "losses" / f"{run_dir.name}.csv", (run_dir / "metrics.csv").read_text())
    whole, pictures = read_tier(folder)
    losses = {run: read_metrics(folder / "losses" / f"{run}.csv") for run in whole["runs"]}
    # Photographs of others are not copied into results that are published.
    ours = flowers.source not in OXFORD_SETS
    tracked = {"report": whole, "losses": losses, "photographs": ours, "strips": folder / "colorings"}
    draw_figures(folder / "figures", configs, flowers.split("test"), images=4, **tracked)
    identity = {
        "preset": arguments.preset,
        "dataset": flowers.name,
        "images": {name: int((flowers.split_of == name).sum()) for name in ("train", "val", "test")},
        "image_size": flowers.image_size,
        "changed": arguments.set,
    }
    return tier_results(identity, whole, pictures)


def _shipped(folder, run_dirs, flowers):
    """Pack the runs' colorizers into a folder, and score them as packed.

    Returns:
        name of each run that is packed to a dict of file, sha256, ratio_to_gray and colorfulness.
    """
    from models.packed_colorizer import unpack

    packed = ship(folder, run_dirs)
    if not packed:
        return {}
    networks = {run: unpack(file) for run, file in packed.items()}
    rows = score_colorizers(networks, flowers, "test", beside=(PERFECT, GRAY))["rows"]
    told = ("ratio_to_gray", "colorfulness")
    return {
        run: {"file": file.name, "sha256": sha256_of_file(file)} | {measure: rows[run][measure] for measure in told}
        for run, file in packed.items()
    }


def _report_check(arguments):
    """Print what does not agree; all of a folder of results is compared, so that no other option has a meaning."""
    others = [name for name in vars(arguments) if name not in ("check", "out")]
    require_defaults(_parser(), arguments, others, "with --check: leave it out")
    problems = check(Path(arguments.out), PROJECT / "README.md")
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Tracked results, README and code agree.")
    return 1 if problems else 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="quick", help=f"{', '.join(TIERS)} (default: quick)")
    parser.add_argument("--dataset", help="as in training (default: synthetic for quick, oxford17 for the others)")
    parser.add_argument("--data-dir", help="folder that already holds the Oxford images")
    parser.add_argument("--only", metavar="C1,C3", help="these claims (default: all)")
    parser.add_argument("--no-training", action="store_true", help="score the runs that are at their end, and stop")
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="runs of each configuration (default: as the tier says, 1 in quick)"
    )
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
