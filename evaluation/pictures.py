"""A batch of pictures with what several measures need of them, computed once."""

from functools import cached_property

import numpy as np
from skimage.color import rgb2lab

# CIELAB's a and b in squares of this side, centred on its multiples, so that rounding does not move neutral gray
# from one to another; RGB stays within the squares.
AB_BIN = 10
AB_BINS_A_SIDE = 23


class Pictures:
    """Pictures of one size.

    Args:
        rgb: (n, H, W, 3) in [0, 1].
    """

    def __init__(self, rgb):
        self.rgb = np.asarray(rgb, np.float32)

    def __len__(self):
        return len(self.rgb)

    @cached_property
    def lab(self):
        """CIELAB (D65), (n, H, W, 3): L in 0 to 100, a and b about ±100."""
        return rgb2lab(self.rgb)

    @property
    def ab(self):
        """Chroma in CIELAB, (n, H, W, 2)."""
        return self.lab[..., 1:]

    @cached_property
    def ab_bins(self):
        """The square of the ab plane that each pixel lies in, (n, H, W), 0 to 528."""
        middle = AB_BINS_A_SIDE // 2
        squares = np.clip(np.rint(self.ab / AB_BIN) + middle, 0, AB_BINS_A_SIDE - 1).astype(np.int16)
        return squares[..., 0] * AB_BINS_A_SIDE + squares[..., 1]

    @cached_property
    def ab_histogram(self):
        """Share of each picture's pixels in each square of the ab plane, (n, 529)."""
        count = AB_BINS_A_SIDE**2
        offset = np.arange(len(self))[:, None] * count
        bins = self.ab_bins.reshape(len(self), -1)
        found = np.bincount((bins + offset).ravel(), minlength=len(self) * count).reshape(len(self), count)
        return found / bins.shape[1]
