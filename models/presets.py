"""The presets: the values that differ from the options' defaults, a plain table for each script."""

from dataclasses import asdict, fields

from models.option_tables import require_choice
from models.options import (
    CapsuleCycleGANOptions,
    CycleGANOptions,
    Pix2PixOptions,
    StochasticCycleGANOptions,
    TrainingOptions,
)

# The models by the names of their scripts: class and options. The class is imported when it is needed.
MODELS = {
    "cyclegan": ("CycleGAN", CycleGANOptions),
    "capsule_cyclegan": ("CapsuleCycleGAN", CapsuleCycleGANOptions),
    "stochastic_cyclegan": ("StochasticCycleGAN", StochasticCycleGANOptions),
    "pix2pix": ("Pix2Pix", Pix2PixOptions),
}

REDUCED_EPOCHS = 12

# What the three CycleGANs share in each preset but the paper's, which is the options' defaults.
# The authors' published code, where it differs from the text.
RELEASED = {"generator": "unet", "norm": "layer", "lambda_identity": 1.0, "beta1": 0.5}
# Our first recipe for colours without pairs, by networks that start from noise.
CHROMA = {"generator": "unet", "output": "chroma", "beta1": 0.5, "batch_size": 4, "ema": 0.999, "cycle_noise": 0.05}
CHROMA |= {"match_colorfulness": 0.95, "match_contrast": True, "half_chroma": True, "keep_luma": True}
# Our own recipe for colours without pairs: a one-way GAN on pretrained networks.
ONE_WAY = {"generator": "pretrained", "lambda_cycle": 0.0, "keep_luma": True, "ema": 0.995, "beta1": 0.0, "beta2": 0.99}
ONE_WAY |= {"learning_rate": 4e-4, "lr_decay": "linear", "batch_size": 12}
BEST = ONE_WAY | {"match_colorfulness": 0.9, "epochs": 12}
# With pairs: Eq. 4 alone, on a pretrained generator, almost as colourful as the training photographs.
BEST_PAIRED = {"generator": "pretrained", "lambda_gan": 0.0, "keep_luma": True, "match_colorfulness": 0.97}
BEST_PAIRED |= {"learning_rate": 2e-3, "encoder_rate": 0.25, "beta1": 0.9, "ema": 0.99, "lr_decay": "linear"}
BEST_PAIRED |= {"batch_size": 16, "epochs": 40}
# With pairs and noise: the energy score alone, so that colourings differ as colours of such flowers do.
BEST_SAMPLES = BEST_PAIRED | {"lambda_cycle": 0.0, "batch_size": 32}
BEST_SAMPLES |= {"paired_weight": 1.0, "paired_fraction": 1.0, "paired_loss": "energy"}
# The paper's systems on real photographs, in half an hour to two hours each on one CPU core.
REDUCED = {"image_size": 64, "generator": "unet", "input_skip": True, "lambda_identity": 1.0, "beta1": 0.5}
REDUCED |= {"batch_size": 4, "epochs": REDUCED_EPOCHS}
# To see everything work within minutes on two CPU cores, not to be compared with the paper. Its discriminator is
# patch-zoo: on validation, seeds 0 and 1, its error was 0.91 and 0.89 of the gray pictures', that of patch70 1.1.
QUICK = {"image_size": 64, "output": "chroma", "generator_filters": 16, "ema": 0.99, "beta1": 0.5}
QUICK |= {"learning_rate": 5e-4, "lr_decay": "linear", "batch_size": 4, "epochs": 4}

# Colours learned without pairs in three minutes of two CPU cores, from the built-in flowers.
DEMO = ONE_WAY | {"image_size": 96, "discriminator": "projected", "epochs": 8}

PRESETS = {
    "cyclegan": {
        "paper": {},
        "released": RELEASED | {"discriminator": "patch-zoo"},
        "best": BEST | {"discriminator": "projected"},
        "chroma": CHROMA,
        "reduced": REDUCED | {"discriminator": "patch-zoo"},
        "quick": QUICK | {"discriminator": "patch-zoo", "discriminator_filters": 16},
        "demo": DEMO,
    },
    "capsule_cyclegan": {
        "paper": {},
        "released": RELEASED | {"batch_size": 32},
        "best": BEST | {"capsule": "projected"},
        "chroma": CHROMA,
        "reduced": REDUCED,
        "quick": QUICK | {"discriminator_filters": 64},
    },
    "stochastic_cyclegan": {
        "paper": {},
        "released": RELEASED | {"discriminator": "patch-zoo", "noise": "uniform"},
        "best": BEST_SAMPLES,
        "reduced": REDUCED | {"discriminator": "patch-zoo"},
        "quick": QUICK | {"discriminator": "patch-zoo", "discriminator_filters": 16},
    },
    "pix2pix": {
        "paper": {"epochs": 100},
        "released": {"image_size": 256, "dropout": 0.0, "norm_momentum": 0.8, "epochs": 100}
        | {"discriminator": "patch-zoo", "gan_loss": "mse"},
        "best": BEST_PAIRED,
        "reduced": {"image_size": 64, "batch_size": 4, "epochs": REDUCED_EPOCHS},
        "quick": {"image_size": 64, "generator_filters": 32, "discriminator_filters": 16, "batch_size": 4, "epochs": 8},
    },
}

# Those that train at the precision that is faster on the machine; all else is float32 unless it is asked for.
AUTOMATIC = ("best", "quick")


def run_options(script, preset, given=None):
    """A run's model options and `TrainingOptions`: the preset's, except for what is given, name to value of either.

    Raises:
        UserError: there is no such preset for this script, a key of `MODELS`, or a value is one that cannot be.
    """
    require_choice("--preset", preset, PRESETS[script])
    values = PRESETS[script][preset] | (given or {})
    return tuple(table(**_of_table(table, values)) for table in (MODELS[script][1], TrainingOptions))


def training_options(class_name, given):
    """`TrainingOptions` as in the preset `paper` of a class's script, except for what is given, a dict."""
    paper = PRESETS.get(script_of(class_name), {}).get("paper", {})
    return TrainingOptions(**_of_table(TrainingOptions, paper) | given)


def script_of(class_name):
    """The script that trains a class; a class that has none is called by its own name."""
    return next((script for script, (name, _) in MODELS.items() if name == class_name), class_name)


def whole_options(script, options):
    """A run's model options as today's code has them, whatever version wrote them.

    Options (name to value) that it lacks are at their defaults, a switch that is a number today becomes one, and what
    is no option any more is left out.
    """
    defaults = asdict(MODELS[script][1]())
    floats = {name for name, default in defaults.items() if isinstance(default, float)}
    values = {name: options.get(name, default) for name, default in defaults.items()}
    return {name: float(value) if name in floats else value for name, value in values.items()}


def beyond_preset(script, preset, values):
    """Those of a run's model and training options, name to value, that its preset has not or has otherwise."""
    model, training = map(asdict, run_options(script, preset))
    return {name: value for name, value in values.items() if (name, value) not in (model | training).items()}


def _of_table(table, values):
    names = {entry.name for entry in fields(table)}
    return {name: value for name, value in values.items() if name in names}
