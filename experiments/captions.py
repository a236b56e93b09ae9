"""captions.md: what each picture of a folder shows."""

import re
from pathlib import Path

from models.files import write_text


def read_captions(file):
    """Name of a picture to its caption; empty where there is no file."""
    file = Path(file)
    text = file.read_text() if file.exists() else ""
    return dict(re.findall(r"^\*\*([^*]+)\*\* (.*)$", text, re.MULTILINE))


def write_captions(folder, captions):
    """Write captions.md of a folder, by name; pictures that are there and were not drawn now keep theirs."""
    file = Path(folder) / "captions.md"
    kept = {name: caption for name, caption in read_captions(file).items() if (file.parent / name).exists()}
    text = "".join(f"**{name}** {caption}\n\n" for name, caption in sorted((kept | captions).items()))
    write_text(file, text.rstrip() + "\n")
