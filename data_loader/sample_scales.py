"""Numbers of any depth as parts of 1: what is black and what is white."""

import contextlib

import numpy as np

# Full scales of numbers that do not say theirs, and the share of a picture's values that must lie within one.
SCALES = (255.0, 4095.0, 65535.0, 2.0**32 - 1)
WITHIN = 0.999
# Tags of TIFF 6.0.
BITS_PER_SAMPLE, PHOTOMETRIC, TURN, SAMPLE_FORMAT, SMALLEST, LARGEST = 258, 262, 274, 339, 340, 341
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, UNSIGNED, SIGNED = 0, 1, 2, 1, 2
MOST_SAMPLES = 4  # a pixel, colours and opacity


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


def is_without_sign(tags):
    """Whether a TIFF's tags say of whole numbers that they have no sign, as they do by default."""
    return BITS_PER_SAMPLE in tags and (_first(tags.get(SAMPLE_FORMAT)) or UNSIGNED) == UNSIGNED


def unit_scale(values, tags):
    """Which values are black and white.

    The file's own where it tells them: the smallest and largest sample value, or its bits for whole numbers up to 16
    bits without a sign. Otherwise from 0 to the smallest of 1 (floats), 255, 4095, 65535 and 2³² − 1 that holds 99.9 %
    of the values.
    """
    least, most = (_first(tags.get(tag)) for tag in (SMALLEST, LARGEST))
    if most is not None and most > (least or 0):
        return least or 0, most
    is_float = np.issubdtype(values.dtype, np.floating)
    bits = _first(tags.get(BITS_PER_SAMPLE)) or (8 * values.dtype.itemsize if values.dtype.kind == "u" else None)
    if not is_float and bits and bits <= 16 and _first(tags.get(SAMPLE_FORMAT)) != SIGNED:
        return 0, 2.0**bits - 1
    finite = values[np.isfinite(values)]
    scales = (1.0, *SCALES) if is_float else SCALES
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
