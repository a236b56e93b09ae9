"""What every command shares: quiet start, errors in one sentence, exit statuses."""

import codecs
import errno
import importlib.util
import logging
import os
import re
import sys
from pathlib import Path

from data_loader.files import NonFinite, UserError, at_home, quiet_libraries
from models.option_tables import flag, require_at_least
from models.presets import MODELS

PROJECT = Path(__file__).resolve().parent.parent
# Where runs and figures go: into the checkout or, as an installed command has none, into the working folder.
RESULTS = (PROJECT if (PROJECT / "setup.py").is_file() else Path()) / "results"
BACKENDS = ("tensorflow", "jax", "torch")
# Switches of Keras that would cut off what is predicted and trained, without a word.
KERAS_LIMITS = {"KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH"}


def command(script):
    """How a script is called here: as an installed command, or in a checkout."""
    if not Path(sys.argv[0]).name.startswith("flowers-"):
        return f"python experiments/{script}.py"
    return f"flowers-train {script}" if script in MODELS else f"flowers-{script}"


def run_script(main, *arguments):
    """Run a script's `main(*arguments)` and leave with its status.

    0 well done; 1 the training broke down (a loss that is not finite); 2 something the user gave cannot be used,
    told in one sentence; 128 + n stopped by signal n after a checkpoint.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # No shell expands the ~ of --out=~/roses.
    tilde = re.compile(r"(?s)\A(--[\w-]+=|)(~(?:/.*)?)\Z")
    sys.argv[1:] = [tilde.sub(lambda found: f"{found[1]}{at_home(found[2])}", word) for word in sys.argv[1:]]
    codecs.register_error("names", _raw_names)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="names")
    sentence = None
    for name in KERAS_LIMITS & set(os.environ):
        print(f"note: {name} is left out of account: --epochs and --max-steps say how long.", file=sys.stderr)
        del os.environ[name]
    try:
        _check_backend()
        status = main(*arguments)
    except (UserError, NonFinite) as error:
        status, sentence = 2 if isinstance(error, UserError) else 1, f"error: {error}"
    except BrokenPipeError:
        # The reader of our output has gone, as with `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except OSError as error:
        advice = "make room there" if error.errno == errno.ENOSPC else "check the path and its permissions"
        what = f"{error.filename or 'a file'}: {error.strerror or error}"
        status, sentence = 2, f"error: {what}: {advice}, then run the same command again."
    except KeyboardInterrupt as error:
        status, sentence = 128 + getattr(error, "signal_number", 2), f"{str(error) or 'stopped'}."
    if sentence:
        print(sentence, file=sys.stderr, flush=True)
    if status and os.environ.get("KERAS_DISTRIBUTION_NUM_PROCESSES"):
        # The runtime's own way out would wait for the other processes, which may be gone, or wait for this one.
        if sys.stdout:
            sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def import_keras():
    """Import Keras and its backend, without what TensorFlow's libraries print at that moment."""
    # TensorFlow's advice about compiling again is for those who wrote the loop; a short last batch is no mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with quiet_libraries():
        return importlib.import_module("keras")


def require_defaults(parser, arguments, names, where):
    """Refuse options that are not at the parser's defaults and have no meaning here: `where` ends the sentence."""
    for name in names:
        if getattr(arguments, name) != parser.get_default(name):
            raise UserError(f"{flag(name)} has no meaning {where}.")


def require_numbers(arguments, **least):
    """Refuse numbers below the `least` that they may be, name of an option to number; None is no number."""
    for name, number in least.items():
        if getattr(arguments, name) is not None:
            require_at_least(flag(name), getattr(arguments, name), number)


def _raw_names(error):
    """How a stream writes what its encoding has not: the bytes of names of files as they are, and the rest escaped."""
    try:
        return error.object[error.start : error.end].encode("ascii", "surrogateescape"), error.end
    except UnicodeEncodeError:
        return codecs.backslashreplace_errors(error)


def _check_backend():
    # Said here, so that no keras.json of the user's home decides.
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND={backend} does not exist: use one of {', '.join(BACKENDS)}.")
    if importlib.util.find_spec(backend) is None:
        raise UserError(f"KERAS_BACKEND={backend} is not installed: pip install -e '.[{backend}]', or choose another.")
