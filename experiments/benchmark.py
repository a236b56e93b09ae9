"""Measure training steps: beside each other, a hand-written step and the machine's floor, as ratios in one run.

python experiments/benchmark.py                                  the paper's CycleGAN, float32 and bfloat16
python experiments/benchmark.py --preset quick --json speed.json
python experiments/benchmark.py cyclegan capsule_cyclegan cyclegan,discriminator=patch-capsule pix2pix
KERAS_BACKEND=jax python experiments/benchmark.py                without the TensorFlow-only columns

Each MODEL is a training script's name, with options after commas; every other one is compared with the first.
The hand-written step runs in the same process, with the same runtime settings, and so measures the form of the step.
All take turns, a few steps each, so that a machine that slows down slows all of them. Medians count. The floor is
the step's floating-point operations over the best matrix-product rate measured in the same run.
Run it on an idle machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data_loader import UserError
from experiments.cli import import_keras, run_script
from experiments.step_timing import STEPS_A_TURN, measure, parse_variant
from experiments.train import PRECISIONS
from models.files import write_text


def main():
    """Benchmark from the command line."""
    arguments = _parser().parse_args()
    if arguments.turns < 1 or (arguments.batch_size is not None and arguments.batch_size < 1):
        raise UserError("--turns and --batch-size must be at least 1: use larger numbers.")
    variants = [parse_variant(text, arguments.preset, arguments.batch_size) for text in arguments.models]
    if arguments.json:
        Path(arguments.json).parent.mkdir(parents=True, exist_ok=True)
    import_keras()
    if arguments.first_step:
        return _first_step(variants[0], arguments.first_step)
    report = {"preset": arguments.preset, "machine": _machine(), "cold_start": _cold_start(arguments)}
    report |= measure(variants, arguments.precisions, arguments.turns)
    report["ratios"] = _ratios(report, variants)
    _print(report, variants)
    if arguments.json:
        write_text(arguments.json, json.dumps(report, indent=2) + "\n")
    return 0


def _ratios(report, variants):
    """What the report says in quotients, by name."""
    seconds, rates = report["step_seconds"], report["matrix_operations_per_second"]
    ratios = {}
    for variant in variants:
        for precision in rates:
            step = seconds[f"{variant.name}, {precision}"]
            ratios[f"batch over step, {variant.name}, {precision}"] = report["batch_seconds"] / step
            if variant is not variants[0]:
                first = seconds[f"{variants[0].name}, {precision}"]
                ratios[f"{variant.name} over {variants[0].name}, {precision}"] = step / first
            if variant.name in report["operations_a_step"]:
                floor = report["operations_a_step"][variant.name] / rates[precision]
                ratios[f"step over floor, {variant.name}, {precision}"] = step / floor
        if f"{variant.name}, two tapes" in seconds and "float32" in rates:
            step = seconds[f"{variant.name}, float32"]
            ratios[f"step over two tapes, {variant.name}"] = step / seconds[f"{variant.name}, two tapes"]
        if len(rates) == len(PRECISIONS):
            float32, bfloat16 = (seconds[f"{variant.name}, {precision}"] for precision in PRECISIONS)
            ratios[f"float32 over mixed_bfloat16, {variant.name}"] = float32 / bfloat16
    return ratios


def _cold_start(arguments):
    """Seconds from the start of a process to the end of the first model's first step, and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "first_step.json"
        command = [sys.executable, __file__, arguments.models[0], "--preset", arguments.preset]
        command += ["--first-step", str(file)]
        if arguments.batch_size:
            command += ["--batch-size", str(arguments.batch_size)]
        started = time.time()
        subprocess.run(command, check=True)
        child = json.loads(file.read_text())
    return {"seconds_to_first_step": child["at"] - started, "peak_gib": child["peak_gib"]}


def _first_step(variant, file):
    """The child of `_cold_start`: train three steps and write when the first was done."""
    import resource

    gan = variant.build("float32")
    data = variant.data(gan)
    gan.train_on_batch(*data[0])
    at = time.time()
    for number in (1, 2):
        gan.train_on_batch(*data[number])
    # Linux counts kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    Path(file).write_text(json.dumps({"at": at, "peak_gib": peak}))
    return 0


def _machine():
    flags = Path("/proc/cpuinfo")
    has_bf16 = flags.exists() and "avx512_bf16" in flags.read_text()
    return {
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "platform": platform.platform(terse=True),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "avx512_bf16": has_bf16,
    }


def _print(report, variants):
    machine = report["machine"]
    print(
        f"\nPreset {report['preset']}, batch {variants[0].batch_size}, {machine['backend']}, {machine['cpus']} "
        f"{machine['processor']} cores, avx512_bf16: {'yes' if machine['avx512_bf16'] else 'no'}\n"
    )
    sizes = {variant.name: variant.batch_size for variant in variants}
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
    cold = report["cold_start"]
    print(f"{f'seconds to the first step, {variants[0].name}':90}{cold['seconds_to_first_step']:8.1f}")
    print(f"{'peak memory of a process, GiB':90}{cold['peak_gib']:8.2f}")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=["cyclegan"], metavar="MODEL[,OPTION=VALUE...]")
    parser.add_argument("--preset", default="paper", help="as in training (default: paper)")
    parser.add_argument("--batch-size", type=int, metavar="N", help="images a step (default: the preset's)")
    parser.add_argument("--turns", type=int, default=5, metavar="N", help=f"turns of {STEPS_A_TURN} steps (default: 5)")
    parser.add_argument(
        "--precisions",
        nargs="+",
        choices=PRECISIONS,
        default=PRECISIONS,
        help="what to compare (default: both; bfloat16 is very slow on a processor without avx512_bf16)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures here too")
    parser.add_argument("--first-step", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    run_script(main)
