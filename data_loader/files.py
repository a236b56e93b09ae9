"""The ground floor: errors that a user can mend, files replaced in one go, and what a process shows and keeps."""

import ctypes
import hashlib
import itertools
import os
import sys
import tempfile
import threading
import warnings
import zipfile
import zlib
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np

from data_loader.locks import fcntl, is_held, locked_at_once

_ONE_AT_A_TIME = threading.RLock()
MOST_HEARD = 2**16  # bytes of what libraries write; of a damaged scan they have a line for each of its own
# What reading a damaged .npz file may raise; a RuntimeError of one that says it is encrypted, or of a version to come.
DAMAGED = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)


class UserError(ValueError):
    """Something the user gave cannot be used; scripts print the message, without a traceback, and leave with status 2.

    It is one sentence that names the option or file, what was expected, what was found and what to do.
    """


class NonFinite(ArithmeticError):
    """A loss or a weight became NaN or infinite; the message says which, when, and what is left."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM (`signal_number`) ended a run; a checkpoint of its last step is written."""

    def __init__(self, signal_number, step):
        super().__init__(f"Stopped after step {step}, all saved. The same command goes on from there")
        self.signal_number, self.step = signal_number, step


@contextmanager
def quiet_libraries():
    """A block in which what C libraries write to the standard error, and warnings of Python's, are not seen.

    Yields a list; at the end of the block the first of the lines that were written, by any thread, are in it.
    One thread after the other: what is put aside for one would be what the next one puts back.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        heard = []
        with suppress(Exception):  # there may be none, or one that is closed
            sys.stderr.flush()
        with _scratch() as aside:
            try:
                stderr = os.dup(2)
            except OSError:
                yield heard
                return
            try:
                os.dup2(aside.fileno(), 2)
                yield heard
            finally:
                os.dup2(stderr, 2)
                os.close(stderr)
                aside.seek(0)
                heard += aside.read(MOST_HEARD).decode(errors="replace").splitlines()


def _scratch():
    """A file without a name; where there is no room for one, one that keeps nothing."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "w+b")  # noqa: PTH123


def first_line(error):
    """What an error of a library says first."""
    return (str(error) or type(error).__name__).splitlines()[0]


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
    try:
        if file.exists() and not file.is_file():
            yield file
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        with _scratch_beside(file) as scratch:
            yield scratch
            with scratch.open("rb+") as stream:
                os.fsync(stream.fileno())
            if previous is not None and file.exists():
                try:  # a second name, so that at no moment there is no file
                    Path(previous).unlink(missing_ok=True)
                    os.link(file, previous)
                except OSError:  # a file system without links
                    os.replace(file, previous)
            os.replace(scratch, file)
    except OSError as error:
        if error.errno is None:  # of a library, about what it was to write
            raise
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error


@contextmanager
def _scratch_beside(file):
    """Yield a path to write what is to become `file`, where no other process writes; removed if the block fails.

    Hidden, should the process be killed: the next one then takes the same name. The ending stays last, for libraries
    choose the format by it; short, for a name may be as long as names can be.
    """
    for number in itertools.count():
        name = f".{sha256_of_text(file.name)[:16]}{f'-{number}' if number else ''}.writing{file.suffix}"
        scratch = file.with_name(name)
        # Where nothing can be locked it may not stay open, either.
        with scratch.open("ab") if fcntl else nullcontext() as held:
            if held:
                if not is_held(held, scratch):
                    continue
                held.truncate(0)  # of what a killed process left
            try:
                yield scratch
            except BaseException:
                # Otherwise it has become the file, and what has its name now may be another's.
                scratch.unlink(missing_ok=True)
                raise
            return


def exists(path):
    """Whether something is there; where a name is too long, or a folder closed, nothing is."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def at_home(path):
    """A path with a `~` at its start as the home directory, where there is one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def write_text(file, text):
    """Write a text file, UTF-8, in one go; see `replacing`."""
    with replacing(file) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_arrays(file, arrays):
    """Write arrays, name to array, as a compressed .npz file.

    Its bytes depend on them and on the compressing library alone: `np.savez` would note the time of day.
    """
    with replacing(file) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def sha256_of_text(text):
    """SHA-256 of a text, in hexadecimal."""
    # Names of files may be of any bytes.
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def sha256_of_file(file):
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@contextmanager
def only_process_in(directory):
    """Hold a directory against other processes, or raise a `UserError`; the hold ends with the process, in any way."""
    Path(directory).mkdir(parents=True, exist_ok=True)
    with (Path(directory) / ".lock").open("w") as lock:
        is_locked = locked_at_once(lock)
        if is_locked is False:
            raise UserError(f"another process is training in {directory}: wait for it, or stop it.")
        if is_locked is None:
            told = "so nothing keeps another process from training there, too"
            print(f"note: {directory} has no locks, {told}.", file=sys.stderr)
        yield


def progress_bar(iterable=None, **settings):
    """A tqdm bar on standard error; in a log file it writes a line now and then instead of a stream."""
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    defaults = {"delay": 2, "leave": False, "dynamic_ncols": terminal, "mininterval": 0.2 if terminal else 30}
    return tqdm(iterable, **(defaults | settings))


def usable_cpus():
    """Processor cores that this process may use, which can be fewer than there are."""
    import joblib

    return joblib.cpu_count()


def keep_freed_memory():
    """Let glibc keep the memory of freed tensors instead of giving it back to the kernel at once.

    A training step frees and takes the same gigabyte again. Handing it back each time costs a page fault for every
    4 KiB of it: half of the whole step's time was measured to go there, and a sixth of that of measuring pictures.
    """
    with suppress(AttributeError, TypeError):  # elsewhere than on glibc, whose malloc.h has these names and numbers
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(-4, 0)  # M_MMAP_MAX
        mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD
        mallopt(-2, 2**27)  # M_TOP_PAD
