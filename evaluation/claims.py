"""The paper's claims, and aims of our own, as data: what each measures of which runs, and the rule that decides it.

To add one, add an entry to `CLAIMS`; the numbers and rules to choose from are those of `evaluation.verdicts`.
Differences of pixel-L1 are shares of the gray row's pixel-L1.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.baselines import GRAY, PERFECT
from evaluation.statistics import MARGIN, seeds_needed
from evaluation.verdicts import (
    FEWEST_SEEDS,
    NOT_RUN,
    UNDECIDED,
    above,
    at_most,
    combined,
    difference,
    monochrome_share,
    pooled_share,
    ratio_to,
    smaller_share_of_wins,
    within,
)


@dataclass(frozen=True)
class Evidence:
    """What is judged: `runs`, a system's name to seed to what has `scores` and `facts`; `trivial`, name to `Scores`."""

    runs: dict
    trivial: dict

    def scores(self, name):
        """The `Scores` of a system's seeds."""
        return [run.scores for run in self.runs[name].values()]

    def of_seed(self, seed):
        """What one seed gave of the systems that have it."""
        return Evidence({name: {seed: runs[seed]} for name, runs in self.runs.items() if seed in runs}, self.trivial)


@dataclass(frozen=True)
class Part:
    """A number that decides a claim, or a part of it: `value` makes it of the `Evidence`, `rule` judges it.

    `runs` names the runs that it is made of. Where it `compares` their errors or colours with each other's or with a
    trivial row's, it takes several seeds of each, as another seed changes them. Its `caveat` is told with the claim.
    """

    measure: str
    value: Callable
    rule: object
    runs: tuple
    compares: bool = True
    caveat: str = ""


@dataclass(frozen=True)
class Claim:
    """A claim of the paper in one of its sections, or an aim of our own."""

    id: str
    section: str
    text: str
    parts: tuple
    caveat: str = ""

    @property
    def runs(self):
        """Names of the runs that it is decided on."""
        return tuple(dict.fromkeys(run for part in self.parts for run in part.runs))


def _difference(of, than, rule):
    text = f"pixel-L1 of {of} minus that of {than}"
    return Part(text, lambda e: difference(e.scores(of), e.scores(than), e.trivial[GRAY]), rule, (of, than))


def _wins(of, than, rule):
    text = "of the pictures on which they differ by more than the margin, the share of the one with fewer wins"
    return Part(text, lambda e: smaller_share_of_wins(e.scores(of), e.scores(than), e.trivial[GRAY]), rule, (of, than))


def _over_gray(name, rule, caveat=""):
    text = f"pixel-L1 of {name} over that of gray"
    return Part(text, lambda e: ratio_to(e.scores(name), "pixel_l1", e.trivial[GRAY]), rule, (name,), caveat=caveat)


def _beats_gray(name):
    """What a claim of likeness asks for besides, as it is about systems that work."""
    caveat = "It also asks for less error than gray has, which alone can refute it: two that do nothing are alike."
    return _over_gray(name, at_most(1.0), caveat)


def _colorfulness(name, rule, compares=True):
    text = f"colourfulness of {name} over the originals'"
    return Part(text, lambda e: ratio_to(e.scores(name), "colorfulness", e.trivial[PERFECT]), rule, (name,), compares)


def _monochrome(name, rule):
    text = f"share of {name}'s pictures with less than a third of their original's spread of hues"
    return Part(text, lambda e: monochrome_share(e.scores(name), e.trivial[PERFECT]), rule, (name,), compares=False)


def _collapsed(name, rule):
    def value(evidence):
        return pooled_share([run.facts["diversity"]["collapsed"] for run in evidence.runs[name].values()])

    text = "share of pictures whose ten colourings differ by less than 1/255 in chroma"
    return Part(text, value, rule, (name,), compares=False)


def _alike_on_different_pictures(of, than):
    """Two systems of about the same error, less than gray's, each better on pictures of its own."""
    return _difference(of, than, within(MARGIN)), _beats_gray(than), _beats_gray(of), _wins(of, than, above(0.25))


CLAIMS = (
    Claim(
        "C1",
        "4.1",
        "An L2 cycle loss often gives monochrome colours, the L1 loss does not.",
        (_monochrome("cyclegan-l2", above(0.25)), _monochrome("cyclegan", at_most(0.25))),
    ),
    Claim(
        "C2",
        "4.2",
        "PatchGAN and capsule discriminators do about the same, each better on different pictures.",
        _alike_on_different_pictures("capsule-mse", "cyclegan"),
    ),
    Claim(
        "C3",
        "4.3",
        "The stochastic generator gives the same picture, in colour, whatever its noise is.",
        (_collapsed("stochastic", above(0.9)), _colorfulness("stochastic", above(1 / 3), compares=False)),
    ),
    Claim(
        "C4",
        "5",
        "CycleGAN is on a level with the supervised pix2pix: not worse by more than the margin.",
        (_difference("cyclegan", "pix2pix", at_most(MARGIN)), _beats_gray("cyclegan")),
    ),
    Claim(
        "C5",
        "4.2",
        "For the capsule discriminator, squared error is better than cross-entropy.",
        (_difference("capsule-bce", "capsule-mse", above(0)),),
    ),
    Claim(
        "C6",
        "5, proposed",
        "A capsule discriminator with a patch output is better than capsules with one output, and than PatchGAN.",
        (_difference("capsule-mse", "patch-capsule", above(0)), _difference("cyclegan", "patch-capsule", above(0))),
        "These discriminators differ in size, resolution and loss, too: the paper names no other design.",
    ),
    Claim(
        "C7",
        "5, proposed",
        "Known pairs for a tenth of the photographs (squared error) help CycleGAN.",
        (_difference("cyclegan", "semi-supervised", above(0)),),
    ),
)

# What was hoped for before the first run on photographs, beside the paper's claims (results/PROTOCOL.md).
AIMS = (
    Claim(
        "A1",
        "aim",
        "CycleGAN errs at most 1.25 times as much as gray, with colourfulness within a fifth of the originals'.",
        (_over_gray("cyclegan", at_most(1.25)), _colorfulness("cyclegan", within(0.2, around=1.0))),
    ),
    Claim(
        "A2",
        "aim",
        "Our first recipe, `best` here, errs less than gray, with colourfulness within a tenth of the originals'.",
        (_over_gray("best", at_most(1.0)), _colorfulness("best", within(0.1, around=1.0))),
        "The recipe was changed, on the validation split, after two test scores of its first form, best-first.",
    ),
)

# Of our own recipes on pretrained networks: the questions of three claims asked again, and what they are to reach.
STRONG = (
    Claim(
        "S2",
        "asks C2 again",
        "On a pretrained network, convolutional and capsule discriminators do about the same, each better on different "
        "pictures.",
        _alike_on_different_pictures("one-way-capsule", "one-way"),
    ),
    Claim(
        "S3",
        "asks C3 again, with pairs",
        "A generator with noise, taught by the energy score of pairs, gives the same picture, in colour, whatever its "
        "noise is.",
        (_collapsed("paired-stochastic", above(0.9)), _colorfulness("paired-stochastic", above(1 / 3), False)),
        "The system was chosen, on synthetic flowers, because its colourings differ: no test of what the paper says.",
    ),
    Claim(
        "S4",
        "asks C4 again",
        "Learning without pairs is on a level with learning from pairs: not worse by more than the margin.",
        (_difference("one-way", "paired", at_most(MARGIN)), _beats_gray("one-way")),
    ),
    Claim(
        "S5",
        "aim",
        "Without pairs the error is at most 0.82 of gray's, with colourfulness within a tenth of the originals'.",
        (_over_gray("one-way", at_most(0.82)), _colorfulness("one-way", within(0.1, around=1.0))),
    ),
    Claim(
        "S6",
        "aim",
        "With pairs the error is at most 0.66 of gray's, with colourfulness within 12 % of the originals'.",
        (_over_gray("paired", at_most(0.66)), _colorfulness("paired", within(0.12, around=1.0))),
    ),
)


def judged(claims, evidence):
    """Claims with their numbers and verdicts, as for JSON; without its runs a claim is "not run"."""
    judgements = []
    for claim in claims:
        facts = {"id": claim.id, "section": claim.section, "text": claim.text, "runs": list(claim.runs)}
        if caveats := dict.fromkeys(one.caveat for one in (claim, *claim.parts) if one.caveat):
            facts["caveat"] = " ".join(caveats)
        parts = [_judged_part(part, evidence) for part in claim.parts]
        judgements.append(facts | {"parts": parts, "verdict": combined([part["verdict"] for part in parts])})
    return judgements


def _judged_part(part, evidence):
    """A part with its number, if its runs are there; a claim may still wait for those of another part.

    Where a run has several seeds, `by_seed` has the number of each that all runs have; no rule judges these. Of what is
    undecided `seeds_needed` is how many seeds would decide it, None where they do not say.
    """
    judgement = {"measure": part.measure, "rule": part.rule.text}
    if not set(part.runs) <= set(evidence.runs):
        return judgement | {"value": None, "seeds": 0, "by_seed": [], "verdict": NOT_RUN}
    value, seeds = part.value(evidence), [evidence.runs[name].keys() for name in part.runs]
    shared = sorted(set.intersection(*map(set, seeds))) if max(map(len, seeds)) > 1 else []
    by_seed = [{"seed": seed} | part.value(evidence.of_seed(seed)) for seed in shared]
    fewest = min(map(len, seeds))
    verdict = UNDECIDED if part.compares and fewest < FEWEST_SEEDS else part.rule.verdict(value)
    needed = seeds_needed(value, part.rule.low, part.rule.high) if verdict == UNDECIDED else None
    counts = {"seeds": fewest, "by_seed": by_seed, "seeds_needed": needed}
    return judgement | {"value": value, "verdict": verdict} | counts
