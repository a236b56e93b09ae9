"""The paper's claims, and aims of our own, as data: what each needs, measures, and by which rule it is decided.

Differences of pixel-L1 are shares of the gray row's pixel-L1.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.baselines import GRAY, PERFECT
from evaluation.comparison import MARGIN
from evaluation.effects import difference, monochrome_share, pooled_share, ratio_to, smaller_share_of_wins
from evaluation.verdicts import Above, AtMost, Within


@dataclass(frozen=True)
class Evidence:
    """What runs gave: run name to its seeds, and to the `Scores` and the report of each; the trivial rows' `Scores`."""

    seeds: dict
    scores: dict
    reports: dict
    trivial: dict

    def of_seed(self, seed):
        """What one seed gave of the runs that have it."""
        places = {name: seeds.index(seed) for name, seeds in self.seeds.items() if seed in seeds}
        scores, reports = (
            {name: [of_runs[name][place]] for name, place in places.items()} for of_runs in (self.scores, self.reports)
        )
        return Evidence(dict.fromkeys(places, (seed,)), scores, reports, self.trivial)


@dataclass(frozen=True)
class Part:
    """A number that decides a claim, or a part of it: `value` makes it of the `Evidence`, `rule` judges it.

    `runs` names the runs that it is made of. Where it `compares` their errors or colours with each other's or with a
    trivial row's, it takes several seeds of each, as another seed changes them.
    """

    measure: str
    value: Callable
    rule: object
    runs: tuple
    compares: bool = True


@dataclass(frozen=True)
class Claim:
    """A claim of the paper in one of its sections, or an aim of our own."""

    id: str
    section: str
    text: str
    runs: tuple
    parts: tuple
    caveat: str = ""


def _difference(of, than, rule):
    return Part(
        f"pixel-L1 of {of} minus that of {than}",
        lambda evidence: difference(evidence.scores[of], evidence.scores[than], evidence.trivial[GRAY]),
        rule,
        (of, than),
    )


def _over_gray(name, rule):
    return Part(
        f"pixel-L1 of {name} over that of gray",
        lambda evidence: ratio_to(evidence.scores[name], "pixel_l1", evidence.trivial[GRAY]),
        rule,
        (name,),
    )


def _beats_gray(name):
    """Two systems that both do nothing are alike, too; a claim of likeness is about systems that work."""
    return _over_gray(name, AtMost(1.0))


def _colorfulness(name, rule, compares):
    return Part(
        f"colourfulness of {name} over the originals'",
        lambda evidence: ratio_to(evidence.scores[name], "colorfulness", evidence.trivial[PERFECT]),
        rule,
        (name,),
        compares,
    )


def _monochrome(name, rule):
    return Part(
        f"share of {name}'s pictures with less than a third of their original's spread of hues",
        lambda evidence: monochrome_share(evidence.scores[name], evidence.trivial[PERFECT]),
        rule,
        (name,),
        compares=False,
    )


CLAIMS = (
    Claim(
        "C1",
        "4.1",
        "An L2 cycle loss often gives monochrome colours, the L1 loss does not.",
        ("cyclegan", "cyclegan-l2"),
        (_monochrome("cyclegan-l2", Above(0.25)), _monochrome("cyclegan", AtMost(0.25))),
    ),
    Claim(
        "C2",
        "4.2",
        "PatchGAN and capsule discriminators do about the same, each better on different pictures.",
        ("cyclegan", "capsule-mse"),
        (
            _difference("capsule-mse", "cyclegan", Within(MARGIN)),
            _beats_gray("cyclegan"),
            _beats_gray("capsule-mse"),
            Part(
                "of the pictures on which they differ by more than the margin, the share of the one with fewer wins",
                lambda e: smaller_share_of_wins(e.scores["capsule-mse"], e.scores["cyclegan"], e.trivial[GRAY]),
                Above(0.25),
                ("capsule-mse", "cyclegan"),
            ),
        ),
    ),
    Claim(
        "C3",
        "4.3",
        "The stochastic generator gives the same picture, in colour, whatever its noise is.",
        ("stochastic",),
        (
            Part(
                "share of pictures whose ten colourings differ by less than 1/255 in chroma",
                lambda e: pooled_share([report["diversity"]["collapsed"] for report in e.reports["stochastic"]]),
                Above(0.9),
                ("stochastic",),
                compares=False,
            ),
            _colorfulness("stochastic", Above(1 / 3), compares=False),
        ),
    ),
    Claim(
        "C4",
        "5",
        "CycleGAN is on a level with the supervised pix2pix: not worse by more than the margin.",
        ("cyclegan", "pix2pix"),
        (_difference("cyclegan", "pix2pix", AtMost(MARGIN)), _beats_gray("cyclegan")),
    ),
    Claim(
        "C5",
        "4.2",
        "For the capsule discriminator, squared error is better than cross-entropy.",
        ("capsule-mse", "capsule-bce"),
        (_difference("capsule-bce", "capsule-mse", Above(0)),),
    ),
    Claim(
        "C6",
        "5, proposed",
        "A capsule discriminator with a patch output is better than capsules with one output, and than PatchGAN.",
        ("cyclegan", "capsule-mse", "patch-capsule"),
        (_difference("capsule-mse", "patch-capsule", Above(0)), _difference("cyclegan", "patch-capsule", Above(0))),
        "These discriminators differ in size, resolution and loss, too: the paper names no other design.",
    ),
    Claim(
        "C7",
        "5, proposed",
        "Known pairs for a tenth of the photographs (squared error) help CycleGAN.",
        ("cyclegan", "semi-supervised"),
        (_difference("cyclegan", "semi-supervised", Above(0)),),
    ),
)

# What was hoped for before the first run on photographs, beside the paper's claims (results/PROTOCOL.md).
AIMS = (
    Claim(
        "A1",
        "aim",
        "CycleGAN errs at most 1.25 times as much as gray, with colourfulness within a fifth of the originals'.",
        ("cyclegan",),
        (_over_gray("cyclegan", AtMost(1.25)), _colorfulness("cyclegan", Within(0.2, around=1.0), compares=True)),
    ),
    Claim(
        "A2",
        "aim",
        "Our recipe, preset best, errs less than gray, with colourfulness within a tenth of the originals'.",
        ("best",),
        (_beats_gray("best"), _colorfulness("best", Within(0.1, around=1.0), compares=True)),
        "The recipe was changed, on the validation split, after two test scores of its first form, best-first.",
    ),
)


def claims_of(tier):
    """What a tier's runs decide: the claims, and the aims where it has them."""
    return CLAIMS + AIMS if tier.aims else CLAIMS
