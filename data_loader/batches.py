"""Seeded batches: batch k depends only on the seed and k, so a run can go on from any step."""

import numpy as np
from PIL import Image

from data_loader.files import UserError
from data_loader.images import luma, to_network, to_uint8

# What is drawn apart from the other purposes, so that one more draw of one kind leaves the others as they were.
PURPOSES = ("order", "flip", "noise", "pool", "pairs", "hidden", "view")


class Batches:
    """Batches of a training split, numbered through all epochs.

    Unpaired batches show the two domains in independent orders, each image of either flipped left to
    right with probability ½ by its own coin. Paired batches show each photograph with its own luma, under
    one coin. An epoch shows every image once; its last batch may be short.

    Args:
        split: the training `Split`.
        batch_size: images a batch.
        seed: whole number.
        paired: gray and colour of the same photographs. Where a set has gray photographs of its own, they are the gray
            images, and there are no pairs.
        pairing: "shuffled" draws both domains from all photographs, as the paper did; "disjoint" gives
            the gray images from one half and the colour images from the other, and goes with unpaired batches only.
        zoom: images are random squares cut from the photographs, with sides of at least 1 − zoom of theirs.
        exposure: images in [0, 1] are raised to a random power of 1 / (1 + exposure) to 1 + exposure.
    """

    def __init__(self, split, batch_size=1, seed=0, paired=False, pairing="shuffled", zoom=0.0, exposure=0.0):
        self.gray_split, self.color_split = split.flowers.gray_photographs() or split, split
        if self.gray_split is not split and (paired or pairing == "disjoint"):
            problem = f"{split.flowers.name} has gray photographs of its own, in trainA, and no pairs"
            raise UserError(f"{problem}: use a CycleGAN with --pairing shuffled.")
        if pairing == "disjoint":
            if paired:
                raise UserError("--pairing disjoint leaves no pairs to learn from: use --pairing shuffled.")
            self.gray_split, self.color_split = split.halves(seed)
        self.batch_size, self.seed, self.paired = batch_size, seed, paired
        self.zoom, self.exposure = zoom, exposure

    @property
    def images_per_epoch(self):
        """Images of each domain an epoch."""
        return min(len(self.gray_split), len(self.color_split))

    @property
    def steps_per_epoch(self):
        """Batches an epoch, a short last one counted."""
        return -(-self.images_per_epoch // self.batch_size)

    def images_before(self, step):
        """Images of each domain that the steps before `step` show."""
        epoch, position = divmod(step, self.steps_per_epoch)
        return epoch * self.images_per_epoch + position * self.batch_size

    def images_in(self, step):
        """Images of each domain in batch number `step`; an epoch's last may have fewer than the others."""
        return self.images_before(step + 1) - self.images_before(step)

    def batch(self, step):
        """Gray and colour images of batch number `step`, float32 (n, S, S, 1) and (n, S, S, 3) in [-1, 1]."""
        color = self._images(step, 1)
        return luma(color if self.paired else self.originals(step)), color

    def originals(self, step):
        """The colour originals of the gray images of batch number `step`, (n, S, S, 3) in [-1, 1]."""
        return self._images(step, 0)

    def known_pairs(self, fraction):
        """Which gray images have an original that may be looked at: a share drawn by the seed, (len(gray_split),)."""
        known = np.zeros(len(self.gray_split), bool)
        drawn = self.rng("pairs").permutation(len(known))
        known[drawn[: round(fraction * len(known))]] = True
        return known

    def gray_positions(self, step):
        """Positions in `gray_split` of the gray images of batch number `step`, (n,)."""
        return self._which(step)[0]

    def rng(self, purpose, number=0):
        """The random numbers of a purpose for an epoch or a step, apart from the other purposes' ones."""
        return np.random.default_rng((self.seed, PURPOSES.index(purpose), number))

    def _which(self, step):
        """Positions of the gray and of the colour images of a step in their splits."""
        epoch, position = divmod(step, self.steps_per_epoch)
        rng = self.rng("order", epoch)
        # Every order is cut to the shorter one.
        orders = [rng.permutation(len(split))[: self.images_per_epoch] for split in (self.gray_split, self.color_split)]
        return [order[position * self.batch_size : (position + 1) * self.batch_size] for order in orders]

    def _images(self, step, domain):
        """Colour images of a step, of the gray domain (0) or the colour domain (1), flipped by its own coins."""
        images = (self.gray_split, self.color_split)[domain].color(self._which(step)[domain])
        if self.zoom or self.exposure:
            views = self.rng("view", step).random((2, self.batch_size, 4))[domain, : len(images)]
            images = np.stack([self._view(image, *view) for image, view in zip(images, views, strict=True)])
        coins = self.rng("flip", step).random((2, self.batch_size))[domain, : len(images), None, None, None]
        return to_network(np.where(coins < 0.5, images[:, :, ::-1], images))

    def _view(self, image, side, left, top, power):
        """A square of an image, uint8 (S, S, 3), at its size and in another light; the others are chances in [0, 1)."""
        if self.exposure:
            exponent = (1 + self.exposure) ** (2 * power - 1)
            image = to_uint8(np.linspace(0, 1, 256) ** exponent)[image]
        if not self.zoom:
            return image
        size = len(image)
        side = size * (1 - self.zoom * side)
        left, top = (size - side) * left, (size - side) * top
        box = (left, top, left + side, top + side)
        return np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR, box))
