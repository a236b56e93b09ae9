"""Work that is shared by processes: in order, a little ahead, and gone with who asked for it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_loader import UserError
from evaluation.workers import Workers


@pytest.fixture(scope="module")
def workers():
    with Workers(2) as workers:
        yield workers


def test_results_come_in_order_and_tasks_are_taken_a_little_ahead(workers):
    taken = []

    def tasks():
        for number in range(20):
            taken.append(number)
            yield number, 2

    results = workers.map(pow, tasks())
    assert next(results) == 0
    assert len(taken) <= workers.count + 1
    assert list(results) == [number**2 for number in range(1, 20)]


def test_an_error_reaches_who_asked(workers):
    with pytest.raises(ZeroDivisionError):
        list(workers.map(divmod, iter([(1, 1), (1, 0)])))


def test_a_killed_process_is_told_in_a_sentence():
    with Workers(2) as workers, pytest.raises(UserError, match="was killed"):
        list(workers.map(os._exit, iter([(1,)])))


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_they_end_with_a_killed_parent():
    code = """if __name__ == "__main__":
    from evaluation.workers import Workers
    workers = Workers(2)
    print(*workers.map(divmod, iter([(1, 1), (2, 1)])), *[process.pid for process in workers.pool._processes.values()])
    import sys, time
    sys.stdout.flush(); time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pids = parent.stdout.readline().split()[-2:]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while any(_is_there(pid) for pid in pids):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.05)


def _is_there(pid):
    """Whether a process runs; one that nobody has waited for yet does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
