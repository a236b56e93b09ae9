"""The tiers: which runs are compared with each other, trained on what, and how often.

A tier is named after its preset. Runs of different tiers are never compared.
"""

from dataclasses import dataclass, field

from models.presets import REDUCED_EPOCHS

# Name to (script, what it adds to its tier's preset).
RUNS = {
    "cyclegan": ("cyclegan", {}),
    "cyclegan-l2": ("cyclegan", {"cycle-loss": "l2"}),
    "capsule-mse": ("capsule_cyclegan", {"capsule-loss": "mse"}),
    "capsule-bce": ("capsule_cyclegan", {"capsule-loss": "bce"}),
    "capsule-routing": ("capsule_cyclegan", {"capsule": "routing"}),
    "stochastic": ("stochastic_cyclegan", {}),
    "pix2pix": ("pix2pix", {}),
    "patch-capsule": ("cyclegan", {"discriminator": "patch-capsule"}),
    "semi-supervised": ("cyclegan", {"paired-weight": 10.0, "paired-fraction": 0.1}),
    "best": ("cyclegan", {"preset": "best"}),
    # The recipe as it was when the protocol was written.
    "best-first": ("cyclegan", {"preset": "best", "match-contrast": False, "keep-luma": False}),
    "capsule-best": ("capsule_cyclegan", {"preset": "best"}),
}
# What makes the difference between the runs, and so is not to be set for all.
FIXED = {"preset", "dataset", "data-dir", "run-dir", "seed"} | {name for _, own in RUNS.values() for name in own}
OUTSIDE_THE_CLAIMS = ("capsule-routing", "best", "best-first", "capsule-best")
OF_THE_CLAIMS = tuple(name for name in RUNS if name not in OUTSIDE_THE_CLAIMS)


@dataclass(frozen=True)
class Tier:
    """What a tier's runs have in common.

    Attributes:
        dataset: as in training.
        image_size: of all systems, also where a preset gives them several.
        settings: other options that all runs share, name to value.
        runs: names in `RUNS`.
        seeds: name of a run to how often it is trained, each time with another seed; once where it is missing.
        aims: whether its runs are to reach the aims of results/PROTOCOL.md, too.
        last: scores are means over the colorizers of so many last epochs; 0 for the last checkpoint alone.
        ships: names of the runs whose colorizers come with the project.
        cost: what a person should expect of all of its runs.
    """

    dataset: str
    image_size: int
    settings: dict = field(default_factory=dict)
    runs: tuple = OF_THE_CLAIMS
    seeds: dict = field(default_factory=dict)
    aims: bool = False
    last: int = 0
    ships: tuple = ()
    cost: str = "days without a GPU"

    def seeds_of(self, name):
        """How often a run is trained."""
        return self.seeds.get(name, 1)


TIERS = {
    "quick": Tier("synthetic", 64, cost="all of the tier about 50 minutes on two CPU cores"),
    "reduced": Tier(
        "oxford17",
        64,
        # Also of those whose preset is another.
        settings={"epochs": REDUCED_EPOCHS},
        runs=tuple(RUNS),
        seeds={
            "cyclegan": 3,
            "capsule-mse": 3,
            "pix2pix": 3,
            "patch-capsule": 2,
            "semi-supervised": 3,
            "best": 3,
            "best-first": 3,
        },
        aims=True,
        last=3,
        # Room is scarce, and `best` trains alike.
        ships=tuple(name for name in RUNS if name != "best-first"),
        cost="all of the tier about 25 hours of one CPU core",
    ),
    "released": Tier("oxford17", 128, runs=tuple(RUNS), last=3),
    "paper": Tier("oxford17", 128, runs=tuple(RUNS), last=3),
}


def configuration_of(run):
    """The name in `RUNS` of a run such as cyclegan-seed0."""
    return run.rsplit("-seed", 1)[0]


def by_configuration(runs):
    """The name in `RUNS` of each configuration to the names of its runs."""
    groups = {}
    for run in runs:
        groups.setdefault(configuration_of(run), []).append(run)
    return groups


def systems_of(report):
    """The label of each row of a tier's tables to the names in its report: the seeds of one system go together."""
    systems = {name: [name] for name in report["rows"] if name not in report["runs"]} | by_configuration(report["runs"])
    return {f"{label}, {len(names)} seeds" if len(names) > 1 else label: names for label, names in systems.items()}
