"""A picture that was read, with what belongs to it."""

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from data_loader.images import luma, to_unit, to_whole
from data_loader.sample_scales import STRIP


@dataclass(frozen=True)
class Photograph:
    """A decoded file: `image`, RGB (Pillow), upright and in sRGB; `alpha`, its opacity (mode L), or None.

    `fine` is the luma of what has more than 8 bits, uint16 (H, W), or None where no more than 8 could be read.
    `metadata` is what `Image.save` takes to write the rest along: EXIF with orientation 1, resolution, and a colour
    profile where that is sRGB. `pages` are those of the file, of which this is the first. Of a file that `is_damaged`
    not all could be read.
    """

    image: Image.Image
    alpha: Image.Image | None = None
    metadata: dict = field(default_factory=dict)
    pages: int = 1
    fine: np.ndarray | None = None
    is_damaged: bool = False

    def gray(self, bit_depth, rows):
        """The luma of a range of rows, float32 (h, W, 1) in [0, 1], as fine as an output of this depth shows."""
        if bit_depth > 8 and self.fine is not None:
            return to_unit(self.fine[rows.start : rows.stop])[..., None]
        return luma(to_unit(np.asarray(self.image.crop((0, rows.start, self.image.width, rows.stop)))))

    def levels(self, bit_depth=8):
        """All of `gray` in whole numbers, uint8 or uint16 (H, W, 1)."""
        rows = range(self.image.height)
        strips = (rows[top : top + STRIP] for top in rows[::STRIP])
        return np.concatenate([to_whole(self.gray(bit_depth, strip), bit_depth) for strip in strips])

    def remarks(self):
        """What is odd about the file and its owner may want to know, in words that go on from its name."""
        told = {
            f"has {self.pages} pages or frames: the first is coloured": self.pages > 1,
            "has two shades alone, and stays almost as it is: scan it in gray": len(self.image.getcolors(2) or ()) == 2,
            "is damaged, and some of it may be missing or wrong": self.is_damaged,
        }
        return [remark for remark, is_so in told.items() if is_so]

    def over_white(self):
        """Itself without transparency."""
        if not self.alpha:
            return self
        fine = None if self.fine is None else np.empty_like(self.fine)
        for top in range(0, 0 if fine is None else len(fine), STRIP):
            rows = slice(top, top + STRIP)
            share = np.asarray(self.alpha.crop((0, top, self.alpha.width, min(top + STRIP, len(fine)))), np.uint32)
            fine[rows] = (self.fine[rows] * share + 65535 * (255 - share) + 127) // 255
        return replace(self, image=self.image_over_white(), alpha=None, fine=fine)

    def image_over_white(self):
        """The image, RGB, without transparency."""
        if not self.alpha:
            return self.image
        white = Image.new("RGB", self.image.size, "white")
        white.paste(self.image, mask=self.alpha)
        return white
