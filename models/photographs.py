"""Colour photographs of any size and shape: chroma that a network sees for a small copy, over the photograph's luma.

Nothing here needs Keras: what runs the network is a subclass's business.
"""

import numpy as np
from PIL import Image

from data_loader.files import UserError
from data_loader.images import chroma_of, in_gamut, luma, to_unit, to_whole
from data_loader.photograph import Photograph
from data_loader.photographs import read_photograph
from models.joint_upsampling import Enlargement, in_threads
from models.option_tables import require_at_least
from models.options import STRIDE

MOST_STRENGTH = 2.0
MOST_SIZE = 2048
# The least that the shorter side has of what a square's would have. In a panorama of eight photographs abreast, of the
# validation split of Oxford-17, an earlier `flowers`, seeing 192, erred 0.67 times as much as gray so, and 0.89 times
# with a third of it.
LEAST_SHORTER = 5 / 6
MOST_LONGER = 16  # times `size`
BIT_DEPTHS = (8, 16)


def require_size(size):
    """Raise a `UserError` where a network that sees any shape is to see too few or too many pixels a side."""
    if not STRIDE <= size <= MOST_SIZE:
        raise UserError(f"--size {size} is beyond {STRIDE} to {MOST_SIZE}: use a number between, such as 128.")


def require_strength(strength):
    """Raise a `UserError` where a strength of colours is beyond its range."""
    if not 0 <= strength <= MOST_STRENGTH:
        raise UserError(f"--strength {strength:g} is beyond 0 to {MOST_STRENGTH:g}: use a number between, such as 1.")


class PhotoColorizer:
    """Colours photographs by a network that was trained for images of side `size`.

    `keeps_shape` says whether it sees a photograph in its own shape, as networks with a pretrained encoder do; the
    others were trained on whole photographs squeezed into squares, and see them so. `has_samples`: has it several
    colourings for one?
    """

    def __init__(self, size, keeps_shape, has_samples):
        self.size, self.keeps_shape, self.has_samples = size, keeps_shape, has_samples

    def chroma(self, gray, samples=None, seed=0):
        """Cb and Cr that the network sees for a gray image (h, w, 1) in [0, 1]: float32 (samples or 1, h', w', 2)."""
        raise NotImplementedError

    def colorize(self, photograph, size=None, strength=1.0, samples=None, seed=0, bit_depth=8):
        """Colour a photograph; of its own colours nothing but their luma is looked at.

        Args:
            photograph: path, Pillow image or array of any depth, as in `data_loader.photographs.read_photograph`, with
                what is transparent laid over white; or a `Photograph` as it is.
            size: the network sees about size² pixels, of a panorama more; None for as many as it was trained on.
            strength: of the colours, from 0 for gray to 2.
            samples: number of colourings, where the network has several; None for one.
            seed: of the noise.
            bit_depth: of the result, 8 or 16; in 16, luma is as fine as it was read.

        Returns:
            uint8 or uint16 (H, W, 3), upright; with `samples` a list of them.

        Raises:
            UserError: an argument is beyond its range, or asks for what the network has not.
            UnusableImage: the photograph is none.
        """
        require_strength(strength)
        if samples is not None:
            require_at_least("--samples", samples, 1)
            if not self.has_samples:
                raise UserError("this colorizer has one colouring for a photograph: leave --samples out.")
        if bit_depth not in BIT_DEPTHS:
            raise UserError(f"--bit-depth {bit_depth} cannot be: use one of {', '.join(map(str, BIT_DEPTHS))}.")
        if not isinstance(photograph, Photograph):
            photograph = read_photograph(photograph).over_white()
        image = photograph.image
        # What transparency hides, the network does not see.
        seen = self.small(photograph.image_over_white(), size)
        colorings = self.chroma_both_ways(luma(to_unit(np.asarray(seen))), samples, seed)
        if not np.isfinite(colorings).all():
            raise UserError("the network puts out values that are not finite: train it again, or use an older one.")
        enlargement = Enlargement(np.concatenate(strength * colorings, axis=-1), image)
        colored = np.empty((len(colorings), image.height, image.width, 3), to_whole(0, bit_depth).dtype)

        def color(rows):
            gray = photograph.gray(bit_depth, rows)
            planes = enlargement.rows(rows, gray[..., 0])
            for number, own in enumerate(np.split(planes, len(colorings), axis=-1)):
                colored[number, rows.start : rows.stop] = to_whole(in_gamut(gray, chroma_of(own)), bit_depth)

        in_threads(color, enlargement.strips())
        return colored[0] if samples is None else list(colored)

    def chroma_both_ways(self, gray, samples=None, seed=0):
        """As `chroma`; where any shape is seen, and without noise, the mean with that of a mirror's image."""
        if self.has_samples or not self.keeps_shape:
            return self.chroma(gray, samples, seed)
        return (self.chroma(gray) + self.chroma(gray[:, ::-1])[:, :, ::-1]) / 2

    def small(self, image, size=None):
        """The copy of an RGB Pillow image that the network sees; `size` as in `colorize`."""
        size = self.size if size is None else size
        if not self.keeps_shape:
            if size != self.size:
                told = f"this colorizer sees {self.size}x{self.size} pixels and nothing else"
                raise UserError(f"--size {size} cannot be: {told}; leave it out.")
            return image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        require_size(size)
        area = image.width * image.height
        # Of a panorama more, as far as the photograph has more.
        more = min(LEAST_SHORTER * size / min(image.size), MOST_SIZE / area**0.5, 1)
        scale = max(size / area**0.5, more)
        sides = (max(1, round(min(side * scale, MOST_LONGER * size) / STRIDE)) * STRIDE for side in image.size)
        return image.resize(tuple(sides), Image.Resampling.BILINEAR)
