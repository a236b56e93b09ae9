"""Settle the paper's claims: train what is missing, score, draw, and write the verdicts.

python experiments/reproduce.py --preset quick                  50 minutes on two CPU cores, synthetic flowers
python experiments/reproduce.py --preset quick --only C1,C3     two claims and the runs that they need
python experiments/reproduce.py --preset reduced                all systems on Oxford-17, 64x64: 25 hours of a CPU core
python experiments/reproduce.py --preset paper --seeds 3        the paper's setting on Oxford-17: needs a GPU
python experiments/reproduce.py --preset best                   our own recipes, 128x128: 20 hours of a slow CPU core
python experiments/reproduce.py --preset reduced --no-training  what of it is trained by now
python experiments/reproduce.py --check                         do stored results, pages and code agree?
python experiments/reproduce.py --pages                         write pages and tables from the stored results

Runs that are done are kept, a run that was broken off goes on, and a claim that misses a run is "not run".
It writes a folder for each run, results/TIER/RUN, where a tier is a preset and a data set: scores.json (all measures),
pictures.csv (what the verdicts read), losses.csv, and coloring.png (some pictures as it colours them). From these it
writes claims.md, scores.md, the figures and the tables in README and docs. What a tier holds of other runs stays, also
when they were trained on another machine; tiers are never compared with each other.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
from functools import partial

from data_loader import UserError, load_flowers
from data_loader.joined_flowers import sets_named
from experiments import RESULTS, require_defaults, require_numbers, run_script
from experiments.support import tiers
from experiments.support.drawing import draw_tier
from experiments.support.pages import check, write_pages
from experiments.support.runs import require_comparable
from experiments.support.scoring import Question, Scoring, ship
from experiments.support.store import read_tier, read_tiers, write_tier
from experiments.support.training_command import show_notes
from models.option_tables import require_choice
from models.precision import AUTO


def main():
    """Reproduce from the command line."""
    arguments = _parser().parse_args()
    if arguments.check or arguments.pages:
        # All of a folder of results is read, so that no other option has a meaning.
        others = [name for name in vars(arguments) if name not in ("check", "pages", "out")]
        told = "--check" if arguments.check else "--pages"
        require_defaults(_parser(), arguments, others, f"with {told}: leave it out")
        if arguments.check:
            return _report_check(arguments.out)
        print(f"Written from the stored results: the pages of {', '.join(write_pages(arguments.out)) or 'no tier'}.")
        return 0
    _require_sound(arguments)
    plan = tiers.TIERS[arguments.preset]
    runs = plan.run_names(arguments.seeds)
    needed = _needed(plan, arguments.only)
    wanted = [run for run, name in runs.items() if name in needed]
    out, dataset = arguments.out, arguments.dataset or plan.dataset
    # Before hours of training: are the pictures there, and can the results be written?
    flowers = load_flowers(dataset, tiers.image_size(plan, arguments), arguments.data_dir)
    show_notes(flowers)
    read_tiers(out)
    tier = "-".join([arguments.preset, "+".join(Path(name).name for name in sets_named(dataset)), *arguments.set])
    folder = arguments.runs / tier
    words_of = partial(tiers.command_line, folder=folder, dataset=dataset, plan=plan, arguments=arguments)
    if not arguments.no_training:
        print(f"{tier}: {len(wanted)} runs, {plan.cost}; what is done is kept.", flush=True)
        for run in wanted:
            if (start := tiers.begins_with(run)) and not tiers.is_done(start, folder, words_of(start), flowers):
                told = f"{run} is not trained: {start}, with which it begins, is not at its end, or is of other images"
                print(f"{told} or options.", file=sys.stderr)
                continue
            tiers.train(run, words_of(run))
    # Runs that these claims do not need stay in the tables, if they are there.
    done = [run for run in runs if tiers.is_done(run, folder, words_of(run), flowers)]
    if not done:
        raise UserError(
            f"no run in {folder} is at its end: name their folder with --runs, or train without --no-training."
        )
    configs = require_comparable([folder / run for run in done])
    _measure(configs, flowers, arguments, out / tier, lambda run, facts: tiers.is_trained_as(run, facts, words_of(run)))
    stored = write_pages(out)[tier]
    for claim in stored.claims:
        print(f"{claim['id']} {claim['verdict']:10} {claim['text']}")
    print(f"\nIn words and numbers: {out / 'claims.md'}; all scores: {out / 'scores.md'}")
    missing = [run for run in wanted if run not in done]
    for told, is_stored in (("kept from earlier results", True), ("not run", False)):
        names = [run for run in missing if (run in stored.runs) is is_stored]
        if names:
            print(f"{told}: {', '.join(names)}; without --no-training they are trained here.", file=sys.stderr)
    return 1 if missing and not arguments.no_training else 0


def _require_sound(arguments):
    """Refuse what no tier can be reproduced with."""
    require_choice("--preset", arguments.preset, tuple(tiers.TIERS))
    require_numbers(arguments, seeds=1)
    for entry in arguments.set:
        if "=" not in entry:
            raise UserError(f"--set {entry} names no value: write OPTION=VALUE, such as --set epochs=2.")
        if entry.split("=")[0] in tiers.FIXED:
            raise UserError(f"--set {entry} would change what the claims compare: set another option.")
        if entry == f"precision={AUTO}":
            raise UserError(f"--set {entry} could give runs that are compared two precisions: name one.")


def _needed(plan, only):
    """Names of the configurations to train: all of the tier, or those that the claims of --only need."""
    if only is None:
        return plan.runs
    claims = {claim.id: claim for claim in plan.claims}
    chosen = [name.strip() for name in only.split(",")]
    for name in chosen:
        require_choice("--only", name, claims)
    names = {name for claim in chosen for name in claims[claim].runs}
    return names | {tiers.RUNS[name][1].get("init", name) for name in names}


def _measure(configs, flowers, arguments, folder, is_of_tier):
    """Score and draw runs, directory to config, into the folder of their tier; for `is_of_tier` see `write_tier`."""
    plan, run_dirs = tiers.TIERS[arguments.preset], {Path(run_dir).name: run_dir for run_dir in configs}
    question = Question("test", probes=True, class_test=len(flowers.class_names) > 1, last=plan.last)
    scoring = Scoring(flowers, question)
    scored = scoring.trivial | scoring.runs(configs)
    scoring.write_reports(scored, configs)
    setting = {
        "preset": arguments.preset,
        "dataset": flowers.name,
        "image_size": flowers.image_size,
        "images": flowers.split_sizes,
        "digest": flowers.digest,
        "split": question.split,
        "epochs_scored": question.last or 1,
        "changed": arguments.set,
        "shipped": ship(folder / "colorizers", configs, plan.ships, scoring.measure),
    }
    write_tier(folder, setting | scoring.law, scored, run_dirs, is_of_tier)
    draw_tier(folder, read_tier(folder), run_dirs, scoring.split)


def _report_check(folder):
    """Print what does not agree."""
    problems = check(folder)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Stored results, pages and code agree.")
    return 1 if problems else 0


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--preset", default="quick", help=f"{', '.join(tiers.TIERS)} (default: quick)")
    add("--dataset", help="as in training (default: synthetic for quick, oxford17 for the others)")
    add("--data-dir", help="folder that already holds the Oxford images")
    add("--only", metavar="C1,C3", help="these claims (default: all)")
    add("--no-training", action="store_true", help="score the runs that are at their end, and stop")
    add("--seeds", type=int, metavar="N", help="runs of each configuration (default: as the tier says, 1 in quick)")
    add("--set", action="append", default=[], metavar="OPTION=VALUE", help="what all runs have, not the preset's value")
    add("--out", type=Path, default=RESULTS, help="folder of the results (default: results)")
    told = "folder of runs (default: results/runs/reproduce)"
    add("--runs", type=Path, default=RESULTS / "runs" / "reproduce", help=told)
    add("--check", action="store_true", help="compare the stored results, pages, figures and code")
    add("--pages", action="store_true", help="write the pages anew from the stored results, and train nothing")
    return parser


if __name__ == "__main__":
    run_script(main)
