"""The paper's claims as data: what each needs, measures, and by which rule it is decided."""

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.baselines import PERFECT
from evaluation.comparison import PAPERS_MARGIN
from evaluation.verdicts import Above, AtMost, Within, monochrome_excess, relative_difference, smaller_share_of_wins

# Name to (script, what it adds to its preset).
RUNS = {
    "cyclegan": ("cyclegan", {}),
    "cyclegan-l2": ("cyclegan", {"cycle-loss": "l2"}),
    "capsule-mse": ("capsule_cyclegan", {"capsule-loss": "mse"}),
    "capsule-bce": ("capsule_cyclegan", {"capsule-loss": "bce"}),
    "stochastic": ("stochastic_cyclegan", {}),
    "pix2pix": ("pix2pix", {}),
    "patch-capsule": ("cyclegan", {"discriminator": "patch-capsule"}),
    "semi-supervised": ("cyclegan", {"paired-weight": 10.0, "paired-fraction": 0.1}),
}


@dataclass(frozen=True)
class Evidence:
    """What runs gave: run name to the `Scores` and the run reports of its seeds, and the trivial rows' `Scores`."""

    scores: dict
    reports: dict
    trivial: dict


@dataclass(frozen=True)
class Part:
    """A number that decides a claim, or a part of it: `value` makes it of the `Evidence`, `rule` judges it."""

    measure: str
    value: Callable
    rule: object


@dataclass(frozen=True)
class Claim:
    """A claim of the paper."""

    id: str
    section: str
    text: str
    runs: tuple
    parts: tuple


def _difference(of, than):
    return lambda evidence: relative_difference(evidence.scores[of], evidence.scores[than])


CLAIMS = (
    Claim(
        "C1",
        "4.1",
        "An L2 cycle loss often gives monochrome colours, the L1 loss does not.",
        ("cyclegan", "cyclegan-l2"),
        (
            Part(
                "share of pictures with less than a third of their original's colourfulness, L2 minus L1",
                lambda e: monochrome_excess(e.scores["cyclegan-l2"], e.scores["cyclegan"], e.trivial[PERFECT]),
                Above(0.1),
            ),
        ),
    ),
    Claim(
        "C2",
        "4.2",
        "PatchGAN and capsule discriminators do about the same, each better on different pictures.",
        ("cyclegan", "capsule-mse"),
        (
            Part(
                "pixel-L1 of capsules minus PatchGAN's, as a share of PatchGAN's",
                _difference("capsule-mse", "cyclegan"),
                Within(PAPERS_MARGIN),
            ),
            Part(
                "share of pictures on which the one with fewer wins is nearer",
                lambda e: smaller_share_of_wins(e.scores["capsule-mse"], e.scores["cyclegan"]),
                Above(0.25),
            ),
        ),
    ),
    Claim(
        "C3",
        "4.3",
        "The stochastic generator gives the same picture whatever its noise is.",
        ("stochastic",),
        (
            Part(
                "share of pictures whose ten colourings differ by less than 1/255 in chroma",
                lambda e: e.reports["stochastic"][0]["diversity"]["collapsed"],
                Above(0.9),
            ),
        ),
    ),
    Claim(
        "C4",
        "5",
        "CycleGAN is on a level with the supervised pix2pix.",
        ("cyclegan", "pix2pix"),
        (
            Part(
                "pixel-L1 of CycleGAN minus pix2pix's, as a share of pix2pix's",
                _difference("cyclegan", "pix2pix"),
                AtMost(PAPERS_MARGIN),
            ),
        ),
    ),
    Claim(
        "C5",
        "4.2",
        "For the capsule discriminator, squared error is better than cross-entropy.",
        ("capsule-mse", "capsule-bce"),
        (
            Part(
                "pixel-L1 with cross-entropy minus that with squared error, as a share of the latter",
                _difference("capsule-bce", "capsule-mse"),
                Above(0),
            ),
        ),
    ),
    Claim(
        "C6",
        "5, proposed",
        "A capsule discriminator with a patch output is better than one with a single output.",
        ("capsule-mse", "patch-capsule"),
        (
            Part(
                "pixel-L1 of the single output minus that of the patch output, as a share of the latter",
                _difference("capsule-mse", "patch-capsule"),
                Above(0),
            ),
        ),
    ),
    Claim(
        "C7",
        "5, proposed",
        "Known pairs for a tenth of the photographs (squared error) help CycleGAN.",
        ("cyclegan", "semi-supervised"),
        (
            Part(
                "pixel-L1 without pairs minus that with them, as a share of the latter",
                _difference("cyclegan", "semi-supervised"),
                Above(0),
            ),
        ),
    ),
)
