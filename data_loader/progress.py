"""Progress bars that appear only where work takes longer than a moment."""

import sys

from tqdm import tqdm


def progress_bar(iterable=None, **settings):
    """A tqdm bar on standard error; in a log file it writes a line now and then instead of a stream."""
    terminal = sys.stderr.isatty()
    settings = {
        "delay": 2,
        "leave": False,
        "dynamic_ncols": terminal,
        "mininterval": 0.2 if terminal else 30,
    } | settings
    return tqdm(iterable, **settings)
