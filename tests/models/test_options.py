import pytest

from data_loader import UserError
from models.options import (
    RESUMABLE,
    CapsuleCycleGANOptions,
    CycleGANOptions,
    Pix2PixOptions,
    StochasticCycleGANOptions,
    TrainingOptions,
)
from models.presets import MODELS, PRESETS, of_preset, presets_of


def test_the_defaults_are_the_papers():
    training = TrainingOptions()
    assert (training.epochs, training.batch_size, training.pairing) == (200, 1, "shuffled")
    assert CycleGANOptions().image_size == 128
    for _, options in MODELS.values():
        assert of_preset(options, "paper", options) == {}
    assert of_preset(TrainingOptions, "paper", CycleGANOptions) == {}
    assert of_preset(TrainingOptions, "paper", Pix2PixOptions) == {"epochs": 100}
    pix2pix = Pix2PixOptions()
    assert (pix2pix.lambda_l1, pix2pix.beta1, pix2pix.dropout, pix2pix.gan_loss) == (100, 0.5, 0.5, "bce")
    capsule = CapsuleCycleGANOptions()
    assert (capsule.capsule, capsule.capsule_loss, capsule.beta1) == ("published", "mse", 0.9)
    stochastic = StochasticCycleGANOptions()
    assert (stochastic.noise, stochastic.noise_size, stochastic.generator) == ("normal", 16, "resnet")


def test_presets_name_options_that_exist_and_values_that_they_may_have():
    for tables in PRESETS.values():
        for table, changes in tables.items():
            assert set(changes) <= set(table.__dataclass_fields__) | set(TrainingOptions.__dataclass_fields__)
    for _, options in MODELS.values():
        for preset in presets_of(options):
            options(**of_preset(options, preset, options))
            TrainingOptions(**of_preset(TrainingOptions, preset, options))


def test_a_special_table_wins_and_reaches_its_model_alone():
    released = {name: of_preset(options, "released", options) for name, (_, options) in MODELS.items()}
    assert released["cyclegan"] == {
        "generator": "unet",
        "norm": "layer",
        "lambda_identity": 1.0,
        "beta1": 0.5,
        "discriminator": "patch-zoo",
    }
    assert released["stochastic_cyclegan"] == released["cyclegan"] | {"noise": "uniform"}
    assert released["pix2pix"]["norm_momentum"] == 0.8
    assert of_preset(TrainingOptions, "released", CapsuleCycleGANOptions) == {"batch_size": 32}
    assert "best" in presets_of(CycleGANOptions)
    assert "best" not in presets_of(Pix2PixOptions)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (CycleGANOptions, {"generator": "vgg"}, "--generator vgg does not exist: use one of resnet, unet"),
        (CycleGANOptions, {"cycle_loss": "l3"}, "--cycle-loss"),
        (CycleGANOptions, {"image_size": 16}, "--image-size 16 is too small"),
        (CycleGANOptions, {"beta1": 1.0}, "--beta1 1.0 is too large"),
        (CycleGANOptions, {"lambda_cycle": float("nan")}, "--lambda-cycle"),
        (CycleGANOptions, {"input_skip": True}, "--input-skip does nothing with --generator resnet"),
        (CycleGANOptions, {"gan_loss": "margin"}, "use --discriminator patch-capsule"),
        (CycleGANOptions, {"paired_fraction": 1.5}, "--paired-fraction 1.5 is too large: use a number of at most 1"),
        (CycleGANOptions, {"paired_fraction": -0.1}, "--paired-fraction -0.1 is too small"),
        (CycleGANOptions, {"paired_weight": 1.0, "paired_fraction": 0.0}, "needs known pairs"),
        (
            CycleGANOptions,
            {"match_colorfulness": 1.0},
            "--match-colorfulness, set by you or the preset, cannot be used with --output rgb",
        ),
        (CycleGANOptions, {"match_colorfulness": -1.0}, "--match-colorfulness -1.0 is too small"),
        (
            CycleGANOptions,
            {"match_contrast": True},
            "--match-contrast, set by you or the preset, cannot be used with --output rgb",
        ),
        (CycleGANOptions, {"output": "chroma", "match_contrast": True}, "--match-contrast goes with --match-color"),
        (
            CycleGANOptions,
            {"half_chroma": True, "keep_luma": True},
            "use --output chroma, or add --no-half-chroma --no-keep-luma",
        ),
        (
            CycleGANOptions,
            {"keep_luma": True},
            "--keep-luma, set by you or the preset, cannot be used with --output rgb",
        ),
        (
            CycleGANOptions,
            {"half_chroma": True},
            "--half-chroma, set by you or the preset, cannot be used with --output rgb",
        ),
        (CapsuleCycleGANOptions, {"capsule_loss": "margin"}, "use --capsule routing"),
        (CapsuleCycleGANOptions, {"routing_iterations": 5}, "--capsule published does not route"),
        (CapsuleCycleGANOptions, {"discriminator_filters": 20}, "use a multiple of 8"),
        (StochasticCycleGANOptions, {"noise": "pink"}, "--noise pink does not exist"),
        (Pix2PixOptions, {"image_size": 96}, "--image-size 96 does not suit pix2pix.*: use 128"),
        (TrainingOptions, {"lr_decay": "cosine"}, "--lr-decay"),
        (TrainingOptions, {"batch_size": 0}, "--batch-size 0 is too small: use a number of at least 1"),
        (TrainingOptions, {"max_steps": 0}, "--max-steps"),
        (TrainingOptions, {"pairing": "none"}, "--pairing"),
    ],
)
def test_a_wrong_value_names_the_option_and_what_it_may_be(options, given, message):
    with pytest.raises(UserError, match=message.replace("[", r"\[")):
        options(**given)


def test_only_how_long_and_how_often_may_change_on_resume():
    assert set(RESUMABLE) == {"epochs", "sample_interval", "checkpoint_interval", "max_steps"}
