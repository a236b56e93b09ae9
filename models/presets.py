"""The presets: what each changes of the option tables' defaults, for all models and for single ones."""

from dataclasses import asdict, fields

from models.options import (
    CapsuleCycleGANOptions,
    CycleGANOptions,
    Pix2PixOptions,
    StochasticCycleGANOptions,
    TrainingOptions,
    UnpairedOptions,
)

# The models by the names of their scripts: class and options. The class is imported when it is needed.
MODELS = {
    "cyclegan": ("CycleGAN", CycleGANOptions),
    "capsule_cyclegan": ("CapsuleCycleGAN", CapsuleCycleGANOptions),
    "stochastic_cyclegan": ("StochasticCycleGAN", StochasticCycleGANOptions),
    "pix2pix": ("Pix2Pix", Pix2PixOptions),
}

REDUCED_EPOCHS = 12
# The more special table comes later and wins.
PRESETS = {
    "paper": {Pix2PixOptions: {"epochs": 100}},
    # What the authors' published code ran, where it differs from the text.
    "released": {
        UnpairedOptions: {"generator": "unet", "norm": "layer", "lambda_identity": 1.0, "beta1": 0.5},
        CycleGANOptions: {"discriminator": "patch-zoo"},
        StochasticCycleGANOptions: {"noise": "uniform"},
        CapsuleCycleGANOptions: {"batch_size": 32},
        Pix2PixOptions: {
            "image_size": 256,
            "dropout": 0.0,
            "norm_momentum": 0.8,
            "discriminator": "patch-zoo",
            "gan_loss": "mse",
            "epochs": 100,
        },
    },
    # Our own recipe for colours without pairs.
    "best": {
        UnpairedOptions: {
            "generator": "unet",
            "output": "chroma",
            "beta1": 0.5,
            "batch_size": 4,
            "ema": 0.999,
            "cycle_noise": 0.05,
            "match_colorfulness": 0.95,
            "match_contrast": True,
            "half_chroma": True,
            "keep_luma": True,
        },
    },
    # The paper's systems on real photographs in less than an hour each on two CPU cores.
    "reduced": {
        UnpairedOptions: {
            "image_size": 64,
            "generator": "unet",
            "input_skip": True,
            "lambda_identity": 1.0,
            "beta1": 0.5,
            "batch_size": 4,
            "epochs": REDUCED_EPOCHS,
        },
        CycleGANOptions: {"discriminator": "patch-zoo"},
        Pix2PixOptions: {"image_size": 64, "batch_size": 4, "epochs": REDUCED_EPOCHS},
    },
    # Minutes on two CPU cores: to see everything work, not to be compared with the paper.
    "quick": {
        UnpairedOptions: {
            "image_size": 64,
            "output": "chroma",
            "generator_filters": 16,
            "learning_rate": 5e-4,
            "beta1": 0.5,
            "batch_size": 4,
            "epochs": 4,
            "lr_decay": "linear",
            "ema": 0.99,
        },
        # On validation, seeds 0 and 1: 0.91 and 0.89 of the gray row, where patch70 stood at 1.1.
        CycleGANOptions: {"discriminator": "patch-zoo", "discriminator_filters": 16},
        CapsuleCycleGANOptions: {"discriminator_filters": 64},
        Pix2PixOptions: {
            "image_size": 64,
            "generator_filters": 32,
            "discriminator_filters": 16,
            "batch_size": 4,
            "epochs": 8,
        },
    },
}


def presets_of(model_options):
    """Names of the presets that there are for a model, given its options type."""
    return [name for name, tables in PRESETS.items() if name == "paper" or _applying(tables, model_options)]


def whole_options(model, options):
    """A run's options with those that came after it, which stood at their defaults, and of today's types.

    Args:
        model: its name in `MODELS`.
        options: name to value, as an earlier version of the code may have written them.
    """
    whole = asdict(MODELS[model][1]()) | options
    floats = {entry.name for entry in fields(MODELS[model][1]) if isinstance(entry.default, float)}
    return {name: float(value) if name in floats else value for name, value in whole.items()}


def of_preset(table, preset, model_options):
    """What a preset changes of an option table, name to value.

    Args:
        table: the type of options that is asked for: the model's own, or `TrainingOptions`.
        preset: its name.
        model_options: the options type of the model.
    """
    names = {entry.name for entry in fields(table)}
    changes = {}
    for applying in _applying(PRESETS[preset], model_options):
        changes |= applying
    return {name: value for name, value in changes.items() if name in names}


def beyond_preset(model, preset, values):
    """What a run has otherwise than its preset.

    Args:
        model: its name in `MODELS`.
        preset: its name.
        values: the run's options and training options, name to value.
    """
    own = MODELS[model][1]
    usual = {}
    for table in (own, TrainingOptions):
        usual |= asdict(table(**of_preset(table, preset, own)))
    return {name: value for name, value in values.items() if name not in usual or value != usual[name]}


def _applying(tables, model_options):
    return [changes for table, changes in tables.items() if issubclass(model_options, table)]
