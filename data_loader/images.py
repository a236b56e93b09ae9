"""Decoding, resizing, luma and ranges: the only place where a range changes.

Outside the networks an image is uint8 or float in [0, 1]; inside it is float32 in [-1, 1].
"""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# ITU-R BT.601 luma, the weights that Pillow, OpenCV and the paper's code call "gray".
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)

MIN_SIDE = 8
MAX_PIXELS = 100_000_000


class UnusableImage(Exception):
    """A file that cannot become a picture; the message is the reason, without the file's name."""


def luma(color):
    """ITU-R BT.601 luma (..., 1) of RGB images (..., 3) in any range, which it keeps; of integers float32."""
    color = np.asarray(color)
    if not np.issubdtype(color.dtype, np.floating):
        color = color.astype(np.float32)
    return (color @ LUMA_WEIGHTS.astype(color.dtype))[..., None]


def cb_cr(color):
    """Cb and Cr (ITU-R BT.601) of RGB images (..., 3) in [0, 1], float (..., 2) in [-0.5, 0.5]."""
    away_from_luma = np.asarray(color) - luma(color)
    red_weight, _, blue_weight = LUMA_WEIGHTS
    return away_from_luma[..., [2, 0]] / (2 * (1 - np.array([blue_weight, red_weight], np.float32)))


def to_unit(images):
    """uint8 in 0 to 255, or float already in [0, 1], to float32 in [0, 1]."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    return images.astype(np.float32)


def to_network(images):
    """uint8, or float in [0, 1], to the networks' float32 in [-1, 1]."""
    return to_unit(images) * 2 - 1


def from_network(images):
    """The networks' [-1, 1] to float32 in [0, 1], clipped."""
    return np.clip((np.asarray(images, np.float32) + 1) / 2, 0, 1)


def to_uint8(images):
    """Float in [0, 1] to uint8, rounded; what lies outside is clipped."""
    return np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)


def read_image(path):
    """Decode one file to an RGB Pillow image, upright, whatever its mode.

    Palettes, CMYK, 16 bits and EXIF orientation are converted, transparency is laid over white, and
    of an animation the first frame is taken.

    Raises:
        UnusableImage: the file is truncated, is no image, or has a side below 8 or over 100 million pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
                if min(width, height) < MIN_SIDE:
                    raise UnusableImage(f"{width}x{height} pixels, a side is shorter than {MIN_SIDE}")
                if width * height > MAX_PIXELS:
                    raise UnusableImage(f"{width}x{height} pixels, more than {MAX_PIXELS:,}")
                return _to_rgb(ImageOps.exif_transpose(image))
    except UnusableImage:
        raise
    except Image.DecompressionBombError as error:
        raise UnusableImage("more pixels than can be decoded safely") from error
    # Pillow's decoders raise almost any class of exception on a damaged file.
    except Exception as error:
        reason = str(error).split(" '")[0].split(" <")[0] or type(error).__name__
        raise UnusableImage(reason) from error


def _to_rgb(image):
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, np.float64)
        full_scale = 1.0 if image.mode == "F" and values.max() <= 1 else 65535.0
        return Image.fromarray(to_uint8(values / full_scale)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def resize(image, size):
    """Resize a whole RGB image to a square by Pillow's BILINEAR, without crop, as the paper's code did.

    Args:
        image: RGB Pillow image, or a file to be read by `read_image`.
        size: side of the result, uint8 (size, size, 3).
    """
    if isinstance(image, str | Path):
        image = read_image(image)
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def in_gamut(gray, chroma):
    """Luma (..., 1) in [0, 1] plus as much of a zero-luma chroma (..., 3) as keeps RGB, and so the luma, in [0, 1]."""
    return gray + np.minimum(1, chroma_room(gray, chroma)) * chroma


def chroma_room(gray, chroma):
    """How many times `chroma` (..., 3) fits on top of luma (..., 1) inside [0, 1]: (..., 1), large for none."""
    length = np.maximum(np.abs(chroma), 1e-9)
    room = np.where(chroma > 0, 1 - gray, np.where(chroma < 0, gray, np.inf)) / length
    return np.minimum(room.min(axis=-1, keepdims=True), 1e9)


def colorfulness(rgb, absolute=False):
    """Colourfulness of Hasler & Süsstrunk 2003, √(σ²_rg + σ²_yb) + 0.3 √(μ²_rg + μ²_yb), float64 (n,), 0 for gray.

    Args:
        rgb: (n, H, W, 3) in [0, 1], taken as 0 to 255; rg = R − G and yb = (R + G)/2 − B.
        absolute: the common variant of |rg| and |yb|.
    """
    red, green, blue = np.moveaxis(rgb.reshape(len(rgb), -1, 3).astype(np.float64) * 255, -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    if absolute:
        rg, yb = np.abs(rg), np.abs(yb)
    deviation = np.sqrt(rg.var(axis=-1) + yb.var(axis=-1))
    return deviation + 0.3 * np.hypot(rg.mean(axis=-1), yb.mean(axis=-1))
