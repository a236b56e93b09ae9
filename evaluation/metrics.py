"""Measures of a colouring: to add one, write one function, `@described(...)`.

A measure is called with the originals, the colourings (both `Pictures`) and the training split's `ab_prior`, and
returns a number a picture. Its docstring and description are what `evaluate.py --help` and the documentation show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
import skimage

from data_loader import images

# CIELAB's a and b in squares of this side, centred on its multiples, so that rounding does not move neutral gray
# from one to another; RGB stays within the squares.
AB_BIN = 10
AB_BINS_A_SIDE = 23
PRIOR_SMOOTHING = 5  # deviation, CIELAB units
MOST_PSNR = 100.0
AUC_THRESHOLDS = 150
# SSIM's Gaussian window does not fit into less.
MIN_SCORED_SIDE = 11

BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "originals": "best where it is the originals'",
    "zero": "best at 0",
    "none": "ranks nothing",
}


class Pictures:
    """Pictures of one size, (n, H, W, 3) in [0, 1]."""

    def __init__(self, rgb):
        self.rgb = np.asarray(rgb, np.float32)

    @cached_property
    def lab(self):
        """CIELAB (D65), (n, H, W, 3): L in 0 to 100, a and b about ±100."""
        return skimage.color.rgb2lab(self.rgb)

    @cached_property
    def ab_bins(self):
        """The square of the ab plane that each pixel lies in, (n, H, W), 0 to 528."""
        middle = AB_BINS_A_SIDE // 2
        squares = np.clip(np.rint(self.lab[..., 1:] / AB_BIN) + middle, 0, AB_BINS_A_SIDE - 1).astype(np.int16)
        return squares[..., 0] * AB_BINS_A_SIDE + squares[..., 1]

    @property
    def ab_histogram(self):
        """Share of each picture's pixels in each square of the ab plane, (n, 529)."""
        bins = self.ab_bins.reshape(len(self.rgb), -1)
        return np.array([np.bincount(own, minlength=AB_BINS_A_SIDE**2) for own in bins]) / bins.shape[1]


def rarity_of_colors(frequency):
    """How much a pixel of each square of the ab plane counts: 1 / its frequency, smoothed as in Zhang et al. 2016.

    Args:
        frequency: (529,), of the squares in the training photographs; sums to 1.
    """
    plane = frequency.reshape(AB_BINS_A_SIDE, AB_BINS_A_SIDE)
    smooth = scipy.ndimage.gaussian_filter(plane, PRIOR_SMOOTHING / AB_BIN).ravel()
    # A colour that training never showed counts as much as the rarest that it showed.
    return 1 / np.maximum(smooth, smooth[frequency > 0].min())


@dataclass(frozen=True)
class Measure:
    """What a person must know to read a measure; `better` is a key of `BETTER`."""

    unit: str
    range: str
    better: str
    source: str
    meaning: str
    function: Callable | None = None


MEASURES = {}


def described(unit, range, better, source):
    """Enter a function into `MEASURES` under its own name; its docstring is the meaning."""

    def entered(function):
        meaning = " ".join((function.__doc__ or "").split()).removesuffix(".")
        meaning = meaning[:1].lower() + meaning[1:]
        MEASURES[function.__name__] = Measure(unit, range, better, source, meaning, function)
        return function

    return entered


def measure(original, generated, prior):
    """Name of each measure to its values for some colourings, (n,)."""
    return {name: entry.function(original, generated, prior) for name, entry in MEASURES.items()}


@described("sum over H x W x 3 values in [0, 1]", "0 to 3 H W", "lower", "paper, 4.2")
def pixel_l1(original, generated, prior=None):
    """The paper's measure, done right; it rewards dullness, so read it together with colorfulness."""
    return l1(original.rgb, generated.rgb)


@described("dB", f"0 to {MOST_PSNR:.0f}, where it is cut off", "higher", "common")
def psnr(original, generated, prior=None):
    """Pixel error, squared."""
    error = _mean(np.square(original.rgb - generated.rgb))
    return -10 * np.log10(np.maximum(error, 10 ** (-MOST_PSNR / 10)))


@described("none", "-1 to 1", "higher", "Wang et al. 2004")
def ssim(original, generated, prior=None):
    """Likeness of structure in each channel; high wherever the luma is copied."""
    # The Gaussian window of its authors.
    settings = {"channel_axis": -1, "data_range": 1}
    settings |= {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    pairs = zip(original.rgb, generated.rgb, strict=True)
    return np.array([skimage.metrics.structural_similarity(a, b, **settings) for a, b in pairs])


@described("just about one visible difference", "0 to about 120", "lower", "Sharma et al. 2005")
def ciede2000(original, generated, prior=None):
    """Difference of colour as people see it."""
    return _mean(skimage.color.deltaE_ciede2000(original.lab, generated.lab))


@described("CIELAB units", "0 to about 260", "lower", "Zhang et al. 2016")
def ab_error(original, generated, prior=None):
    """Distance of chroma alone."""
    return _mean(_ab_distance(original, generated))


@described("share", "0 to 1", "higher", "Deshpande et al. 2015")
def auc_ab(original, generated, prior=None):
    """Share of pixels with an ab error up to t, mean over t = 0 ... 150."""
    return _mean(_share_of_thresholds(_ab_distance(original, generated)))


@described("share", "0 to 1", "higher", "Zhang et al. 2016")
def auc_ab_rebalanced(original, generated, prior):
    """The same with rare colours (in the training split) counting as much as common ones."""
    # The mean over a set weighs each picture by its `rarity`, so that it is the share of all of the set's pixels.
    weight = prior[original.ab_bins]
    return _mean(weight * _share_of_thresholds(_ab_distance(original, generated))) / _mean(weight)


@described("none", "0 (gray) to about 300", "originals", "Hasler & Suesstrunk 2003")
def colorfulness(original, generated, prior=None):
    """How much colour there is, right or wrong; signed opponents."""
    return images.colorfulness(generated.rgb)


@described("none", "0 (gray) to about 300", "originals", "common")
def colorfulness_absolute(original, generated, prior=None):
    """The variant with absolute opponents."""
    return images.colorfulness(generated.rgb, absolute=True)


@described("none", "0 to about 300", "lower", "ours")
def colorfulness_gap(original, generated, prior=None):
    """Mean over pictures of |colorfulness - its original's|."""
    return np.abs(images.colorfulness(generated.rgb) - images.colorfulness(original.rgb))


@described("CIELAB units", "0 to about 100", "originals", "ours")
def ab_spread(original, generated, prior=None):
    """How many colours there are: deviation of a and b within a picture, 0 for a single tint."""
    ab = generated.lab[..., 1:].reshape(len(generated.rgb), -1, 2).astype(np.float64)
    a, b = np.moveaxis(ab, -1, 0)
    return np.sqrt(a.var(axis=-1) + b.var(axis=-1))


@described("sum over H x W x 3 values", "0 to 6 H W", "none", "paper's code")
def pixel_l1_as_published(original, generated, prior=None):
    """The paper's own formula, [0, 1] against [-1, 1]: it prefers washed-out pictures to perfect ones and can
    rank nothing; it explains the published numbers only.
    """
    return l1(original.rgb, 2 * generated.rgb - 1)


def rarity(original, prior):
    """How rare the colours of the originals are: the mean weight of their pixels, (n,)."""
    return _mean(prior[original.ab_bins])


def l1(a, b):
    """Sum of |a − b| over the values of each picture: (n, H, W, c), of which b may be one picture, to (n,)."""
    return np.abs(a - b).reshape(len(a), -1).sum(axis=1, dtype=np.float64)


def _ab_distance(original, generated):
    return np.linalg.norm(original.lab[..., 1:] - generated.lab[..., 1:], axis=-1)


def _share_of_thresholds(error):
    """Share of the thresholds 0, 1, …, 150 that are at or above an error."""
    # A tolerance, so that float32's rounding of a true 0 does not lose the first threshold.
    passed = AUC_THRESHOLDS + 1 - np.ceil(error - 1e-3)
    return np.clip(passed, 0, AUC_THRESHOLDS + 1) / (AUC_THRESHOLDS + 1)


def _mean(values):
    return values.reshape(len(values), -1).mean(axis=1, dtype=np.float64)


# What is not a number a picture: of a set (`evaluation.scores`), or of a run (`evaluation.probes`, `.classifier`).
OTHER_MEASURES = {
    "ratio_to_gray": Measure(
        "multiple",
        "0 up",
        "lower",
        "ours",
        "pixel_l1 over that of leaving the pictures gray; below 1 beats doing nothing",
    ),
    "colorfulness_of_set": Measure(
        "none", "about -300 to 300", "zero", "ours", "difference of the two sets' mean colorfulness"
    ),
    "ab_histogram_distance": Measure(
        "none",
        "0 to 1",
        "lower",
        "Endres & Schindelin 2003",
        "Jensen-Shannon distance of the two sets' ab histograms: is the palette right, wherever it lies?",
    ),
    "brightness": Measure(
        "correlation; pixel_l1",
        "-1 to 1; 0 up",
        "none",
        "ours",
        "luma of x against that of G(x): over the pictures' means, below 0 where bright and dark pictures are "
        "exchanged; within a picture, below 0 where it is a negative; and the error that is left with the luma of x "
        "put back, as `colorize.py` does",
    ),
    "cycle": Measure("as pixel_l1", "0 up", "lower", "Eq. 2", "what F(G(x)) and G(F(y)) lose of x and y (CycleGANs)"),
    "hidden_color": Measure(
        "as pixel_l1",
        "0 up",
        "none",
        "Chu et al. 2017",
        "--probes: G of luma(y), of F(y), and of F(y) with noise or as JPEG; where F(y) is far nearer than "
        "luma(y) and noise undoes it, F writes the colours into its gray",
    ),
    "diversity": Measure(
        "mean absolute chroma; share; pixel_l1",
        "0 up",
        "none",
        "ours",
        "of colorizers with several colourings a picture: how far they are apart, for how many pictures that is below "
        "1/255, and the errors of one, of the best of k, and of the best of one and k − 1 random turns of its hue",
    ),
    "petals": Measure(
        "share",
        "0 to 1",
        "none",
        "ours",
        "of runs with several colourings a picture, on synthetic flowers: the share of its species' petal colours that "
        "they find, and how often each comes beside how often the law has it (`law_distance`, best at 0)",
    ),
    "class_test": Measure(
        "share",
        "0 to 1",
        "originals",
        "after Zhang et al. 2016",
        "--class-test: pictures whose class a small classifier of the training photographs names, beside its "
        "share on the originals and on gray",
    ),
}
