"""Joint bilateral upsampling (Kopf et al. 2007): small planes of chroma enlarged so that colour ends where luma does.

A pixel takes its chroma from the small pixels around it, by how near they are and by how much their luma is like its
own. A small pixel across an edge, where the luma is another, counts for next to nothing; where the luma is even, it is
interpolation by a B-spline, and no new edge appears.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from data_loader.files import usable_cpus
from data_loader.images import luma, to_unit

# Side up to which chroma is enlarged at once; from there on each pixel has near ones, and fewer of them will do.
MIDDLE = 1024
# Difference of luma, of a range of 1, at which a small pixel counts for a quarter.
LIKE = 0.007
# What a small pixel counts for at least: where none has a luma alike, as in a thin line, they are interpolated.
LEAST = 1e-4
STRIP = 2**17  # pixels that are worked on at a time, so that they stay in the processor's cache


class Enlargement:
    """Chroma (h, w, c) on its way to the size of an RGB Pillow image that it belongs to, strip by strip."""

    def __init__(self, chroma, photograph):
        width, height = photograph.size
        scale = MIDDLE / max(width, height)
        self.taps = 4
        if scale <= 0.5 and max(np.shape(chroma)[:2]) <= MIDDLE / 2:
            middle = _resized(photograph, round(width * scale), round(height * scale))
            chroma, self.taps = Enlargement(chroma, middle).whole(), 3
        self.photograph, self.chroma = photograph, np.asarray(chroma, np.float32)
        self.planes = [np.ascontiguousarray(plane) for plane in np.moveaxis(self.chroma, -1, 0)]
        self.guide = _luma(_resized(photograph, *self.chroma.shape[1::-1]))
        self.columns = _taps(range(width), width, self.chroma.shape[1], self.taps)

    def strips(self):
        """Ranges of rows that cover the photograph."""
        width, height = self.photograph.size
        step = max(1, STRIP // width)
        return [range(start, min(start + step, height)) for start in range(0, height, step)]

    def rows(self, rows, gray):
        """The chroma of a range of rows, float32 (n, W, c), whose luma is `gray` (n, W) in [0, 1]."""
        places, weights = _taps(rows, self.photograph.height, len(self.chroma), self.taps)
        first = places.min()
        total = np.full(gray.shape, 1e-12, np.float32)
        sums = [np.zeros(gray.shape, np.float32) for _ in self.planes]
        for column, beside in zip(*self.columns, strict=True):
            # Of the few small rows first: columns are slow to gather, and whole rows quick.
            guide, *planes = (plane[first : places.max() + 1, column] for plane in (self.guide, *self.planes))
            for place, near in zip(places - first, weights, strict=True):
                weight = guide[place]
                weight -= gray
                weight *= 1 / LIKE
                weight *= weight
                weight += 1
                weight *= weight
                np.reciprocal(weight, out=weight)
                weight += LEAST
                weight *= near[:, None] * beside
                total += weight
                for plane, small in zip(sums, planes, strict=True):
                    own = small[place]
                    own *= weight
                    plane += own
        return np.stack([plane / total for plane in sums], axis=-1)

    def whole(self):
        """All rows at once."""
        gray = _luma(self.photograph)
        return np.concatenate(in_threads(lambda rows: self.rows(rows, gray[rows.start : rows.stop]), self.strips()))


def in_threads(function, items):
    """`function` of each item, in order, on all cores; NumPy lets go of Python's lock in long loops."""
    with ThreadPoolExecutor(usable_cpus()) as pool:
        return list(pool.map(function, items))


def _taps(pixels, count, small, taps):
    """Which small pixels each of some of `count` pixels is made of and how much of each, along one axis.

    Gives (taps, n) places and (taps, n) weights of a B-spline of degree `taps` − 1, which sum to 1; places beyond the
    edge are those of the edge.
    """
    place = (np.arange(pixels.start, pixels.stop) + 0.5) * small / count - 0.5
    first = np.ceil(place - taps / 2).astype(int)
    apart = np.abs(place - first - np.arange(taps)[:, None])
    return np.clip(first + np.arange(taps)[:, None], 0, small - 1), _spline(apart, taps).astype(np.float32)


def _spline(t, taps):
    """The B-spline of degree 2 or 3 at distances t ≥ 0."""
    if taps == 3:
        return np.where(t < 0.5, 0.75 - t**2, np.maximum(1.5 - t, 0) ** 2 / 2)
    return np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.maximum(2 - t, 0) ** 3 / 6)


def _resized(image, width, height):
    """An image made smaller by means over areas, or larger."""
    return image.resize((max(1, width), max(1, height)), Image.Resampling.BOX)


def _luma(image):
    return luma(to_unit(np.asarray(image)))[..., 0]
