"""SIGKILL at random moments of trainings, batches and exports."""

import hashlib
import os
import shutil
import signal
import time

from data_loader.files import usable_cpus
from tests.stress.campaign import Part
from tests.stress.operations import FIRST_USE, OPERATIONS, begin, digest, ended, forked, leftovers, serve_small_set

MOST_KILLS = 3  # of one run
NOTHING = hashlib.sha256().hexdigest()


class Kills(Part):
    """An operation is killed up to three times; the next call goes on, and ends with the bits of one never killed."""

    whole = 120  # of two kills each, on average
    seconds = 900
    speaks = True
    at_once = usable_cpus()
    operations = (*OPERATIONS, FIRST_USE)

    def prepare(self):
        from experiments import import_keras

        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.environ["KERAS_BACKEND"] = "tensorflow"
        import_keras()
        serve_small_set(self.folder / "served")
        self.undisturbed = {}

    def reference(self, name):
        """Digest and seconds of an undisturbed operation."""
        if name not in self.undisturbed:
            folder, begun = self.fresh("reference"), time.monotonic()
            status, told = ended(forked(name, folder), folder)
            if status or digest(folder) == NOTHING:
                raise RuntimeError(f"{name} ends with {status}: {told}")
            self.undisturbed[name] = digest(folder), time.monotonic() - begun
        return self.undisturbed[name]

    def trial(self, rng):
        name = self.operations[rng.integers(len(self.operations))]
        expected, seconds = self.reference(name)
        folder, moments = self.fresh("killed"), []
        for _ in range(rng.integers(1, MOST_KILLS + 1)):
            moments.append(round(float(rng.random() * seconds), 2))
            process = forked(name, folder)
            time.sleep(moments[-1])
            os.kill(process, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
            if status not in (0, -signal.SIGKILL):
                return f"{name}, before it was killed after {moments} s: status {status}"
        return self.next_call(name, folder, expected, f"{name}, killed after {moments} s")

    def next_call(self, name, folder, expected, what):
        """What is lost, after `what` was done to an operation, when it is called again and left alone."""
        status, told = ended(forked(name, folder), folder)
        if status:
            return f"{what}: then status {status}: {told[-200:]}"
        if digest(folder) != expected:
            return f"{what}: other bits"
        if left := leftovers(folder):
            return f"{what}: left {left}"
        return None

    def fresh(self, name):
        """An empty folder with what the operations read."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        begin(folder)
        return folder
