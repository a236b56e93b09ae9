"""What every script shares: quiet start, errors in one sentence, exit statuses."""

import errno
import importlib
import importlib.util
import logging
import os
import sys
from pathlib import Path

from data_loader.errors import UserError
from models.errors import NonFinite
from models.option_table import flag

PROJECT = Path(__file__).resolve().parent.parent
BACKENDS = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


def run_script(main, *arguments):
    """Run a script's `main(*arguments)` and leave with its status.

    0 well done; 1 the training broke down (a loss that is not finite); 2 something the user gave cannot be used,
    told in one sentence; 128 + n stopped by signal n after a checkpoint.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        _check_backend()
        sys.exit(main(*arguments))
    except UserError as error:
        leave(2, f"error: {error}")
    except BrokenPipeError:
        # The reader of our output has gone, as with `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        advice = "make room there" if error.errno == errno.ENOSPC else "check the path and its permissions"
        what = f"{error.filename or 'a file'}: {error.strerror or error}"
        leave(2, f"error: {what}: {advice}, then run the same command again.")
    except KeyboardInterrupt as error:
        number = getattr(error, "signal_number", 2)
        leave(128 + number, f"{str(error) or 'stopped'}.")
    except NonFinite as error:
        leave(1, f"error: {error}")


def import_keras():
    """Import Keras and its backend, without what TensorFlow's libraries print at that moment."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    # TensorFlow's advice about compiling again is for those who wrote the loop; a short last batch is no mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        return importlib.import_module("keras")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def require_defaults(parser, arguments, names, where):
    """Refuse options that were given where they have no meaning; what is given as its default is not noticed.

    Args:
        parser: that parsed the arguments.
        arguments: as parsed.
        names: of the options.
        where: ends the sentence, such as "with --check: leave it out".
    """
    for name in names:
        if getattr(arguments, name) != parser.get_default(name):
            raise UserError(f"{flag(name)} has no meaning {where}.")


def leave(status, sentence):
    """Print a sentence on standard error and exit."""
    print(sentence, file=sys.stderr)
    sys.exit(status)


def _check_backend():
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise UserError(f"KERAS_BACKEND={backend} does not exist: use one of {', '.join(BACKENDS)}.")
    if importlib.util.find_spec(BACKENDS[backend]) is None:
        raise UserError(f"KERAS_BACKEND={backend} is not installed: pip install -e '.[{backend}]', or choose another.")
