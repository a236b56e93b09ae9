"""Whether several colourings of a synthetic flower find the petal colours of its species, as often as the law has them.

The truth is known there: which colours a species has, with which probabilities, and which pixels are petals.
"""

import numpy as np

from data_loader.images import luma, to_unit
from data_loader.synthetic_flowers import CHROMA, SPECIES, imagined_flowers, kinds_of
from evaluation.baselines import CHUNK, measured
from evaluation.statistics import mean_with_interval

# The last stands for petals that are nearer to gray than to any colour.
COLORS = (*CHROMA, "gray")


def petal_colors(colorize, split, samples, progress=iter):
    """How the petals of several colourings a picture are coloured. A colouring's is the nearest of `COLORS` to its mean
    chroma (RGB − luma) over the petals.

    Args:
        colorize: function of gray (n, S, S, 1) in [0, 1], a number of samples and a seed, to uint8
            (n, samples, S, S, 3).
        split: of the synthetic set.
        samples: colourings a picture.

    Returns:
        dict of `found`, the share of its species' colours that a picture's samples find, where the species has several;
        `single_right`, the share of samples with the only colour, where it has one; both with intervals over pictures
        and None where there is no such picture; `law_distance`, for species with several colours the mean of half the
        sum of |share of samples − probability| over colours; and for each of these species `species_color`, the share
        of samples. One that draws from the law itself finds all in most pictures, and has a distance of about 0.05 for
        8 pictures a species and 10 samples, by chance alone. Pale petals of the right hue may count as gray.
    """

    def of_pictures(which, color):
        colorings = to_unit(colorize(luma(color), samples, (0, which.start)))
        numbers = split.positions[list(which)]
        return {"counts": np.stack([_counts(*pair) for pair in zip(numbers, colorings, strict=True)])}

    counts = measured(of_pictures, split, progress, size=max(1, CHUNK // samples))["counts"]
    kinds, found, right, distances, shares = kinds_of(split.positions), [], [], [], {}
    for kind, (name, species) in enumerate(SPECIES.items()):
        own = counts[kinds == kind]
        law = np.array([species.colors.get(color, 0) for color in COLORS])
        if not len(own):
            continue
        if len(species.colors) == 1:
            right += list(own[:, law > 0].sum(axis=1) / samples)
            continue
        found += list((own[:, law > 0] > 0).mean(axis=1))
        drawn = own.mean(axis=0) / samples
        distances.append(np.abs(drawn - law).sum() / 2)
        shares |= {f"{name}_{color}": float(drawn[COLORS.index(color)]) for color in species.colors}
    return {
        "found": mean_with_interval(found) if found else None,
        "single_right": mean_with_interval(right) if right else None,
        "law_distance": float(np.mean(distances)) if distances else None,
    } | shares


def _counts(number, colorings):
    """How many of a picture's colourings (k, S, S, 3) in [0, 1] have petals of each of `COLORS`, (9,)."""
    imagined, petals = imagined_flowers(int(number), colorings.shape[1])
    known = np.concatenate([_mean_chroma(to_unit(imagined), petals), np.zeros((1, 3))])
    distances = np.linalg.norm(_mean_chroma(colorings, petals)[:, None] - known, axis=-1)
    return np.bincount(distances.argmin(axis=1), minlength=len(COLORS))


def _mean_chroma(images, petals):
    """Mean of RGB − luma over the pixels of images (k, S, S, 3), weighted by their share of petals: (k, 3)."""
    return np.einsum("khwc,hw->kc", images - luma(images), petals) / petals.sum()
