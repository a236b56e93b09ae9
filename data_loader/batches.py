"""Seeded batches: batch k depends only on the seed and k, so a run can go on from any step."""

import numpy as np

from data_loader.images import luma, to_network


class Batches:
    """Batches of a training split, numbered through all epochs.

    Unpaired batches show the two domains in independent orders, each image of either flipped left to
    right with probability ½ by its own coin. Paired batches show each photograph with its own luma, under
    one coin. An epoch shows every image once; its last batch may be short.

    Args:
        split: the training `Split`.
        batch_size: images a batch.
        seed: whole number.
        paired: gray and colour of the same photographs.
        pairing: "shuffled" draws both domains from all photographs, as the paper did; "disjoint" gives
            the gray images from one half and the colour images from the other.
    """

    def __init__(self, split, batch_size=1, seed=0, paired=False, pairing="shuffled"):
        self.gray_split = self.color_split = split
        if pairing == "disjoint" and not paired:
            self.gray_split, self.color_split = split.halves(seed)
        self.batch_size, self.seed, self.paired = batch_size, seed, paired

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

    def batch(self, step):
        """Batch number `step` of the run.

        Returns:
            (gray, color): float32 (n, S, S, 1) and (n, S, S, 3) in [-1, 1].
        """
        epoch, position = divmod(step, self.steps_per_epoch)
        which = slice(position * self.batch_size, (position + 1) * self.batch_size)
        gray_which, color_which = (order[which] for order in self._orders(epoch))
        flip_gray, flip_color = np.random.default_rng((self.seed, 1, step)).random((2, self.batch_size)) < 0.5
        color = self._flipped(self.color_split, color_which, flip_color)
        if self.paired:
            return luma(color), color
        return luma(self._flipped(self.gray_split, gray_which, flip_gray)), color

    def _orders(self, epoch):
        """The order of the gray and of the colour images in an epoch, cut to the shorter one."""
        rng = np.random.default_rng((self.seed, 0, epoch))
        splits = (self.gray_split, self.color_split)
        return [rng.permutation(len(split))[: self.images_per_epoch] for split in splits]

    @staticmethod
    def _flipped(split, which, flips):
        images = split.color(which)
        flips = flips[: len(images), None, None, None]
        return to_network(np.where(flips, images[:, :, ::-1], images))
