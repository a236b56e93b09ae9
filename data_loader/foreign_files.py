"""Files that are no pictures here, though people have them among their photographs, and what to do about them."""

from pathlib import Path

# Files of cameras and phones that only an optional package can decode, if any.
FOREIGN = {".heic", ".heif", ".avif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2", ".raw"}
VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"}


def advice_on(ending):
    """What to do about a file of an ending in `FOREIGN` that cannot be read here."""
    if ending in (".heic", ".heif"):
        return "pip install pillow-heif, or export them as JPEG."
    return "export them as JPEG or TIFF."


def frames_of(film):
    """What to do with a film."""
    return f"take its pictures out with 'ffmpeg -i {Path(film).name} frames/%05d.png', then colour the folder frames"
