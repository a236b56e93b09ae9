"""Luma, chroma, sizes and ranges of images: the only place where a range changes.

Outside the networks an image is uint8 or float in [0, 1]; inside it is float32 in [-1, 1].
"""

from functools import reduce

import numpy as np
from PIL import Image

# ITU-R BT.601 luma, the weights that Pillow, OpenCV and the paper's code call "gray".
LUMA_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


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


def chroma_of(cb_cr):
    """RGB − luma (..., 3) of Cb and Cr (..., 2) as `cb_cr` gives them."""
    red_weight, green_weight, blue_weight = LUMA_WEIGHTS
    blue, red = 2 * (1 - blue_weight) * cb_cr[..., 0], 2 * (1 - red_weight) * cb_cr[..., 1]
    return np.stack([red, -(red_weight * red + blue_weight * blue) / green_weight, blue], axis=-1)


def to_unit(images):
    """uint8 or uint16 in their whole range, or float already in [0, 1], to float32 in [0, 1]."""
    images = np.asarray(images)
    if images.dtype in (np.uint8, np.uint16):
        return images.astype(np.float32) / np.float32(np.iinfo(images.dtype).max)
    return images.astype(np.float32)


def to_network(images):
    """uint8, or float in [0, 1], to the networks' float32 in [-1, 1]."""
    return to_unit(images) * 2 - 1


def from_network(images):
    """The networks' [-1, 1] to float32 in [0, 1], clipped."""
    return np.clip((np.asarray(images, np.float32) + 1) / 2, 0, 1)


def to_uint8(images):
    """Float in [0, 1] to uint8, rounded; what lies outside is clipped."""
    return to_whole(images, 8)


def to_whole(images, bit_depth):
    """Float in [0, 1] to whole numbers of 8 or 16 bits, rounded; what lies outside is clipped."""
    most = 2**bit_depth - 1
    return np.rint(np.clip(images, 0, 1) * np.float32(most)).astype(np.uint8 if bit_depth == 8 else np.uint16)


def resize(image, size):
    """Resize a whole RGB Pillow image to uint8 (size, size, 3) by Pillow's BILINEAR, without crop, as the paper's code
    did.
    """
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def in_gamut(gray, chroma):
    """Luma (..., 1) in [0, 1] plus as much of a zero-luma chroma (..., 3) as keeps RGB, and so the luma, in [0, 1]."""
    return gray + np.minimum(1, chroma_room(gray, chroma)) * chroma


def chroma_room(gray, chroma):
    """How many times `chroma` (..., 3) fits on top of luma (..., 1) inside [0, 1]: (..., 1), large for none."""
    length = np.maximum(np.abs(chroma), 1e-9)
    room = np.where(chroma > 0, 1 - gray, np.where(chroma < 0, gray, np.inf)) / length
    # One channel against the other, as NumPy is slow along an axis of three.
    return np.minimum(reduce(np.minimum, np.moveaxis(room, -1, 0)), 1e9)[..., None]


def correlations(first, second, flat=1 / 255):
    """Correlation of each row of two arrays (n, ...): (n,), NaN where one differs by up to `flat`, a level of 256."""
    first, second = (rows.reshape(len(rows), -1).astype(np.float64) for rows in (first, second))
    varies = np.minimum(np.ptp(first, axis=1), np.ptp(second, axis=1)) > flat
    first, second = (rows - rows.mean(axis=1, keepdims=True) for rows in (first, second))
    together = (first * second).sum(axis=1)
    apart = np.sqrt(np.square(first).sum(axis=1) * np.square(second).sum(axis=1))
    return np.divide(together, apart, out=np.full(len(first), np.nan), where=varies)


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
