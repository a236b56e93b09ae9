"""Trivial colourings: what a score is worth shows beside them."""

import numpy as np

from data_loader.images import luma, to_unit

CHUNK = 64


def chunks(split):
    """Colour originals of a split in float32 [0, 1], some at a time, so that memory stays bounded."""
    for start in range(0, len(split), CHUNK):
        yield to_unit(split.color(slice(start, start + CHUNK)))


def color_means(split):
    """Mean colour and mean chroma (RGB − luma) of a split's pixels, each (3,), summed in float64.

    In float32 the mean over a whole data set is off in the third digit.
    """
    color_sum, chroma_sum, pixels = np.zeros(3), np.zeros(3), 0
    for color in chunks(split):
        color_sum += color.sum(axis=(0, 1, 2), dtype=np.float64)
        chroma_sum += (color - luma(color)).sum(axis=(0, 1, 2), dtype=np.float64)
        pixels += color[..., 0].size
    return color_sum / pixels, chroma_sum / pixels


def trivial_rows(mean_color, mean_chroma):
    """Name to function of originals (n, H, W, 3) in [0, 1] to what a trivial colorizer makes of them.

    "perfect" and the oracle see the answer; the others see its luma alone. Sums of luma and chroma are
    clipped to [0, 1].
    """

    def own_mean_chroma(color):
        return np.clip(luma(color) + (color - luma(color)).mean(axis=(1, 2), keepdims=True), 0, 1)

    return {
        "perfect": lambda color: color,
        "gray unchanged": lambda color: np.repeat(luma(color), 3, axis=-1),
        "mean color": lambda color: np.broadcast_to(mean_color, color.shape),
        "luma + mean chroma": lambda color: np.clip(luma(color) + mean_chroma, 0, 1),
        "luma + own mean chroma (oracle)": own_mean_chroma,
    }
