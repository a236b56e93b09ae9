"""Read a picture file as people mean it: upright, in sRGB, on its own scale of brightness, with what belongs to it."""

import contextlib
import errno
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL
from PIL import ExifTags, Image, ImageOps, PngImagePlugin, features

from data_loader.color_profiles import fine_in_srgb, in_srgb
from data_loader.files import quiet_libraries
from data_loader.photograph import Photograph
from data_loader.sample_scales import PROFILE, eight_and_sixteen_bits, is_beyond_pillow, numbers_of, rare_tiff

with contextlib.suppress(ImportError):  # photographs of phones, where this package is installed
    import pillow_heif

    pillow_heif.register_heif_opener()

# What decodes; pixels of a JPEG may differ by a level or two from one version to another.
DECODER = f"Pillow {PIL.__version__} with libjpeg {features.version('libjpeg_turbo') or features.version('jpg')}"
MIN_SIDE = 8
MAX_PIXELS = 100_000_000
# Pillow gives a picture up where a text or a profile in it is longer than 1 MiB.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = 2**28
_ENDINGS = Image.registered_extensions()
# Endings of files that can be read here; Pillow names some that it can write alone, and a film's.
READABLE = {ending for ending, form in _ENDINGS.items() if form in Image.OPEN and form != "MPEG"}
VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"}
# Files of cameras and phones that only an optional package can decode, if any; and films.
FOREIGN = {".heic", ".heif", ".avif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2", ".raw"}
FOREIGN |= VIDEOS
# How libtiff tells of an error, in the name of the function or library that has met it.
LIBTIFFS = re.compile(r"(Fax|LZW|ZIP|PackBits|JPEG|TIFF)\w*: (?!Warning)")
# What Pillow says of a file, by a word in it, and what it means.
PLAINLY = {"truncated": "the file ends early", "decoder error": "the file is damaged"}
WITH_ALPHA = ("RGBA", "RGBa", "LA", "PA")
# What EXIF may tell of a photograph: who, when, with what, and what is to be seen.
TOLD = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x4746, 0x8298, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F}


class UnusableImage(Exception):
    """A file that cannot become a picture; the message is the reason, without the file's name."""


def advice_on(ending):
    """What to do about a file of an ending in `FOREIGN` that cannot be read here."""
    if ending in VIDEOS:
        return "take the pictures out by 'mkdir frames && ffmpeg -i FILM frames/%05d.png', and use the folder frames."
    if ending in (".heic", ".heif"):
        return "pip install pillow-heif, or export them as JPEG."
    return "export them as JPEG or TIFF."


@contextlib.contextmanager
def opened(file):
    """An image file, not decoded yet, as a Pillow image; what is strange about it is not told to the terminal."""
    with quiet_libraries(), Image.open(file) as image:
        yield image


def is_picture(file):
    """Whether a file begins as a picture does."""
    try:
        with opened(file):
            return True
    except Exception:  # Pillow raises almost any class
        return False


def read_image(source):
    """An RGB Pillow image of what `read_photograph` takes, transparency laid over white."""
    return read_photograph(source).image_over_white()


def read_photograph(source, most_pixels=MAX_PIXELS):
    """A path, a Pillow image of any mode or an array (H, W), or (H, W, 1) to (H, W, 4), as a `Photograph`.

    Of an animation it is the first frame. Metadata that are broken are left out, and cost nothing else. For numbers of
    more than 8 bits see `data_loader.sample_scales`.

    A file of more pixels than `most_pixels`, which cannot be more than 100 million, is not decoded.

    Raises:
        UnusableImage: a file is truncated, something is no image, or it has a side below 8 or too many pixels.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        _require_sound(*source.size)
        return _read(_photograph, source)
    if not isinstance(source, str | os.PathLike):
        raise UnusableImage(f"a {type(source).__name__} is neither a path nor a Pillow image nor a NumPy array")
    return _read(_decoded, source, most_pixels)


def _read(function, source, *arguments):
    """The `Photograph` that a function makes of a file or an opened image; what libraries say of it is not told."""
    with quiet_libraries() as heard:
        try:
            photograph = function(source, *arguments)
        except UnusableImage:
            raise
        # Pillow's decoders raise almost any class of exception on a damaged file.
        except Exception as error:
            raise UnusableImage(_plainly(error)) from error
    return replace(photograph, is_damaged=True) if _tells_of_damage(source, heard) else photograph


def _plainly(error):
    """What is wrong with a file, by what Pillow says of it."""
    reason = str(error).split(" '")[0].split(" <")[0] or type(error).__name__
    return next((said for word, said in PLAINLY.items() if word in reason), reason)


def _tells_of_damage(source, heard):
    """Whether one of the lines that were `heard` while it was read is libtiff's, of pixels it could not decode."""
    if not any(LIBTIFFS.match(line) for line in heard):
        return False
    if isinstance(source, Image.Image):
        return source.format == "TIFF"
    with contextlib.suppress(OSError), Path(source).open("rb") as stream:
        return stream.read(2) in (b"II", b"MM")
    return False


def _decoded(source, most_pixels):
    """The `Photograph` of a file."""
    try:
        if Path(source).is_fifo():
            raise UnusableImage("it is a pipe")
        # Not by its name, by which Pillow maps a scan that lies on its side into memory, and shears it.
        with Path(source).open("rb") as stream, Image.open(stream) as image:
            _require_sound(*image.size, most_pixels)
            return _photograph(image, source)
    except UnusableImage:
        raise
    except Image.DecompressionBombError as error:
        raise UnusableImage("more pixels than can be decoded safely") from error
    except FileNotFoundError as error:
        raise UnusableImage("it does not exist, or is a link to nothing") from error
    except PermissionError as error:
        raise UnusableImage("there is no permission to read it") from error
    except Exception as error:
        ending = Path(source).suffix.lower()
        if ending in (".tif", ".tiff") and (photograph := _of_rare_tiff(source, most_pixels)):
            return photograph
        if ending in FOREIGN - READABLE:
            raise UnusableImage(f"there is no decoder for {ending} here: {advice_on(ending)[:-1]}") from error
        if getattr(error, "errno", None) == errno.ELOOP:
            raise UnusableImage("it is a link that leads to itself") from error
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise UnusableImage("its name is too long") from error
        if Path(source).exists() and not Path(source).stat().st_size:
            raise UnusableImage("it is empty") from error
        raise


def _from_array(values):
    """The `Photograph` of an array of numbers, or of truths, True for white."""
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (1,), (2,), (3,), (4,)):
        raise UnusableImage(f"an array of shape {values.shape} is neither (H, W) nor (H, W, 1) to (H, W, 4)")
    if values.dtype.kind not in "buif":
        raise UnusableImage(f"an array of {values.dtype} holds no numbers")
    _require_sound(*values.shape[1::-1])
    if values.shape[2:] in ((2,), (4,)):
        opacity = _from_array(values[..., -1]).image.getchannel("R")
        return replace(_from_array(np.ascontiguousarray(values[..., :-1])), alpha=opacity)
    values = values[..., 0] if values.shape[2:] == (1,) else values
    if values.dtype == bool:
        values = values.astype(np.uint8) * 255
    if values.dtype == np.uint8:
        return Photograph(Image.fromarray(values).convert("RGB"))
    image, fine = eight_and_sixteen_bits(values, {})
    return Photograph(image.convert("RGB"), fine=np.asarray(fine))


def _of_rare_tiff(file, most_pixels):
    """The `Photograph` of a `RareTiff`; None of what is none, or says what cannot be."""
    found = rare_tiff(file, most_pixels)
    if not found:
        return None
    _require_sound(*found.values.shape[1::-1])
    with contextlib.suppress(ValueError, TypeError, ArithmeticError):
        image, fine = _upright_bits(found)
        rgb, fine, metadata = _in_srgb(image, fine, found.tags.get(PROFILE), found.resolution)
        alpha = _turned(found.alpha, found.turn)
        return Photograph(rgb, alpha, metadata, found.pages, np.asarray(fine) if fine else None)
    return None


def _upright_bits(found):
    """`eight_and_sixteen_bits` of a `RareTiff`, turned as it says."""
    return [_turned(part, found.turn) for part in eight_and_sixteen_bits(found.values, found.tags)]


def _require_sound(width, height, most_pixels=MAX_PIXELS):
    if min(width, height) < MIN_SIDE:
        raise UnusableImage(f"{width}x{height} pixels, a side is shorter than {MIN_SIDE}")
    if width * height > (most := min(most_pixels, MAX_PIXELS)):
        raise UnusableImage(f"{width}x{height} pixels, more than {most:,}")


def _photograph(image, file=None):
    """An opened `file`, or an image in memory, as a `Photograph`."""
    (pages, is_whole), exif = _pages(image), _exif(image)
    deep = rare_tiff(file, MAX_PIXELS) if file and is_beyond_pillow(image) else None
    # What Pillow would make of deep colours is not needed, but for their opacity.
    if not deep or image.mode in WITH_ALPHA:
        image.load()
    profile, resolution, alpha = image.info.get("icc_profile"), image.info.get("dpi"), None
    if image.mode == "La":
        image = image.convert("LA")
    if (image.mode in WITH_ALPHA or "transparency" in image.info) and not _is_numbers(image):
        opaque = image.convert("RGBA")
        alpha = opaque.getchannel("A")
        image = image.getchannel("L") if image.mode == "LA" else opaque.convert("RGB")
    fine = None
    if _is_numbers(image):
        image, fine = eight_and_sixteen_bits(*numbers_of(image))
    elif deep:
        image, fine = _upright_bits(deep)
    rgb, fine, metadata = _in_srgb(image, fine, profile, resolution)
    if exif:
        # Deep colours were turned when they were read.
        turn = 1 if deep else exif.get(ExifTags.Base.Orientation, 1)
        rgb, alpha, fine = (_turned(part, turn) for part in (rgb, alpha, fine))
        with contextlib.suppress(Exception):
            metadata["exif"] = _told(exif)
    return Photograph(rgb, alpha, metadata, pages, np.asarray(fine) if fine else None, not is_whole)


def _in_srgb(image, fine, profile, resolution):
    """A picture and its 16 bits, or None, in sRGB, and what else is known of it, for `Photograph.metadata`."""
    rgb, kept = in_srgb(image, profile)
    if fine and profile:
        fine = fine_in_srgb(fine, image, rgb, profile)
    metadata = ({"icc_profile": kept} if kept else {}) | ({"dpi": resolution} if _is_resolution(resolution) else {})
    return rgb, fine, metadata


def _pages(image):
    """How many pages or frames an opened file has, and whether they are whole; broken off behind the first, 1."""
    if image.format == "MPO":  # phones lay a second, smaller picture behind the first
        return 1, True
    with contextlib.suppress(Exception):
        return getattr(image, "n_frames", 1), True
    with contextlib.suppress(Exception):
        image.seek(0)
    return 1, False


def _is_resolution(resolution):
    try:
        # 1 is what Pillow says where there is none; JPEG has 16 bits for it.
        return all(1 < float(number) < 2**16 for number in resolution)
    except (TypeError, ValueError, ZeroDivisionError):
        return False


def _told(exif):
    """What an EXIF block tells of a photograph, for its colouring: nothing of how its file was laid out."""
    told = Image.Exif()
    for tag in TOLD & set(exif):
        if not (tag == ExifTags.Base.ImageDescription and str(exif[tag]).startswith('{"shape"')):
            told[tag] = exif[tag]
    for part in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        if inside := exif.get_ifd(part):
            told[part] = dict(inside)
    told[ExifTags.Base.Orientation] = 1
    return told.tobytes()


def _exif(image):
    """The EXIF block of an opened file; None where there is none, or a broken one."""
    with contextlib.suppress(Exception):
        return image.getexif() or None


def _turned(image, orientation):
    """A picture, if there is one, upright, by the number that EXIF has for how the camera was held."""
    if not image or orientation == 1:
        return image
    oriented = image.copy()
    oriented.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(oriented)


def _is_numbers(image):
    """Whether a picture is of one number a pixel that has more than 8 bits."""
    return image.mode.startswith(("I", "F"))
