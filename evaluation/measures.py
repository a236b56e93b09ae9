"""The measures as a table: what each is, its unit and range, which way is better, and where it comes from."""

from dataclasses import dataclass

from evaluation.metrics import (
    MOST_PSNR,
    ab_error,
    ab_spread,
    auc_ab,
    auc_ab_rebalanced,
    ciede2000,
    colorfulness,
    colorfulness_absolute,
    colorfulness_gap,
    pixel_l1,
    pixel_l1_as_published,
    psnr,
    ssim,
)

BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "originals": "best where it is the originals'",
    "zero": "best at 0",
    "none": "ranks nothing",
}


@dataclass(frozen=True)
class Measure:
    """What a person must know to read a measure.

    `better` is a key of `BETTER`.
    """

    function: object
    unit: str
    range: str
    better: str
    meaning: str
    source: str


MEASURES = {
    "pixel_l1": Measure(
        pixel_l1,
        "sum over H x W x 3 values in [0, 1]",
        "0 to 3 H W",
        "lower",
        "the paper's measure, done right; it rewards dullness, so read it together with colorfulness",
        "paper, 4.2",
    ),
    "psnr": Measure(
        psnr, "dB", f"0 to {MOST_PSNR:.0f}, where it is cut off", "higher", "pixel error, squared", "common"
    ),
    "ssim": Measure(
        ssim,
        "none",
        "-1 to 1",
        "higher",
        "likeness of structure in each channel; high wherever the luma is copied",
        "Wang et al. 2004",
    ),
    "ciede2000": Measure(
        ciede2000,
        "just about one visible difference",
        "0 to about 120",
        "lower",
        "difference of colour as people see it",
        "Sharma et al. 2005",
    ),
    "ab_error": Measure(
        ab_error, "CIELAB units", "0 to about 260", "lower", "distance of chroma alone", "Zhang et al. 2016"
    ),
    "auc_ab": Measure(
        auc_ab,
        "share",
        "0 to 1",
        "higher",
        "share of pixels with an ab error up to t, mean over t = 0 ... 150",
        "Deshpande et al. 2015",
    ),
    "auc_ab_rebalanced": Measure(
        auc_ab_rebalanced,
        "share",
        "0 to 1",
        "higher",
        "the same with rare colours (in the training split) counting as much as common ones",
        "Zhang et al. 2016",
    ),
    "colorfulness": Measure(
        colorfulness,
        "none",
        "0 (gray) to about 300",
        "originals",
        "how much colour there is, right or wrong; signed opponents",
        "Hasler & Suesstrunk 2003",
    ),
    "colorfulness_absolute": Measure(
        colorfulness_absolute,
        "none",
        "0 (gray) to about 300",
        "originals",
        "the variant with absolute opponents",
        "common",
    ),
    "colorfulness_gap": Measure(
        colorfulness_gap,
        "none",
        "0 to about 300",
        "lower",
        "mean over pictures of |colorfulness - its original's|",
        "ours",
    ),
    "ab_spread": Measure(
        ab_spread,
        "CIELAB units",
        "0 to about 100",
        "originals",
        "how many colours there are: deviation of a and b within a picture, 0 for a single tint",
        "ours",
    ),
    "pixel_l1_as_published": Measure(
        pixel_l1_as_published,
        "sum over H x W x 3 values",
        "0 to 6 H W",
        "none",
        "the paper's own formula, [0, 1] against [-1, 1]: it prefers washed-out pictures to perfect ones and can rank "
        "nothing; it explains the published numbers only",
        "paper's code",
    ),
}

# What is not a number a picture; see `evaluation.scores`, `cycles`, `diversity` and `class_test`.
OTHER_MEASURES = {
    "ratio_to_gray": Measure(
        None,
        "multiple",
        "0 up",
        "lower",
        "pixel_l1 over that of leaving the pictures gray; below 1 beats doing nothing",
        "ours",
    ),
    "colorfulness_of_set": Measure(
        None, "none", "about -300 to 300", "zero", "difference of the two sets' mean colorfulness", "ours"
    ),
    "ab_histogram_distance": Measure(
        None,
        "none",
        "0 to 1",
        "lower",
        "Jensen-Shannon distance of the two sets' ab histograms: is the palette right, wherever it lies?",
        "Endres & Schindelin 2003",
    ),
    "brightness": Measure(
        None,
        "correlation; pixel_l1",
        "-1 to 1; 0 up",
        "none",
        "luma of x against that of G(x): over the pictures' means, below 0 where bright and dark pictures are "
        "exchanged; within a picture, below 0 where it is a negative; and the error that is left with the luma of x "
        "put back, as `colorize.py` does",
        "ours",
    ),
    "cycle": Measure(
        None, "as pixel_l1", "0 up", "lower", "what F(G(x)) and G(F(y)) lose of x and y (CycleGANs)", "Eq. 2"
    ),
    "hidden_color": Measure(
        None,
        "as pixel_l1",
        "0 up",
        "none",
        "--probes: G of luma(y), of F(y), and of F(y) with noise or as JPEG; where F(y) is far nearer than luma(y) and "
        "noise undoes it, F writes the colours into its gray",
        "Chu et al. 2017",
    ),
    "diversity": Measure(
        None,
        "mean absolute chroma; share; pixel_l1",
        "0 up",
        "higher",
        "of runs with several colourings a picture: how far they are apart, for how many pictures that is below 1/255, "
        "and the best of k against k random hues",
        "ours",
    ),
    "class_test": Measure(
        None,
        "share",
        "0 to 1",
        "originals",
        "--class-test: pictures whose class a small classifier of the training photographs names, beside its share on "
        "the originals and on gray",
        "after Zhang et al. 2016",
    ),
}


def measure(original, generated, prior):
    """All measures of some colourings.

    Args:
        original, generated: `Pictures`.
        prior: `AbPrior` of the training split.

    Returns:
        name to (n,).
    """
    return {name: entry.function(original, generated, prior) for name, entry in MEASURES.items()}
