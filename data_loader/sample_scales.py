"""Numbers of any depth: what of them is black and what is white, and the pictures that they are."""

import contextlib
from typing import NamedTuple

import numpy as np
from PIL import Image

from data_loader.images import luma, to_uint8, to_whole

# Full scales of numbers that do not say theirs, and the share of a picture's values that must lie within one.
SCALES = (255.0, 4095.0, 65535.0, 2.0**32 - 1)
WITHIN = 0.999
OVEREXPOSED = 2.0  # floats up to here are parts of 1 and a little more, not of 255
# Tags of TIFF 6.0.
BITS_PER_SAMPLE, PHOTOMETRIC, TURN, EXTRA_SAMPLES, SAMPLE_FORMAT, SMALLEST, LARGEST = 258, 262, 274, 338, 339, 340, 341
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT, PROFILE = 282, 283, 296, 34675
CENTIMETRES, PREMULTIPLIED = 3, 1
# The largest value that a picture's whole numbers have: a statistic, but where it tells how many bits they have.
MOST_USED, ALL_BITS = 281, [2**bits - 1 for bits in range(8, 17)]
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, UNSIGNED, SIGNED = 0, 1, 2, 1, 2
STRIP = 256  # rows that are worked on at a time
MOST_SAMPLES = 4  # a pixel, colours and opacity


def is_beyond_pillow(image):
    """Whether an opened file is a TIFF of colours of more than 8 bits, of which Pillow keeps 8, or none if planar; or
    of 8 bits with a sign, for which it is blind.
    """
    tags = dict(getattr(image, "tag_v2", {}))
    is_deep = image.mode in ("RGB", "RGBA", "RGBX") and max(np.ravel(tags.get(BITS_PER_SAMPLE, ())), default=8) > 8
    is_signed = image.mode == "L" and _first(tags.get(SAMPLE_FORMAT)) == SIGNED
    return image.format == "TIFF" and (is_deep or is_signed)


def numbers_of(image):
    """The numbers of a picture of more than 8 bits a pixel, and the tags that tell their scale."""
    tags, values = dict(getattr(image, "tag_v2", {})), np.asarray(image)
    if image.format in ("PNG", "PPM"):  # what these hold, Pillow brings to 16 bits
        return values, {BITS_PER_SAMPLE: 16}
    # Pillow has no whole numbers of 32 bits without a sign, as a TIFF's are by default.
    is_unsigned = BITS_PER_SAMPLE in tags and (_first(tags.get(SAMPLE_FORMAT)) or UNSIGNED) == UNSIGNED
    return values.view(np.uint32) if is_unsigned and values.dtype == np.int32 else values, tags


def eight_and_sixteen_bits(values, tags):
    """Numbers as a Pillow image of 8 bits, and their luma as one of 16."""
    scale = unit_scale(values, tags)
    eight = Image.new("RGB" if values.ndim == 3 else "L", values.shape[1::-1])
    fine = np.empty(values.shape[:2], np.uint16)
    for top in range(0, len(values), STRIP):
        unit = unit_numbers(values[top : top + STRIP], tags, scale)
        eight.paste(Image.fromarray(to_uint8(unit)), (0, top))
        fine[top : top + STRIP] = to_whole(luma(unit)[..., 0] if unit.ndim == 3 else unit, 16)
    return eight, Image.fromarray(fine)


def unit_numbers(values, tags, scale):
    """Gray or colour values of any depth, (h, w) or (h, w, 3), as float32 in [0, 1].

    `tags` are those of a TIFF; `scale` is the `unit_scale` of the whole picture, of which these may be some rows.
    """
    least, most = scale
    unit = values.astype(np.float32)
    unit -= least
    unit /= most - least
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        np.subtract(1, unit, out=unit)
    if values.dtype.kind == "f":  # what is no number is black
        np.nan_to_num(unit, copy=False, nan=0)
    return np.clip(unit, 0, 1, out=unit)


def unit_scale(values, tags):
    """Which values are black and white.

    The file's own where it tells them: the smallest and largest sample value, or its bits for whole numbers up to 16
    bits without a sign. Otherwise from 0 to the smallest of 1 (floats), 255, 4095, 65535 and 2³² − 1 that holds 99.9 %
    of the values, or to the largest that they can hold.
    """
    least, most = (_first(tags.get(tag)) for tag in (SMALLEST, LARGEST))
    if most is None and _first(tags.get(MOST_USED)) in ALL_BITS:
        most = _first(tags[MOST_USED])
    if most is not None and most > (least or 0):
        return least or 0, most
    is_float = np.issubdtype(values.dtype, np.floating)
    is_signed = _first(tags.get(SAMPLE_FORMAT)) == SIGNED or (not tags and values.dtype.kind == "i")
    # Of a file they are its own: Pillow widens what it reads.
    bits = _first(tags.get(BITS_PER_SAMPLE)) or 8 * values.dtype.itemsize
    if not is_float and bits <= 16 and not is_signed:
        return 0, 2.0**bits - 1
    finite = values[np.isfinite(values)]
    if is_float and (finite <= OVEREXPOSED).sum() >= WITHIN * finite.size:
        return 0, 1.0
    # Numbers with a sign end at half of what those without one end at.
    scales = SCALES if is_float else [min(scale, 2.0 ** (bits - is_signed) - 1) for scale in SCALES]
    return 0, next((scale for scale in scales if (finite <= scale).sum() >= WITHIN * finite.size), scales[-1])


def _first(value):
    """A tag's number, of several samples the first; None where there is none."""
    return next(iter(value), None) if isinstance(value, tuple) else value


class RareTiff(NamedTuple):
    """The first page of a TIFF that Pillow does not know, such as colours in floats.

    `values` are numbers, (h, w) or (h, w, 3); `opacity`, (h, w), or None; `tags`, by number; `pages`, how many.
    """

    values: np.ndarray
    opacity: np.ndarray | None
    tags: dict
    pages: int

    @property
    def turn(self):
        """How the camera was held, a number as EXIF has it."""
        return _first(self.tags.get(TURN)) or 1

    @property
    def resolution(self):
        """Dots an inch, a pair, or None."""
        pair = [self.tags.get(tag) for tag in (X_RESOLUTION, Y_RESOLUTION)]
        if not all(isinstance(number, tuple) and len(number) == 2 and number[1] for number in pair):
            return None
        an_inch = 2.54 if self.tags.get(RESOLUTION_UNIT) == CENTIMETRES else 1
        return tuple(number / of * an_inch for number, of in pair)

    @property
    def alpha(self):
        """The opacity as a Pillow image of 8 bits, or None."""
        if self.opacity is None:
            return None
        tags = {tag: value for tag, value in self.tags.items() if tag != PHOTOMETRIC}
        return eight_and_sixteen_bits(self.opacity, tags)[0]


def rare_tiff(path, most_pixels):
    """A file as a `RareTiff`; None if it is none, or has more pixels."""
    import tifffile

    with contextlib.suppress(Exception), tifffile.TiffFile(path) as file:
        page = file.pages[0]
        tags = {tag.code: tag.value for tag in page.tags if isinstance(tag.value, int | float | tuple | bytes)}
        is_known = tags.get(PHOTOMETRIC) in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB) and page.dtype.kind in "uif"
        # Before anything is decoded: a small file may hold any number of samples a pixel, or of layers.
        is_large = page.imagewidth * page.imagelength > most_pixels or page.samplesperpixel > MOST_SAMPLES
        if is_large or page.imagedepth > 1 or not is_known:
            return None
        values = np.atleast_3d(page.asarray())
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
            values = np.moveaxis(values, 0, -1)
        colors = 3 if values.shape[-1] > 2 else 1
        extra = _first(tags.get(EXTRA_SAMPLES))
        opacity = values[..., colors] if values.shape[-1] > colors and extra else None
        if opacity is not None and extra == PREMULTIPLIED:
            values = _divided(values, opacity, unit_scale(values, tags)[1])
        return RareTiff(values[..., :3] if colors > 1 else values[..., 0], opacity, tags, len(file.pages))
    return None


def _divided(values, opacity, most):
    """Colours (h, w, c) from 0 to `most` that were multiplied by their opacity, as they were before."""
    whole = np.empty_like(values)
    for top in range(0, len(values), STRIP):
        rows = slice(top, top + STRIP)
        share = np.maximum(opacity[rows, :, None].astype(np.float64) / most, 1 / 65535)
        colors = np.minimum(values[rows] / share, most)
        whole[rows] = colors if values.dtype.kind == "f" else np.rint(colors)
    return whole
