"""Measure training steps: beside each other, a hand-written step and the machine's floor, as ratios in one run.

python experiments/benchmark.py                                  the paper's CycleGAN, float32 and bfloat16
python experiments/benchmark.py --preset quick --json speed.json
python experiments/benchmark.py cyclegan capsule_cyclegan cyclegan,discriminator=patch-capsule pix2pix
python experiments/benchmark.py --preset quick --profile         where a step's processor time goes
KERAS_BACKEND=jax python experiments/benchmark.py                without the TensorFlow-only columns
pip install -e '.[torch]'                                        and CycleGAN's step in PyTorch is timed beside ours

Each MODEL is a training script's name, with options after commas; every other one is compared with the first.
The step with two tapes, by hand in TensorFlow, runs in the same process with the same runtime settings, and so measures
the form of the step. The one in PyTorch has the same networks, weights and objective. A quotient of 0.9 is: ours is
quicker.
All take turns, a few steps each, so that a machine that slows down slows all of them. Medians count. The floor is
the step's floating-point operations over the best matrix-product rate measured in the same run.
Run it on an idle machine.
"""

import sys
from pathlib import Path

# This checkout's own packages come first, whatever else is named like them.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import argparse
import json
import os
import platform
import subprocess
import time

from data_loader.files import write_text
from experiments import import_keras, require_numbers, run_script
from experiments.support.step_profile import hold_to_one_thread, profile
from experiments.support.step_timing import STEPS_A_TURN, measure, parse_variant
from models.precision import PRECISIONS, instruction_sets

DEAREST = 20


def main():
    """Benchmark from the command line."""
    arguments = _parser().parse_args()
    require_numbers(arguments, turns=1, batch_size=1)
    variants = [parse_variant(text, arguments.preset, arguments.batch_size) for text in arguments.models]
    if arguments.json:
        Path(arguments.json).parent.mkdir(parents=True, exist_ok=True)
    import_keras()
    if arguments.first_step:
        return _first_step(variants[0])
    if arguments.profile:
        return _profile(variants[0], arguments.precisions[0])
    report = {"preset": arguments.preset, "machine": _machine(), "cold_start": _cold_start(arguments)}
    report |= measure(variants, arguments.precisions, arguments.turns)
    report["ratios"] = _ratios(report, [variant.name for variant in variants])
    _print(report, {variant.name: variant.batch_size for variant in variants})
    if arguments.json:
        write_text(arguments.json, json.dumps(report, indent=2) + "\n")
    return 0


def _ratios(report, names):
    """What the report says in quotients, by name, as far as both sides were measured."""
    seconds, rates = report["step_seconds"], report["matrix_operations_per_second"]
    pairs, first = {}, names[0]
    for name in names:
        for precision, rate in rates.items():
            one, operations = f"{name}, {precision}", report["operations_a_step"].get(name)
            pairs[f"batch over step, {one}"] = report["batch_seconds"], seconds[one]
            if name != first:
                pairs[f"{name} over {first}, {precision}"] = seconds[one], seconds[f"{first}, {precision}"]
            pairs[f"step over floor, {one}"] = seconds[one], operations and operations / rate
            pairs[f"step over PyTorch's, {one}"] = seconds[one], seconds.get(f"{name}, PyTorch {precision}")
        pairs[f"step over two tapes, {name}"] = seconds.get(f"{name}, float32"), seconds.get(f"{name}, two tapes")
        both = (seconds.get(f"{name}, {precision}") for precision in PRECISIONS)
        pairs[f"{' over '.join(PRECISIONS)}, {name}"] = tuple(both)
    return {name: above / below for name, (above, below) in pairs.items() if above and below}


def _cold_start(arguments):
    """Seconds from the start of a process to the end of the first model's first step, and its peak memory."""
    command = [sys.executable, __file__, arguments.models[0], "--preset", arguments.preset, "--first-step"]
    if arguments.batch_size:
        command += ["--batch-size", str(arguments.batch_size)]
    started = time.time()
    child = json.loads(subprocess.check_output(command, text=True).splitlines()[-1])
    return {"seconds_to_first_step": child["at"] - started, "peak_gib": child["peak_gib"]}


def _first_step(variant):
    """The child of `_cold_start`: train three steps and print when the first was done."""
    import resource

    gan = variant.build("float32")
    batch = variant.batches(gan)
    gan.train_on(batch(0))
    at = time.time()
    for number in (1, 2):
        gan.train_on(batch(number))
    # Linux counts kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    print(json.dumps({"at": at, "peak_gib": peak}))
    return 0


def _profile(variant, precision):
    """Print where a step's processor time goes."""
    hold_to_one_thread()
    gan = variant.build(precision)
    kinds, places = profile(gan, variant.batches(gan)(0))
    whole = sum(milliseconds for _, (milliseconds, _) in kinds)
    print(f"\n{variant.name}, batch {variant.batch_size}, {precision}: {whole:.0f} ms of one core a step")
    for title, rows in (("by kind", kinds), (f"the {DEAREST} dearest", places[:DEAREST])):
        print(f"\n{title:70}{'ms':>10}{'share':>10}{'Gflop/s':>10}")
        for name, (milliseconds, operations) in rows:
            if milliseconds > whole / 1000:
                rate = f"{operations / milliseconds / 1e6:.0f}" if operations else ""
                print(f"{name:70}{milliseconds:10.1f}{milliseconds / whole:10.1%}{rate:>10}")
    return 0


def _machine():
    return {
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "platform": platform.platform(terse=True),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "bfloat16_instructions": sorted(instruction_sets()),
    }


def _print(report, sizes):
    """Print a report; `sizes` are the images a step of each model, the first one first."""
    machine, cold, first = report["machine"], report["cold_start"], next(iter(sizes))
    print(
        f"\nPreset {report['preset']}, batch {sizes[first]}, {machine['backend']}, {machine['cpus']} "
        f"{machine['processor']} cores, bfloat16: {' '.join(machine['bfloat16_instructions']) or 'no instructions'}\n"
    )
    for name, seconds in report["step_seconds"].items():
        rate = sizes[name.rpartition(", ")[0]] / seconds
        print(f"{name:60}{seconds:8.3f} s a step {rate:8.2f} images/s")
    for name, operations in report["operations_a_step"].items():
        for precision, rate in report["matrix_operations_per_second"].items():
            counted = f"({operations / 1e9:.1f} Gflop at {rate / 1e9:.0f} Gflop/s)"
            print(f"{f'{name}, floor, {precision}':60}{operations / rate:8.3f} s a step {counted}")
    print()
    for name, ratio in report["ratios"].items():
        print(f"{name:90}{ratio:8.3f}")
    print(f"{f'seconds to the first step, {first}':90}{cold['seconds_to_first_step']:8.1f}")
    print(f"{'peak memory of a process, GiB':90}{cold['peak_gib']:8.2f}")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("models", nargs="*", default=["cyclegan"], metavar="MODEL[,OPTION=VALUE...]")
    add("--preset", default="paper", help="as in training (default: paper)")
    add("--batch-size", type=int, metavar="N", help="images a step (default: the preset's)")
    add("--turns", type=int, default=5, metavar="N", help=f"turns of {STEPS_A_TURN} steps (default: 5)")
    told = "what to compare (default: both; bfloat16 is very slow on a processor without avx512_bf16)"
    add("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS, help=told)
    told = "print where a step of the first model spends its time, by kind of operation, and nothing else (TensorFlow)"
    add("--profile", action="store_true", help=told)
    add("--json", metavar="FILE", help="write the figures here too")
    add("--first-step", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    run_script(main)
