"""The files of a folder and all below it."""

import os
from collections import Counter
from pathlib import Path

from data_loader.photographs import FOREIGN, READABLE, advice_on, is_picture


def files_below(folder):
    """Files of a folder and all below it, sorted, folder by folder; nothing that is hidden.

    Links to folders are followed, and each folder is visited once, so that circles end.
    """
    seen = set()
    for place, names, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        names[:] = sorted(name for name in names if real not in seen and not name.startswith("."))
        if real not in seen:
            seen.add(real)
            yield from (Path(place) / name for name in sorted(files) if not name.startswith("."))


def pictures_below(folder):
    """The picture files among `files_below`; and a note for each kind that nothing here can read, with its count."""
    pictures, foreign = [], Counter()
    for file in files_below(folder):
        ending = file.suffix.lower()
        if (ending in READABLE and _may_be_read(file)) or (not ending and file.is_file() and is_picture(file)):
            pictures.append(file)
        elif ending in FOREIGN:
            foreign[ending] += 1
    return pictures, [
        f"{folder}: {count} {ending} files are left out: {advice_on(ending)}" for ending, count in foreign.items()
    ]


def _may_be_read(file):
    """Whether a file is one, or a link that leads nowhere, which is told later; no pipe, which would wait for ever."""
    return file.is_file() or (file.is_symlink() and not file.exists())
