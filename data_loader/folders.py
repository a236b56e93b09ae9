"""The files of a folder and all below it."""

import os
from collections import Counter
from pathlib import Path

from data_loader.photographs import FOREIGN, READABLE, advice_on, is_picture


def files_below(folder, closed):
    """Files of a folder and all below it, sorted, folder by folder; nothing that is hidden.

    Links to folders are followed, when all else is done, and each folder is visited once: so circles end, and a file
    has the name of its own folder. For each that may not be looked into an OSError is appended to `closed`, a list.
    """
    seen, begins = set(), [Path(folder)]
    for begin in begins:
        for place, names, files in os.walk(begin, onerror=closed.append):
            real = os.path.realpath(place)
            names[:] = sorted(name for name in names if real not in seen and not name.startswith("."))
            begins += [path for path in (Path(place) / name for name in names) if path.is_symlink()]
            if real not in seen:
                seen.add(real)
                yield from (Path(place) / name for name in sorted(files) if not name.startswith("."))


def pictures_below(folder):
    """The picture files among `files_below`; and a note for each kind that nothing here can read, with its count, and
    for each folder that is closed.
    """
    pictures, foreign, closed = [], Counter(), []
    for file in files_below(folder, closed):
        ending = file.suffix.lower()
        if (ending in READABLE and _may_be_read(file)) or (not ending and file.is_file() and is_picture(file)):
            pictures.append(file)
        elif ending in FOREIGN:
            foreign[ending] += 1
    notes = [f"{folder}: {count} with {ending} left out: {advice_on(ending)}" for ending, count in foreign.items()]
    return pictures, notes + [f"{error.filename} is left out ({error.strerror}): may you read it?" for error in closed]


def _may_be_read(file):
    """Whether a file is one, or a link that leads nowhere, which is told later; no pipe, which would wait for ever."""
    return file.is_file() or (file.is_symlink() and not file.exists())
