"""Two at once: in one run, in one cache, an evaluation beside a training, and a worker that dies."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.stress.kills import Kills
from tests.stress.operations import EVALUATION, FIRST_USE, digest, ended, forked

TRAINING = "pix2pix"
REFUSED = "another process is training in"


class Together(Kills):
    """Each ends as if it had been alone, or says in a sentence why it cannot; what is left is as it should be."""

    whole = 100
    seconds = 300

    def trial(self, rng):
        kind = rng.choice(["two trainings", "two first uses", "evaluation beside training", "worker killed"])
        later = float(rng.random())
        return getattr(self, f"_{kind.replace(' ', '_')}")(later)

    def _two_trainings(self, later):
        """Of two in one directory one is refused, or comes when the other is done; the run is as it should be."""
        expected, seconds = self.reference(TRAINING)
        folder = self.fresh("together")
        processes = [self._begun(TRAINING, folder, "a", 0), self._begun(TRAINING, folder, "b", later * seconds)]
        for status, told in (ended(process, folder, name) for process, name in zip(processes, "ab", strict=True)):
            if not (status == 0 or (status == 2 and REFUSED in told)):
                return f"two trainings, {later:.2f}: status {status}: {told[-200:]}"
        return self.next_call(TRAINING, folder, expected, f"two trainings, {later:.2f}")

    def _two_first_uses(self, later):
        """Two downloads into one cache: both have the set."""
        expected, seconds = self.reference(FIRST_USE)
        folder = self.fresh("together")
        processes = [self._begun(FIRST_USE, folder, "a", 0), self._begun(FIRST_USE, folder, "b", later * seconds)]
        for status, told in (ended(process, folder, name) for process, name in zip(processes, "ab", strict=True)):
            if status or digest(folder) != expected:
                return f"two first uses, {later:.2f}: status {status}: {told[-200:]}"
        return self.next_call(FIRST_USE, folder, expected, f"two first uses, {later:.2f}")

    def _evaluation_beside_training(self, later):
        """An evaluation scores what there is, or says that there is nothing yet; the training notices nothing."""
        expected, seconds = self.reference(TRAINING)
        folder = self.fresh("together")
        training = self._begun(TRAINING, folder, "a", 0)
        evaluation = self._begun(EVALUATION, folder, "b", later * seconds)
        what = f"evaluation beside training, {later:.2f}"
        status, told = ended(evaluation, folder, "b")
        if status not in (0, 2) or "Traceback" in told:
            return f"{what}: status {status}: {told[-200:]}"
        status, told = ended(training, folder, "a")
        if status:
            return f"{what}: training with status {status}: {told[-200:]}"
        return self.next_call(TRAINING, folder, expected, what)

    def _worker_killed(self, later):
        """A process that measures pictures is killed: scores all the same, or a sentence; the next call scores."""
        self.reference(TRAINING)
        folder = self.fresh("together")
        status, told = ended(forked(TRAINING, folder), folder)
        if status:
            return f"training with status {status}: {told[-200:]}"
        evaluation, killed, what = self._begun(EVALUATION, folder, "a", 0), False, f"worker killed, {later:.2f}"
        while not killed and _is_running(evaluation):
            time.sleep(0.01)
            for child in _children(evaluation):
                time.sleep(later)
                killed |= _kill(child)
        status, told = ended(evaluation, folder, "a")
        if not killed:
            return f"{what}: there was none"
        if status not in (0, 2) or "Traceback" in told:
            return f"{what}: status {status}: {told[-200:]}"
        status, told = ended(forked(EVALUATION, folder), folder)
        return f"{what}: then status {status}: {told[-200:]}" if status else None

    def _begun(self, name, folder, told, wait):
        """An operation that was begun after so many seconds, telling to a file of its own."""
        time.sleep(wait)
        return forked(name, folder, told=told)


def _children(process):
    """The numbers of the processes that a process, or a thread of it, has begun."""
    found = []
    with suppress(OSError):  # it has ended
        for listed in Path(f"/proc/{process}/task").glob("*/children"):
            found += [int(number) for number in listed.read_text(encoding="ascii").split()]
    return found


def _is_running(process):
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
