"""Files that are replaced in one go, compared or found damaged, and directories that one process works in."""

import hashlib
import os
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

from data_loader.errors import UserError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

# What reading a damaged .npz file may raise.
DAMAGED = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)


@contextmanager
def replacing(file, previous=None):
    """Yield a path to write to; when the block ends well it takes the place of `file`.

    A reader, or a crash at any moment, finds the old content or the new, nothing between.

    Args:
        file: path; its folder is made. A device, such as /dev/stdout, is written to as it is.
        previous: path that the old content is kept under.

    Raises:
        OSError: with the name of `file`, where it cannot be written.
    """
    file = Path(file)
    is_device = file.exists() and not file.is_file()
    # The ending stays last: libraries choose the format by it.
    scratch = file if is_device else file.with_name(f"{file.stem}.writing{file.suffix}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield scratch
        if is_device:
            return
        with scratch.open("rb+") as stream:
            os.fsync(stream.fileno())
        if previous is not None and file.exists():
            _keep(file, Path(previous))
        os.replace(scratch, file)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error
    finally:
        if not is_device:
            scratch.unlink(missing_ok=True)


def _keep(file, previous):
    """Give `file` the second name `previous`, so that at no moment there is no file."""
    try:
        previous.unlink(missing_ok=True)
        os.link(file, previous)
    except OSError:  # a file system without links
        os.replace(file, previous)


def write_text(file, text):
    """Write a text file in one go; see `replacing`."""
    with replacing(file) as scratch:
        scratch.write_text(text)


def sha256_of_text(text):
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of_file(file):
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@contextmanager
def only_process_in(directory):
    """Hold a directory against other processes; the hold ends with the process, however that ends.

    Raises:
        UserError: another process holds it.
    """
    if fcntl is None:
        yield
        return
    Path(directory).mkdir(parents=True, exist_ok=True)
    with (Path(directory) / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"another process is training in {directory}: wait for it, or stop it.") from None
        yield
