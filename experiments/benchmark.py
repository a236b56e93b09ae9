"""Measure training steps: beside a hand-written step and the machine's floor, as ratios in one run.

python experiments/benchmark.py                                  the paper's CycleGAN, float32 and bfloat16
python experiments/benchmark.py --preset quick --json speed.json
KERAS_BACKEND=jax python experiments/benchmark.py                without the TensorFlow-only columns

The hand-written step runs in the same process, with the same runtime settings, and so measures the form of the step.
All variants take turns, a few steps each, so that a machine that slows down slows all of them. Medians count.
The floor is the step's floating-point operations over the best matrix-product rate measured in the same run.
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

import numpy as np

from data_loader import Batches, UserError, load_flowers
from data_loader.progress import progress_bar
from experiments.cli import import_keras, run_script
from experiments.train import PRECISIONS
from models.files import write_text
from models.options import PRESETS, CycleGANOptions, TrainingOptions, of_preset, require_choice

STEPS_A_TURN = 3


def main():
    """Benchmark from the command line."""
    arguments = _parser().parse_args()
    require_choice("--preset", arguments.preset, PRESETS)
    if arguments.turns < 1 or (arguments.batch_size is not None and arguments.batch_size < 1):
        raise UserError("--turns and --batch-size must be at least 1: use larger numbers.")
    if arguments.json:
        Path(arguments.json).parent.mkdir(parents=True, exist_ok=True)
    import_keras()
    if arguments.first_step:
        return _first_step(arguments)
    report = {"preset": arguments.preset, "machine": _machine(), "cold_start": _cold_start(arguments)}
    report |= _measure(arguments)
    _print(report)
    if arguments.json:
        write_text(arguments.json, json.dumps(report, indent=2) + "\n")
    return 0


def _build(arguments, precision):
    """A model of the preset and its batch size."""
    import keras

    from models import CycleGAN

    keras.config.set_dtype_policy(precision)
    gan = CycleGAN(**of_preset(CycleGANOptions, arguments.preset))
    keras.config.set_dtype_policy("float32")
    return gan, arguments.batch_size or TrainingOptions(**of_preset(TrainingOptions, arguments.preset)).batch_size


def _measure(arguments):
    """Step seconds of each variant, taking turns, and what they are compared with."""
    import keras

    from experiments.floor import count_operations, matrix_rate
    from experiments.two_tape import two_tape_step

    steps, rates, operations = {}, {}, None
    tensorflow = keras.backend.backend() == "tensorflow"
    for precision in arguments.precisions:
        gan, batch_size = _build(arguments, precision)
        steps[precision] = gan.train_on_batch
        if precision == "float32" and tensorflow:
            operations = count_operations(gan, batch_size)
            if not gan.options.lambda_identity:
                steps["two tapes, float32"] = two_tape_step(_build(arguments, precision)[0])
    flowers = load_flowers("synthetic", gan.options.image_size)
    batches = Batches(flowers.split("train"), batch_size)
    seconds = {name: [] for name in (*steps, "batch")}
    for turn in progress_bar(range(arguments.turns + 1), unit="turn"):
        for precision in arguments.precisions:
            rates.setdefault(precision, []).append(matrix_rate(precision))
        for name, step in steps.items():
            for number in range(STEPS_A_TURN):
                start = time.perf_counter()
                gray, color = batches.batch(number)
                loaded = time.perf_counter()
                step(gray, color)
                # The first turn compiles.
                if turn:
                    seconds["batch"].append(loaded - start)
                    seconds[name].append(time.perf_counter() - loaded)
    return _ratios(seconds, {name: max(values) for name, values in rates.items()}, operations, batch_size)


def _ratios(seconds, rates, operations, batch_size):
    median = {name: float(np.median(values)) for name, values in seconds.items()}
    report = {
        "batch_size": batch_size,
        "step_seconds": {name: value for name, value in median.items() if name != "batch"},
        "images_per_second": {name: batch_size / median[name] for name in rates},
        "operations_a_step": operations,
        "matrix_operations_per_second": rates,
        "ratios": {f"batch over step, {name}": median["batch"] / median[name] for name in rates},
    }
    if len(rates) == len(PRECISIONS):
        report["ratios"]["float32 over mixed_bfloat16"] = median["float32"] / median["mixed_bfloat16"]
    if "two tapes, float32" in median and "float32" in rates:
        report["ratios"]["step over two tapes, float32"] = median["float32"] / median["two tapes, float32"]
    if operations:
        for precision in rates:
            floor = operations / rates[precision]
            report["ratios"][f"step over floor, {precision}"] = median[precision] / floor
    return report


def _cold_start(arguments):
    """Seconds from the start of a process to the end of its first step, and its peak memory after three."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "first_step.json"
        command = [sys.executable, __file__, "--preset", arguments.preset, "--first-step", str(file)]
        if arguments.batch_size:
            command += ["--batch-size", str(arguments.batch_size)]
        started = time.time()
        subprocess.run(command, check=True)
        child = json.loads(file.read_text())
    return {"seconds_to_first_step": child["at"] - started, "peak_gib": child["peak_gib"]}


def _first_step(arguments):
    """The child of `_cold_start`: train three steps and write when the first was done."""
    import resource

    gan, batch_size = _build(arguments, "float32")
    flowers = load_flowers("synthetic", gan.options.image_size)
    batches = Batches(flowers.split("train"), batch_size)
    gan.train_on_batch(*batches.batch(0))
    at = time.time()
    for number in (1, 2):
        gan.train_on_batch(*batches.batch(number))
    # Linux counts kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30
    Path(arguments.first_step).write_text(json.dumps({"at": at, "peak_gib": peak}))
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


def _print(report):
    machine = report["machine"]
    print(
        f"\nCycleGAN, preset {report['preset']}, batch {report['batch_size']}, {machine['backend']}, "
        f"{machine['cpus']} {machine['processor']} cores, avx512_bf16: {'yes' if machine['avx512_bf16'] else 'no'}\n"
    )
    for name, seconds in report["step_seconds"].items():
        print(f"{name:30}{seconds:8.3f} s a step {report['batch_size'] / seconds:8.2f} images/s")
    if report["operations_a_step"] and "float32" in report["matrix_operations_per_second"]:
        rate = report["matrix_operations_per_second"]["float32"]
        print(f"{'floor, float32':30}{report['operations_a_step'] / rate:8.3f} s a step", end="")
        print(f" ({report['operations_a_step'] / 1e9:.1f} Gflop at {rate / 1e9:.0f} Gflop/s)")
    print()
    for name, ratio in report["ratios"].items():
        print(f"{name:34}{ratio:8.3f}")
    cold = report["cold_start"]
    print(f"{'seconds to the first step':34}{cold['seconds_to_first_step']:8.1f}")
    print(f"{'peak memory of a process, GiB':34}{cold['peak_gib']:8.2f}")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="paper", help=f"{', '.join(PRESETS)} (default: paper)")
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
