"""Several devices learn what one learns: simulated ones, of JAX, in one process and in two."""

import csv
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.devices import COUNT, NUMBER
from tests.conftest import PROJECT
from tests.models.objective_terms import QUICK_COMPILATION

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs JAX: make test EXTRAS=jax")
JAX = os.environ | QUICK_COMPILATION | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(PROJECT)}
EIGHT = JAX | {"XLA_FLAGS": f"{JAX['XLA_FLAGS']} --xla_force_host_platform_device_count=8"}
SMALL = ["--preset", "reduced", "--image-size", "32", "--generator-filters", "4", "--discriminator-filters", "4"]
SMALL += ["--batch-size", "2", "--sample-interval", "3", "--checkpoint-interval", "2", "--ema", "0.9"]
PATIENCE = 600  # seconds


def command(photographs, run, *more):
    script = PROJECT / "experiments" / "cyclegan.py"
    return [sys.executable, str(script), *SMALL, "--dataset", str(photographs), "--run-dir", str(run), *more]


def test_ten_steps_on_several_devices_are_those_of_one():
    script = Path(__file__).with_name("on_devices.py")
    done = subprocess.run([sys.executable, script, "2", "8"], env=EIGHT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found) == 4
    for name, apart in found.items():
        assert apart["moved"] > 1e-4, name
        assert max(apart["2"], apart["8"]) < 1e-5, name


@pytest.mark.parametrize(
    ("backend", "given", "message"),
    [
        ("tensorflow", ["--devices", "2"], "--devices needs JAX and not tensorflow: set KERAS_BACKEND=jax"),
        ("jax", ["--devices", "two"], "--devices two is no number of devices"),
        ("jax", ["--devices", "9"], "--devices 9 is more than the 8 that are here"),
        ("jax", ["--devices", "all"], "--batch-size 2 cannot be split among 8 devices: use one such as 8"),
    ],
)
def test_mistakes_are_a_sentence(photo_folder, tmp_path, backend, given, message):
    environment = EIGHT | {"KERAS_BACKEND": backend}
    done = subprocess.run(
        command(photo_folder, tmp_path / "run", *given), env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_two_processes_train_together_and_one_that_is_killed_ends_the_other(photo_folder, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    run = tmp_path / "run"
    logs = [tmp_path / f"{number}.log" for number in (0, 1)]
    processes = []
    for number, log in enumerate(logs):
        environment = JAX | {COUNT: "2", NUMBER: str(number), "KERAS_DISTRIBUTION_JOB_ADDRESSES": address}
        with log.open("w") as stream:
            many = command(photo_folder, run, "--epochs", "100000")
            processes.append(subprocess.Popen(many, env=environment, stdout=stream, stderr=stream))
    try:
        end = time.monotonic() + PATIENCE
        while not (run / "metrics.csv").exists():
            assert time.monotonic() < end and not any(process.poll() for process in processes), logs[0].read_text()
            time.sleep(0.2)
        processes[1].send_signal(signal.SIGKILL)
        assert processes[0].wait(PATIENCE) == 2
    finally:
        for process in processes:
            process.kill()
    assert "on 2 devices" in logs[0].read_text() and "Run directory" not in logs[1].read_text()
    assert "another process of this training has ended" in logs[0].read_text().splitlines()[-1]
    # One process goes on with it, and from the start learns the same.
    for which, first in ((run, "Going on from step"), (tmp_path / "alone", "CycleGAN, preset reduced")):
        done = subprocess.run(command(photo_folder, which, "--epochs", "1"), env=JAX, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        assert first in done.stdout or "This run is finished" in done.stdout
    together, alone = (next(csv.DictReader((which / "metrics.csv").open())) for which in (run, tmp_path / "alone"))
    for term in set(together) - {"seconds", "images_per_second"}:
        assert float(together[term]) == pytest.approx(float(alone[term]), rel=2e-3), term
