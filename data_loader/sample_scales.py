"""Numbers of any depth as parts of 1: what is black and what is white."""

import contextlib

import numpy as np

# Full scales of numbers that do not say theirs, and the share of a picture's values that must lie within one.
SCALES = (255.0, 4095.0, 65535.0, 2.0**32 - 1)
WITHIN = 0.999
# Tags of TIFF 6.0.
BITS_PER_SAMPLE, PHOTOMETRIC, TURN, SAMPLE_FORMAT, SMALLEST, LARGEST = 258, 262, 274, 339, 340, 341
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, SIGNED = 0, 1, 2, 2


def unit_numbers(values, tags):
    """Gray or colour values of any depth, (h, w) or (h, w, 3), as float32 in [0, 1]; `tags` are those of a TIFF."""
    least, most = _unit_scale(values, tags)
    unit = (np.nan_to_num(values.astype(np.float32), nan=least) - least) / (most - least)
    if tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        unit = 1 - unit
    return np.clip(unit, 0, 1, out=unit)


def _unit_scale(values, tags):
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
    """What a TIFF holds that Pillow does not know, such as colours in floats, as `unit_numbers`; and its tags.

    None if it is none, or has more pixels.
    """
    import tifffile

    with contextlib.suppress(Exception), tifffile.TiffFile(path) as file:
        page = file.pages[0]
        if page.imagewidth * page.imagelength > most_pixels:
            return None
        values = page.asarray()
        if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[-1] > 4:
            values = np.moveaxis(values, 0, -1)
        tags = {tag.code: tag.value for tag in page.tags if isinstance(tag.value, int | float | tuple)}
        if tags.get(PHOTOMETRIC) not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB):
            return None
        values = values[..., :3] if values.ndim == 3 and values.shape[-1] > 2 else values
        return unit_numbers(values, tags), tags
    return None
