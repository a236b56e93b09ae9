"""A disk that is full, read-only, over quota or broken, at one write after the other."""

import errno
import os
import resource
from contextlib import contextmanager
from pathlib import Path

from tests.stress.kills import Kills
from tests.stress.operations import digest, ended, forked

ERRORS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EACCES)
CALLS = ("replace", "fsync", "link", "mkdir", "rename", "unlink")
MOST_CALLS = 40  # of one kind, before the one that fails
MOST_BYTES = 200_000  # of a file, beyond which nothing can be written


class NoRoom(Kills):
    """A write fails: that is told in a sentence, with status 2; with room again the next call ends as if it had not."""

    whole = 100

    def trial(self, rng):
        name = self.operations[rng.integers(len(self.operations))]
        expected, _ = self.reference(name)
        folder = self.fresh("failing")
        if rng.random() < 0.5:
            limit = int(rng.integers(MOST_BYTES))
            fault, what = _no_file_above(limit), f"{name}, no file above {limit} bytes"
        else:
            call, number, failure = rng.choice(CALLS), int(rng.integers(MOST_CALLS)), int(rng.choice(ERRORS))
            fault = _failing(call, number, failure, folder)
            what = f"{name}, {errno.errorcode[failure]} at {call} {number}"
        status, told = ended(forked(name, folder, fault), folder)
        if status not in (0, 2) or "Traceback" in told:
            return f"{what}: status {status}: {told[-200:]}"
        if status == 2 and not told.strip().splitlines()[-1].startswith(("error:", "0 ", "1 ", "2 ", "3 ", "4 ")):
            return f"{what}: no sentence: {told[-200:]}"
        if status == 0 and digest(folder) != expected:
            return f"{what}: status 0 with other bits: {told[-200:]}"
        return self.next_call(name, folder, expected, what)


@contextmanager
def _no_file_above(limit):
    """A block in which the kernel lets no file grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def _failing(call, number, failure, folder):
    """A block in which call `number` of a function of `os`, of those below a folder, and all later ones fail."""
    real, count = getattr(os, call), 0

    def fails(*arguments, **named):
        nonlocal count
        path = arguments[0]
        if isinstance(path, int) or str(folder) in str(Path(path).absolute()):
            count += 1
            if count > number and not (call == "unlink" and failure in (errno.ENOSPC, errno.EDQUOT)):
                raise OSError(failure, os.strerror(failure), None if isinstance(path, int) else str(path))
        return real(*arguments, **named)

    setattr(os, call, fails)
    try:
        yield
    finally:
        setattr(os, call, real)
