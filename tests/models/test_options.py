import pytest

from data_loader import UserError
from models.options import PRESETS, RESUMABLE, CycleGANOptions, TrainingOptions


def test_the_defaults_are_the_papers():
    training = TrainingOptions()
    assert (training.epochs, training.batch_size, training.pairing) == (200, 1, "shuffled")
    assert CycleGANOptions().image_size == 128
    assert PRESETS["paper"] == {}


def test_presets_name_options_that_exist_and_values_that_they_may_have():
    names = {options: set(options.__dataclass_fields__) for options in (CycleGANOptions, TrainingOptions)}
    for changes in PRESETS.values():
        assert set(changes) <= names[CycleGANOptions] | names[TrainingOptions]
        for options, known in names.items():
            options(**{name: value for name, value in changes.items() if name in known})


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (CycleGANOptions, {"generator": "vgg"}, "--generator vgg does not exist: use one of resnet, unet"),
        (CycleGANOptions, {"cycle_loss": "l3"}, "--cycle-loss"),
        (CycleGANOptions, {"image_size": 16}, "--image-size 16 is too small"),
        (CycleGANOptions, {"beta1": 1.0}, "--beta1 1.0 is too large"),
        (CycleGANOptions, {"lambda_cycle": float("nan")}, "--lambda-cycle"),
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
