"""Measures of a colouring, each a number a picture, with their units, ranges and sources.

A measure is called with the originals, the colourings (both `Pictures`) and the training split's `AbPrior`.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from evaluation.pictures import AB_BIN, AB_BINS_A_SIDE

MOST_PSNR = 100.0
AUC_THRESHOLDS = 150
# SSIM's Gaussian window does not fit into less.
MIN_SCORED_SIDE = 11
PRIOR_SMOOTHING = 5  # deviation, CIELAB units


class AbPrior:
    """How often each square of the ab plane occurs in the training photographs, smoothed as in Zhang et al. 2016.

    Args:
        frequency: (529,), sums to 1.
    """

    def __init__(self, frequency):
        plane = frequency.reshape(AB_BINS_A_SIDE, AB_BINS_A_SIDE)
        smooth = gaussian_filter(plane, PRIOR_SMOOTHING / AB_BIN).ravel()
        # A colour that training never showed counts as much as the rarest that it showed.
        self.weight = 1 / np.maximum(smooth, smooth[frequency > 0].min())


def l1(a, b):
    """Sum of |a − b| over the values of each picture: (n, H, W, c), of which b may be one picture, to (n,)."""
    return np.abs(a - b).reshape(len(a), -1).sum(axis=1, dtype=np.float64)


def pixel_l1(original, generated, prior=None):
    """Sum of |original − generated| over the H×W×3 values (§4.2)."""
    return l1(original.rgb, generated.rgb)


def pixel_l1_as_published(original, generated, prior=None):
    """The sum as the paper's published code computes it: original in [0, 1] against generated in [−1, 1]."""
    return l1(original.rgb, 2 * generated.rgb - 1)


def psnr(original, generated, prior=None):
    """−10 log₁₀ of the mean squared error over the H×W×3 values, at most `MOST_PSNR`, which is perfect's."""
    error = _mean(np.square(original.rgb - generated.rgb))
    return -10 * np.log10(np.maximum(error, 10 ** (-MOST_PSNR / 10)))


def ssim(original, generated, prior=None):
    """Mean structural similarity of the three channels, by the Gaussian window of its authors."""
    settings = {"channel_axis": -1, "data_range": 1, "gaussian_weights": True, "sigma": 1.5}
    pairs = zip(original.rgb, generated.rgb, strict=True)
    return np.array([structural_similarity(a, b, use_sample_covariance=False, **settings) for a, b in pairs])


def ciede2000(original, generated, prior=None):
    """Mean CIEDE2000 colour difference of the pixels."""
    return _mean(deltaE_ciede2000(original.lab, generated.lab))


def ab_error(original, generated, prior=None):
    """Mean distance of the pixels in the ab plane."""
    return _mean(_ab_distance(original, generated))


def auc_ab(original, generated, prior=None):
    """Share of pixels whose ab error is at most t, averaged over t = 0, 1, …, 150."""
    return _mean(_share_of_thresholds(_ab_distance(original, generated)))


def auc_ab_rebalanced(original, generated, prior):
    """`auc_ab` with each pixel weighted by how rare its original's colour is in the training split.

    The mean over a set weighs each picture by its `rarity`, so that it is the share of all of the set's pixels.
    """
    weight = prior.weight[original.ab_bins]
    return _mean(weight * _share_of_thresholds(_ab_distance(original, generated))) / _mean(weight)


def rarity(original, prior):
    """How rare the colours of the originals are: the mean weight of their pixels, (n,)."""
    return _mean(prior.weight[original.ab_bins])


def ab_spread(original, generated, prior=None):
    """√(σ²_a + σ²_b) over the pixels: 0 for a picture of one tint, however strong."""
    a, b = np.moveaxis(generated.ab.reshape(len(generated), -1, 2).astype(np.float64), -1, 0)
    return np.sqrt(a.var(axis=-1) + b.var(axis=-1))


def colorfulness(original, generated, prior=None):
    """√(σ²_rg + σ²_yb) + 0.3 √(μ²_rg + μ²_yb) with rg = R − G and yb = (R + G)/2 − B, RGB in 0 to 255."""
    return _colorfulness(*_opponents(generated.rgb))


def colorfulness_absolute(original, generated, prior=None):
    """The common variant of `colorfulness` that takes |rg| and |yb|."""
    return _colorfulness(*map(np.abs, _opponents(generated.rgb)))


def colorfulness_gap(original, generated, prior=None):
    """How far a picture's colourfulness is from its original's, above or below."""
    return np.abs(colorfulness(original, generated) - colorfulness(original, original))


def _colorfulness(rg, yb):
    deviation = np.sqrt(rg.var(axis=-1) + yb.var(axis=-1))
    return deviation + 0.3 * np.hypot(rg.mean(axis=-1), yb.mean(axis=-1))


def _opponents(rgb):
    red, green, blue = np.moveaxis(rgb.reshape(len(rgb), -1, 3).astype(np.float64) * 255, -1, 0)
    return red - green, (red + green) / 2 - blue


def _ab_distance(original, generated):
    return np.linalg.norm(original.ab - generated.ab, axis=-1)


def _share_of_thresholds(error):
    """Share of the thresholds 0, 1, …, 150 that are at or above an error."""
    # A tolerance, so that float32's rounding of a true 0 does not lose the first threshold.
    passed = AUC_THRESHOLDS + 1 - np.ceil(error - 1e-3)
    return np.clip(passed, 0, AUC_THRESHOLDS + 1) / (AUC_THRESHOLDS + 1)


def _mean(values):
    return values.reshape(len(values), -1).mean(axis=1, dtype=np.float64)
