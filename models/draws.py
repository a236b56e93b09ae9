"""All that is random in a step beside its images, as named entries of its batch.

Each function takes the `data_loader.Batches` and the number of the step, and gives a dict of its own names, or an empty
one where the options do not ask for it. What is drawn depends on the run's seed and the step alone, so that a run can
go on from any step.
"""

import numpy as np

from data_loader.files import UserError

POOL = ("place", "store", "show_past")
GRAY_NOISE = ("gray_noise",)
PAIRS = ("original", "known")
Z = ("z",)


def z(noise, size, batches, step):
    """The z of each image, Gaussian (noise "normal", the text) or uniform in [0, 1) (the code): (n, size)."""
    rng = batches.rng("noise", step)
    draw = rng.standard_normal if noise == "normal" else rng.random
    return {"z": draw((batches.images_in(step), size), dtype="float32")}


def sampled_z(size, images, samples=None, seed=0, z=None):
    """The z (n · samples, size) of images that are coloured: drawn from N(0, I) by the seed, or a given one.

    A `UserError` where `z` is not (n, size) or, with samples, (n, samples, size).
    """
    shape = (images, size) if samples is None else (images, samples, size)
    if z is None:
        z = np.random.default_rng(seed).standard_normal(shape)
    if np.shape(z) != shape:
        raise UserError(f"z has the shape {np.shape(z)}: give {shape}.")
    return np.asarray(z, "float32").reshape(-1, size)


def gray_noise(deviation, image_size, batches, step):
    """Gaussian noise that a step adds to F(y), (n, S, S, 1).

    Without it F writes the colours of y into F(y) as faint dots, and G learns to read dots ("CycleGAN, a Master of
    Steganography", Chu, Zhmoginov & Sandler 2017). Noise drowns what is faint, so that G has to colour what a gray
    photograph shows. Its `deviation` is in units of the networks' range [-1, 1]; 0 for none.
    """
    if not deviation:
        return {}
    shape = (batches.images_in(step), image_size, image_size, 1)
    return {"gray_noise": deviation * batches.rng("hidden", step).standard_normal(shape, dtype="float32")}


def pool_moves(size, batches, step):
    """What a pool does with a step's fakes: it stores all until it is full, then swaps each with probability ½.

    For each fake, int32 (n, 1): its `place` in the pool; 0 or 1, whether to `store` it there; 0 or 1, whether to
    `show_past`, what was there before. Empty for size 0; a `UserError` where a batch is larger than the pool.
    """
    if not size:
        return {}
    if batches.batch_size > size:
        raise UserError(f"--pool-size {size} does not hold a batch of {batches.batch_size}: use a larger pool, or 0.")
    seen, count = batches.images_before(step), batches.images_in(step)
    rng, filling = batches.rng("pool", step), seen < size
    places = (seen + np.arange(count)) % size if filling else rng.permutation(size)[:count]
    swaps = (rng.random(count) < 0.5) & (not filling)
    moves = {"place": places, "store": swaps | filling, "show_past": swaps}
    return {name: values.astype("int32")[:, None] for name, values in moves.items()}


def pairs(options, batches, step):
    """Semi-supervised training (§5): the originals of a step's gray images, and which of them may be looked at.

    `original` is (n, S, S, 3) in [-1, 1] and `known` (n, 1), 0 or 1; empty without a paired weight. Data without pairs
    is a `UserError`, and so is a share of less than one image.
    """
    if not options.paired_weight:
        return {}
    if batches.gray_split.flowers.gray_photographs():
        problem = f"{batches.gray_split.flowers.name} has gray photographs of its own, in trainA, and no pairs"
        raise UserError(f"{problem} for --paired-weight: leave it at 0.")
    if batches.gray_split is not batches.color_split:
        raise UserError("--pairing disjoint leaves no pairs for --paired-weight: use --pairing shuffled.")
    known = batches.known_pairs(options.paired_fraction)
    if not known.any():
        share = f"--paired-fraction {options.paired_fraction} of {len(known)} images"
        raise UserError(f"{share} is none: use a larger share.")
    which = batches.gray_positions(step)
    return {"original": batches.originals(step), "known": known[which].astype("float32")[:, None]}


def list_pairs(options, batches):
    """The ids of the known pairs, a line each."""
    known = batches.known_pairs(options.paired_fraction)
    return "".join(f"{name}\n" for name, is_known in zip(batches.gray_split.ids, known, strict=True) if is_known)
