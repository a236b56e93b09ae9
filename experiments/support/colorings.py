"""The files that colourings are kept in: their formats, what belongs to them, and what they say of who made them."""

import contextlib
import hashlib
import struct

import numpy as np
from PIL import ExifTags, Image

from data_loader.files import exists
from data_loader.photographs import opened

# Format to its file ending and how it is written: nothing that one sees is lost.
FORMATS = {
    "png": (".png", {"compress_level": 3}),
    "jpeg": (".jpg", {"quality": 95, "subsampling": 0}),
    "webp": (".webp", {"quality": 95}),
    "tiff": (".tif", {"compression": "tiff_adobe_deflate"}),
}
DEEP = "tiff"  # the format that holds colours of 16 bits
ENDINGS = {name: form for form, (ending, _) in FORMATS.items() for name in (ending, f".{form}")}
MOST_EXIF = 65_000  # bytes that JPEG has room for
BLOCKS = {ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo}  # within an EXIF block
# What Pillow raises where a format cannot hold a picture, or what belongs to it.
UNWRITABLE = (ValueError, OSError, RuntimeError, struct.error)
SAMPLE = 65_536  # bytes of a photograph at its beginning, middle and end, by which it is known
OURS = "flower-colorization"  # what a colouring says of who made it


def as_held(photograph, file):
    """A `Photograph` as the format of a file can hold it: JPEG has no opacity."""
    return photograph.over_white() if ENDINGS[file.suffix.lower()] == "jpeg" else photograph


def save(color, file, photograph, maker=OURS):
    """Write an RGB array with what belongs to the `Photograph` that it was made of, which is `as_held`.

    One of 16 bits is written as TIFF, without EXIF. What a format cannot hold is an error of `UNWRITABLE`.
    """
    form = ENDINGS[file.suffix.lower()]
    if photograph.alpha:
        # Of several pictures side by side each has the same.
        alpha = np.tile(np.asarray(photograph.alpha), (1, color.shape[1] // photograph.alpha.width))
        color = np.dstack([color, alpha if color.dtype == np.uint8 else alpha * np.uint16(257)])
    if color.dtype == np.uint16:
        _save_deep(color, file, photograph.metadata, maker)
        return
    exif = _told(photograph.metadata, form == "webp", maker)
    if form == "jpeg" and len(exif) > MOST_EXIF:
        exif = _told({}, False, maker)
    settings = FORMATS[form][1]
    if form == "tiff" and BLOCKS & set(_loaded(exif)):
        # These Pillow cannot write into a compressed file.
        settings = {}
    Image.fromarray(color).save(file, **settings, **(photograph.metadata | {"exif": exif}))


def _told(metadata, with_resolution, maker):
    """The EXIF block of a colouring: its photograph's, who made it, and maybe the resolution, as in WebP."""
    told = _loaded(metadata.get("exif", b""))
    told[ExifTags.Base.ProcessingSoftware] = maker
    if with_resolution and "dpi" in metadata:
        told[ExifTags.Base.XResolution], told[ExifTags.Base.YResolution] = map(float, metadata["dpi"])
        told[ExifTags.Base.ResolutionUnit] = 2  # inches
    return told.tobytes()


def _loaded(exif):
    told = Image.Exif()
    told.load(exif)
    return told


def _save_deep(color, file, metadata, maker):
    import tifffile

    given = {
        "metadata": None,
        "software": False,
        "extratags": [(ExifTags.Base.ProcessingSoftware, "s", 0, maker, True)],
        "photometric": "rgb",
        "compression": "zlib",
        "iccprofile": metadata.get("icc_profile"),
        "extrasamples": ["unassalpha"] * (color.shape[-1] - 3),
    }
    if resolution := metadata.get("dpi"):
        given |= {"resolution": tuple(map(float, resolution)), "resolutionunit": "INCH"}
    tifffile.imwrite(file, color, **given)


def form_of(file):
    """The key of `FORMATS` that a picture is of, whatever its name; "" for another, None where Pillow knows none."""
    with contextlib.suppress(Exception), opened(file) as image:  # Pillow raises almost any class
        form = "jpeg" if image.format == "MPO" else image.format.lower()  # a phone's, with a second picture in it
        return form if form in FORMATS else ""
    return None


def says_it_is_ours(file):
    """Whether a picture says that this command wrote it."""
    return _word_of(file).split(" ")[0] == OURS


def _word_of(file):
    """What a picture says of who made it."""
    with contextlib.suppress(Exception), opened(file) as image:  # Pillow raises almost any class
        if image.format == "PNG" and "exif" not in image.info:
            return ""  # Pillow would decode all of it, for one behind the pixels
        return str(image.getexif().get(ExifTags.Base.ProcessingSoftware, ""))
    return ""


def maker_of(photo):
    """What the colouring of a photo's file says of who made it, and of what: so that it is known by the next call."""
    with contextlib.suppress(OSError), photo.open("rb") as stream:
        size = photo.stat().st_size
        digest = hashlib.sha256(f"{photo.name} {size}".encode(errors="surrogateescape"))
        for place in (0, size // 2, max(0, size - SAMPLE)):
            stream.seek(place)
            digest.update(stream.read(SAMPLE))
        return f"{OURS} {digest.hexdigest()[:12]}"
    return OURS


def are_anothers(files, photo):
    """Whether one of the files is there that another photo became, one of the same name in another call."""
    words = {_word_of(file) for file in files if exists(file)}
    # Only where there is one is the photograph itself looked at.
    return any(word.startswith(f"{OURS} ") and word != maker_of(photo.file) for word in words)
