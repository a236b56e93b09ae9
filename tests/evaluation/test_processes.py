"""Work that is shared by processes: in order, a little ahead, and gone with who asked for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_loader import UserError
from evaluation.scores import in_processes
from tests.conftest import PROJECT


def test_results_come_in_order_and_tasks_are_taken_a_little_ahead():
    taken = []

    def tasks():
        for number in range(20):
            taken.append(number)
            yield number, 2

    results = in_processes(pow, tasks(), 2)
    assert next(results) == 0
    assert len(taken) <= 4
    assert list(results) == [number**2 for number in range(1, 20)]


def test_an_error_reaches_who_asked():
    with pytest.raises(ZeroDivisionError):
        list(in_processes(divmod, iter([(1, 1), (1, 0)]), 2))


def test_a_killed_process_is_told_in_a_sentence():
    with pytest.raises(UserError, match="was killed"):
        list(in_processes(os._exit, iter([(1,)]), 2))


SCRIPT = """
import os, sys, time
from evaluation.scores import in_processes
from experiments import run_script

def main():
    print(*in_processes(os.getpid, [()] * 4, 2), flush=True)
    list(in_processes(time.sleep, [(60,)] * 4, 2))

if __name__ == "__main__":
    run_script(main)
"""


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_they_end_with_who_started_them(number, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    # A terminal sends Ctrl-C to all processes of a group.
    with subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell has what it starts in the background ignore Ctrl-C, which is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as parent:
        pids = set(parent.stdout.readline().split())
        assert pids
        if number == signal.SIGINT:
            os.killpg(parent.pid, number)
            errors = parent.communicate(timeout=20)[1]
            assert parent.returncode == 130
            assert "stopped." in errors.splitlines()
            # joblib's own thread may be caught handing work over, and says so; none of our lines is in it.
            assert "evaluation/scores.py" not in errors
            assert "script.py" not in errors
        else:
            parent.send_signal(number)
            parent.wait()
    deadline = time.monotonic() + 20
    while any(_is_there(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process outlives who started it"
        time.sleep(0.05)


def _is_there(pid):
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
