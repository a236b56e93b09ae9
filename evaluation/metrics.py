"""Measures of a colouring, each a number an image. Images are float (n, H, W, 3) in [0, 1]."""

import numpy as np


def pixel_l1(original, generated):
    """Sum of |original − generated| over the H×W×3 values; 0 is perfect, lower is better (§4.2)."""
    return _sum(np.abs(original - generated))


def pixel_l1_as_published(original, generated):
    """The sum as the paper's published code computes it: original in [0, 1] against generated in [−1, 1].

    It prefers washed-out images to perfect ones and is kept only to explain the published numbers.
    """
    return _sum(np.abs(original - (2 * generated - 1)))


def colorfulness(images):
    """Colourfulness of Hasler & Süsstrunk 2003, signed opponents, RGB in 0 to 255; 0 for gray.

    √(σ²_rg + σ²_yb) + 0.3 √(μ²_rg + μ²_yb) with rg = R − G and yb = (R + G)/2 − B.
    """
    red, green, blue = np.moveaxis(np.asarray(images, np.float64) * 255, -1, 0)
    opponents = np.stack([red - green, (red + green) / 2 - blue]).reshape(2, len(images), -1)
    deviation = np.sqrt((opponents.std(axis=-1) ** 2).sum(axis=0))
    return deviation + 0.3 * np.sqrt((opponents.mean(axis=-1) ** 2).sum(axis=0))


def _sum(values):
    return values.reshape(len(values), -1).sum(axis=1, dtype=np.float64)


METRICS = {
    "pixel_l1": pixel_l1,
    "pixel_l1_as_published": pixel_l1_as_published,
    "colorfulness": lambda original, generated: colorfulness(generated),
}
