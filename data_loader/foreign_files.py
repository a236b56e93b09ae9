"""Files that are no pictures here, though people have them among their photographs, and what to do about them."""

VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"}
# Files of cameras and phones that only an optional package can decode, if any; and films.
FOREIGN = {".heic", ".heif", ".avif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2", ".raw"}
FOREIGN |= VIDEOS


def advice_on(ending):
    """What to do about a file of an ending in `FOREIGN` that cannot be read here."""
    if ending in VIDEOS:
        return "take the pictures out by 'mkdir frames && ffmpeg -i FILM frames/%05d.png', and use the folder frames."
    if ending in (".heic", ".heif"):
        return "pip install pillow-heif, or export them as JPEG."
    return "export them as JPEG or TIFF."
