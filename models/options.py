"""Every option of a model and of its training, with its default, its meaning and what it may be.

The defaults are the preset `paper`: what the paper says and, where it is silent, what the work it cites says.
`PRESETS` lists what the other presets change. The command line is made from these tables.
"""

import math
from dataclasses import dataclass, field, fields

from data_loader.errors import UserError


def option(default, meaning, choices=None, at_least=None, below=None):
    """A dataclass field that knows its meaning (for --help) and what values it may take."""
    return field(
        default=default, metadata={"meaning": meaning, "choices": choices, "at_least": at_least, "below": below}
    )


class Options:
    """Base of the option tables: checks every value against its field."""

    def __post_init__(self):
        for entry in fields(self):
            _check(entry, getattr(self, entry.name))


def _check(entry, value):
    flag, rules = "--" + entry.name.replace("_", "-"), entry.metadata
    if value is None and entry.default is None:
        return
    if rules["choices"]:
        require_choice(flag, value, rules["choices"])
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{flag} {value} is not a finite number: use one that is.")
    low, high = rules["at_least"], rules["below"]
    if low is not None and value < low:
        raise UserError(f"{flag} {value} is too small: use a number of at least {low}.")
    if high is not None and value >= high:
        raise UserError(f"{flag} {value} is too large: use a number below {high}.")


def require_choice(flag, value, choices):
    """Raise a `UserError` that lists the choices, unless the value is one of them."""
    if value not in choices:
        raise UserError(f"{flag} {value} does not exist: use one of {', '.join(choices)}.")


def of_preset(options_type, preset):
    """What a preset changes of an option table, name to value."""
    names = {entry.name for entry in fields(options_type)}
    return {name: value for name, value in PRESETS[preset].items() if name in names}


@dataclass(frozen=True)
class CycleGANOptions(Options):
    """What a `CycleGAN` is made of. The numbers in brackets are sections of the paper."""

    image_size: int = option(128, "side of the images in pixels", at_least=32)
    generator: str = option("resnet", "6-block ResNet of CycleGAN [3.1], or the U-Net of Keras-GAN", ("resnet", "unet"))
    generator_filters: int = option(None, "filters of its first convolution (default: 64 resnet, 32 unet)", at_least=1)
    input_skip: bool = option(False, "U-Net only: its last layer sees the input too")
    output: str = option("rgb", "G puts out colours, or chroma alone over its input's luma", ("rgb", "chroma"))
    norm: str = option(
        "instance", "per channel and image [3.1], or over height, width and channels", ("instance", "layer")
    )
    discriminator: str = option(
        "patch70", "70x70 PatchGAN, or the four-stride PatchGAN of Keras-GAN", ("patch70", "patch-zoo")
    )
    discriminator_filters: int = option(64, "filters of its first convolution", at_least=1)
    gan_loss: str = option("mse", "Eq. 1 as least squares on logits, or as cross-entropy", ("mse", "bce"))
    cycle_loss: str = option("l1", "norm of the cycle loss, Eq. 2 [4.1]", ("l1", "l2"))
    lambda_cycle: float = option(10.0, "weight of the cycle loss, Eq. 3", at_least=0)
    lambda_identity: float = option(0.0, "weight of the identity loss, which the paper does not have", at_least=0)
    learning_rate: float = option(2e-4, "Adam's, for generators and discriminators [4.1]", at_least=0)
    beta1: float = option(0.9, "Adam's [4.1]", at_least=0, below=1)
    beta2: float = option(0.999, "Adam's [4.1]", at_least=0, below=1)
    seed: int = option(0, "of the weights, the order of the images and their flips", at_least=0, below=2**32)


@dataclass(frozen=True)
class TrainingOptions(Options):
    """How long a model trains, on which pairs, and what it leaves behind; intervals are in steps."""

    epochs: int = option(200, "times that every image is shown [4.1]", at_least=1)
    batch_size: int = option(1, "images a step [4.1]", at_least=1)
    pairing: str = option(
        "shuffled",
        "both domains from all photographs, or gray from one half and colour from the other",
        ("shuffled", "disjoint"),
    )
    sample_interval: int = option(500, "steps between sample grids, 0 for none but the last", at_least=0)
    checkpoint_interval: int = option(0, "steps between checkpoints, beside those each epoch and 5 minutes", at_least=0)
    max_steps: int = option(None, "stop after this many steps of the run in all (default: all epochs)", at_least=1)


# These may change when a run is resumed; whatever else changes makes it another run.
RESUMABLE = ("epochs", "sample_interval", "checkpoint_interval", "max_steps")

PRESETS = {
    "paper": {},
    # What the authors' published code ran, where it differs from the text.
    "released": {
        "generator": "unet",
        "norm": "layer",
        "discriminator": "patch-zoo",
        "lambda_identity": 1.0,
        "beta1": 0.5,
    },
    # Minutes on two CPU cores: to see everything work, not to be compared with the paper.
    "quick": {
        "image_size": 64,
        "output": "chroma",
        "generator_filters": 16,
        "discriminator_filters": 16,
        "learning_rate": 5e-4,
        "beta1": 0.5,
        "batch_size": 4,
        "epochs": 4,
    },
}
