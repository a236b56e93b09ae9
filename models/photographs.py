"""Colour a photograph of any size: the colour comes from the network, the luminance stays the photograph's."""

import numpy as np
from PIL import Image

from data_loader.images import in_gamut, luma, resize, to_unit
from models.colorizing import colorize


def colorize_photograph(network, photograph, samples=None, seed=0):
    """Colour one photograph.

    The network sees the luma of the whole photograph at its own size; the chroma of its answer (RGB − luma)
    is enlarged bilinearly and added to the photograph's luma, pixel by pixel as far as RGB permits.

    Args:
        network: a colorizer, as `load_colorizer` gives it.
        photograph: RGB Pillow image of any size; its colours, if it has any, are not looked at.
        samples, seed: as in `models.colorizing.colorize`.

    Returns:
        float (H, W, 3) in [0, 1], or a list of them if samples are asked for.
    """
    size = network.inputs[0].shape[1]
    small = colorize(network, luma(to_unit(resize(photograph, size)))[None], samples, seed)[0]
    if samples is None:
        return _over_luma(photograph, small)
    return [_over_luma(photograph, sample) for sample in small]


def _over_luma(photograph, small):
    """A small colouring's chroma over the photograph's luma."""
    chroma = to_unit(small) - luma(to_unit(small))
    planes = [
        Image.fromarray(plane).resize(photograph.size, Image.Resampling.BILINEAR)
        for plane in np.moveaxis(chroma, -1, 0)
    ]
    return in_gamut(luma(to_unit(np.asarray(photograph))), np.stack(planes, axis=-1))
