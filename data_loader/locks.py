"""Files and folders that one process at a time works in, where the platform and the file system have locks."""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None


@contextmanager
def scratch_folder(folder):
    """Yield a new folder beside `folder`, called so with more behind it, to make something in; removed at the end.

    One process at a time: another one waits, and should then look whether what it was to make is there. What killed
    processes left is removed. Where nothing can be locked, processes do not know of each other, and nothing is.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(f".{folder.name}.lock")) as is_alone:
        for left in folder.parent.glob(f"{folder.name}-*") if is_alone else ():
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as own:
            yield Path(own)


@contextmanager
def _alone(file):
    """A block that one process at a time is in, by a lock on a file that goes at its end; yields whether that is so."""
    while True:
        # Not a folder, which machines that share a disk would each lock for themselves.
        with file.open("ab") as held:
            is_locked = _is_locked(held, file)
            if is_locked and not _is_at(held, file):
                continue  # of a process that is done, which has removed it
            try:
                yield is_locked
            finally:
                with suppress(OSError):  # where what is open cannot be removed
                    file.unlink(missing_ok=True)
            return


def _is_locked(held, file):
    """Lock an open file, when other processes are done with it, and tell whether that can be done here."""
    locked = locked_at_once(held)
    if locked is False:
        print(f"note: waiting for another process, which writes {file.parent}.", file=sys.stderr)
        fcntl.flock(held, fcntl.LOCK_EX)
    return locked is not None


def is_held(stream, path):
    """Lock an open file against other processes, and tell whether it is still what is at `path`."""
    locked = locked_at_once(stream)
    return _is_at(stream, path) if locked else locked is None


def locked_at_once(stream):
    """Lock an open file; False where another process holds it, None where nothing can be locked."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    except (AttributeError, OSError):  # a platform, or a file system, without locks
        return None


def _is_at(stream, path):
    """Whether an open file is what is at a path."""
    with suppress(FileNotFoundError):
        return os.fstat(stream.fileno()).st_ino == path.stat().st_ino
    return False
