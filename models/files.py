"""Files that are replaced in one go."""

import os
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(file):
    """Yield a path to write to; when the block ends well it takes the place of `file`.

    A reader, or a crash at any moment, finds the old content or the new, nothing between.
    """
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    # The ending stays last: libraries choose the format by it.
    scratch = file.with_name(f"{file.stem}.writing{file.suffix}")
    try:
        yield scratch
        with scratch.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(scratch, file)
    finally:
        scratch.unlink(missing_ok=True)
