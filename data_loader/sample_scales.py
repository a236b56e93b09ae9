"""Numbers of any depth: what of them is black and what is white, and the pictures that they are."""

import contextlib

import numpy as np
from PIL import Image

from data_loader.images import luma, to_uint8, to_whole

# Full scales of numbers that do not say theirs, and the share of a picture's values that must lie within one.
SCALES = (255.0, 4095.0, 65535.0, 2.0**32 - 1)
WITHIN = 0.999
OVEREXPOSED = 2.0  # floats up to here are parts of 1 and a little more, not of 255
# Tags of TIFF 6.0.
BITS_PER_SAMPLE, PHOTOMETRIC, TURN, SAMPLE_FORMAT, SMALLEST, LARGEST = 258, 262, 274, 339, 340, 341
# The largest value that a picture's whole numbers have: a statistic, but where it tells how many bits they have.
MOST_USED, ALL_BITS = 281, [2**bits - 1 for bits in range(8, 17)]
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, UNSIGNED, SIGNED = 0, 1, 2, 1, 2
STRIP = 256  # rows that are worked on at a time
MOST_SAMPLES = 4  # a pixel, colours and opacity


def has_deep_colors(image):
    """Whether an opened file is a TIFF of colours of more than 8 bits, of which Pillow keeps 8, or none if planar."""
    bits = dict(getattr(image, "tag_v2", {})).get(BITS_PER_SAMPLE, ())
    return image.format == "TIFF" and image.mode in ("RGB", "RGBA", "RGBX") and max(np.ravel(bits), default=8) > 8


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
    bits = _first(tags.get(BITS_PER_SAMPLE)) or (8 * values.dtype.itemsize if values.dtype.kind == "u" else None)
    if not is_float and bits and bits <= 16 and _first(tags.get(SAMPLE_FORMAT)) != SIGNED:
        return 0, 2.0**bits - 1
    finite = values[np.isfinite(values)]
    if is_float and (finite <= OVEREXPOSED).sum() >= WITHIN * finite.size:
        return 0, 1.0
    # Numbers with a sign end at half of what those without one end at.
    scales = SCALES if is_float else [min(scale, np.iinfo(values.dtype).max) for scale in SCALES]
    return 0, next((scale for scale in scales if (finite <= scale).sum() >= WITHIN * finite.size), scales[-1])


def _first(value):
    """A tag's number, of several samples the first; None where there is none."""
    return next(iter(value), None) if isinstance(value, tuple) else value


def rare_tiff(path, most_pixels):
    """What a TIFF holds that Pillow does not know, such as colours in floats, as an array; and its tags.

    None if it is none, or has more pixels.
    """
    import tifffile

    with contextlib.suppress(Exception), tifffile.TiffFile(path) as file:
        page = file.pages[0]
        tags = {tag.code: tag.value for tag in page.tags if isinstance(tag.value, int | float | tuple)}
        is_known = tags.get(PHOTOMETRIC) in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)
        # Before anything is decoded: a small file may hold any number of samples a pixel, or of layers.
        is_large = page.imagewidth * page.imagelength > most_pixels or page.samplesperpixel > MOST_SAMPLES
        if is_large or page.imagedepth > 1 or not is_known:
            return None
        values = page.asarray()
        if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[-1] > 4:
            values = np.moveaxis(values, 0, -1)
        return (values[..., :3] if values.ndim == 3 and values.shape[-1] > 2 else values), tags
    return None
