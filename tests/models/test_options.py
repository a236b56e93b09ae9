from dataclasses import asdict

import pytest

from data_loader import UserError
from models.options import (
    CapsuleCycleGANOptions,
    CycleGANOptions,
    Pix2PixOptions,
    StochasticCycleGANOptions,
    TrainingOptions,
)
from models.presets import MODELS, PRESETS, run_options
from models.same_run import RESUMABLE, require_same_run, what_is_learned


def test_the_defaults_are_the_papers():
    training = TrainingOptions()
    assert (training.epochs, training.batch_size, training.pairing) == (200, 1, "shuffled")
    assert CycleGANOptions().image_size == 128
    for script, (_, table) in MODELS.items():
        options, training = run_options(script, "paper")
        assert options == table()
        assert training.epochs == (100 if script == "pix2pix" else 200)
    pix2pix = Pix2PixOptions()
    assert (pix2pix.lambda_l1, pix2pix.beta1, pix2pix.dropout, pix2pix.gan_loss) == (100, 0.5, 0.5, "bce")
    capsule = CapsuleCycleGANOptions()
    assert (capsule.capsule, capsule.capsule_loss, capsule.beta1) == ("published", "mse", 0.9)
    stochastic = StochasticCycleGANOptions()
    assert (stochastic.noise, stochastic.noise_size, stochastic.generator) == ("normal", 16, "resnet")


def test_presets_name_options_that_exist_and_values_that_they_may_have():
    for script, presets in PRESETS.items():
        fields = set(MODELS[script][1].__dataclass_fields__) | set(TrainingOptions.__dataclass_fields__)
        for preset, values in presets.items():
            assert set(values) <= fields, (script, preset)
            options, training = run_options(script, preset)
            assert {name: (asdict(options) | asdict(training))[name] for name in values} == values


def test_a_preset_is_of_its_script_and_gives_way_to_what_is_given():
    released = PRESETS["cyclegan"]["released"]
    assert released["discriminator"] == "patch-zoo"
    assert PRESETS["stochastic_cyclegan"]["released"] == released | {"noise": "uniform"}
    options, training = run_options("capsule_cyclegan", "released", {"seed": 3, "epochs": 7})
    assert (options.seed, options.norm, training.batch_size, training.epochs) == (3, "layer", 32, 7)
    with pytest.raises(
        UserError, match="--preset nice does not exist: use one of paper, released, best, reduced, quick"
    ):
        run_options("pix2pix", "nice")


def test_the_same_run_is_told_from_another():
    options, training = (asdict(table) for table in run_options("cyclegan", "quick"))
    before = what_is_learned(options, training, "float32", "digest")
    require_same_run(before, what_is_learned(options, training | {"sample_interval": 7}, "float32", "digest"), "run")
    # A name that came later is not compared.
    require_same_run(before, before | {"later": 1}, "run")
    for change, message in (
        ({"cycle_loss": "l2", "keep_luma": True}, "run was trained with --no-keep-luma, --cycle-loss l1, which cannot"),
        ({"precision": "mixed_bfloat16"}, "--precision float32"),
        ({"epochs": 9}, "--epochs 4"),
        ({"images": "0"}, "run was trained on other images: give the same images"),
        ({"images": "0", "seed": 1}, "--seed 0, other images"),
    ):
        with pytest.raises(UserError, match=message):
            require_same_run(before, {name: change.get(name, value) for name, value in before.items()}, "run")


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (CycleGANOptions, {"generator": "vgg"}, "--generator vgg does not exist: use one of resnet, unet, pret"),
        (CycleGANOptions, {"cycle_loss": "l3"}, "--cycle-loss"),
        (CycleGANOptions, {"image_size": 16}, "--image-size 16 is too small"),
        (CycleGANOptions, {"beta1": 1.0}, "--beta1 1.0 is too large"),
        (CycleGANOptions, {"lambda_cycle": float("nan")}, "--lambda-cycle"),
        (CycleGANOptions, {"input_skip": True}, "does nothing with --generator resnet: use --no-input-skip"),
        (CycleGANOptions, {"gan_loss": "margin"}, "margin reads capsules, and --discriminator patch70 has none"),
        (CycleGANOptions, {"gan_loss": "hinge", "discriminator": "patch-capsule"}, "--gan-loss hinge never rests"),
        (CycleGANOptions, {"generator": "pretrained", "output": "rgb"}, "--output rgb is not what --generator pret"),
        (CycleGANOptions, {"generator": "pretrained", "half_chroma": True}, "use --no-half-chroma"),
        (CycleGANOptions, {"lambda_cycle": 0.0, "cycle_noise": 0.1}, "--cycle-noise needs the cycle"),
        (CycleGANOptions, {"encoder_rate": -1.0}, "--encoder-rate -1.0 is too small"),
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
        (CapsuleCycleGANOptions, {"routing_iterations": 5}, "--capsule published leaves no choice in routing"),
        (CapsuleCycleGANOptions, {"capsule": "projected", "routing_gradient": "last"}, "leaves no choice in routing"),
        (CapsuleCycleGANOptions, {"discriminator_filters": 20}, "use a multiple of 8"),
        (StochasticCycleGANOptions, {"noise": "pink"}, "--noise pink does not exist"),
        (CycleGANOptions, {"paired_loss": "energy"}, "--paired-loss energy does not exist: use one of l2, l1"),
        (StochasticCycleGANOptions, {"paired_loss": "energy"}, "--paired-loss energy has no weight"),
        (CycleGANOptions, {"lambda_gan": 0.0, "discriminator": "projected"}, "by --paired-weight 1 --discriminator"),
        (CapsuleCycleGANOptions, {"lambda_gan": 0.0, "paired_weight": 1.0}, "leaves no capsules: use cyclegan.py"),
        (
            CycleGANOptions,
            {"lambda_gan": 0.0, "paired_weight": 1.0, "discriminator": "patch-zoo"},
            "or --discriminator patch70",
        ),
        (Pix2PixOptions, {"image_size": 96}, "--image-size 96 does not suit pix2pix.*: use 128"),
        (Pix2PixOptions, {"generator": "pretrained", "output": "rgb"}, "--output rgb is not what --generator pret"),
        (Pix2PixOptions, {"gan_loss": "hinge", "discriminator": "projected-capsule"}, "--gan-loss hinge never rests"),
        (Pix2PixOptions, {"lambda_gan": 0.0, "discriminator": "projected"}, "--discriminator projected has no weight"),
        (Pix2PixOptions, {"output": "chroma"}, "--output chroma is not what pix2pix's U-Net puts out"),
        (Pix2PixOptions, {"lambda_gan": 0.0, "lambda_l1": 0.0}, "leave nothing to learn"),
        (Pix2PixOptions, {"keep_luma": True}, "cannot be used with --output rgb"),
        (TrainingOptions, {"zoom": 1.0}, "--zoom 1.0 is too large"),
        (TrainingOptions, {"lr_decay": "cosine"}, "--lr-decay"),
        (TrainingOptions, {"batch_size": 0}, "--batch-size 0 is too small: use a number of at least 1"),
        (TrainingOptions, {"max_steps": 0}, "--max-steps"),
        (TrainingOptions, {"pairing": "none"}, "--pairing"),
    ],
)
def test_a_wrong_value_names_the_option_and_what_it_may_be(options, given, message):
    with pytest.raises(UserError, match=message.replace("[", r"\[")):
        options(**given)


def test_what_is_not_said_follows_from_what_is():
    assert (CycleGANOptions().output, CycleGANOptions(generator="pretrained").output) == ("rgb", "chroma")
    losses = {"patch70": "mse", "patch-capsule": "margin", "projected": "hinge", "projected-capsule": "margin"}
    for discriminator, loss in losses.items():
        assert CycleGANOptions(discriminator=discriminator).chosen_gan_loss == loss
    assert Pix2PixOptions(discriminator="projected").gan_loss == "hinge"
    capsules = [CapsuleCycleGANOptions(capsule=kind) for kind in ("published", "projected")]
    assert [(one.capsule_loss, one.discriminator_filters) for one in capsules] == [("mse", 256), ("margin", 64)]
    assert CycleGANOptions(lambda_cycle=0.0).is_one_way
    assert not CycleGANOptions(lambda_cycle=0.0, lambda_identity=1.0).is_one_way


def test_only_how_long_and_how_often_may_change_on_resume():
    assert set(RESUMABLE) == {"epochs", "sample_interval", "checkpoint_interval", "max_steps"}
