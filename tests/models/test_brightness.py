"""The exchange of bright and dark: how it is seen and said, and a start that seldom leads to it."""

import numpy as np
import pytest

from data_loader import Batches, UserError
from data_loader.images import correlations, luma, to_network
from models import CycleGAN, StochasticCycleGAN
from models.brightness import BrightnessWatch
from models.colorizing import predict_colors

ONE_WAY = {"lambda_cycle": 0.0, "lambda_identity": 0.0}


@pytest.fixture
def color(tiny_flowers):
    return to_network(tiny_flowers.split("train").color(range(9)))


def negate(network):
    """Make an untrained network's answers their negatives, as another draw of its last layer would."""
    *_, last = (layer for layer in network.layers if layer.weights)
    last.set_weights([-weight for weight in last.get_weights()])


def answers(gan, color):
    """What G makes of the luma of images, and F of the images themselves."""
    gray = luma(color)
    made = {"G": predict_colors(gan.colorizer, gray)}
    return made | ({} if gan.options.is_one_way else {"F": gan.predict_images(gan.F, color)})


@pytest.mark.parametrize("negated", ["", "G", "F", "GF"])
def test_an_upright_start_turns_round_what_makes_negatives_and_nothing_else(tiny, tiny_flowers, color, negated):
    batches, gan = Batches(tiny_flowers.split("train")), CycleGAN(**tiny, upright_start=True)
    gan.before_first_step(batches)
    upright = answers(gan, color)
    for made in upright.values():
        own = made if made.shape[-1] == 1 else luma(made)
        assert correlations(luma(color)[None], own[None])[0] >= 0
    for name in negated:
        negate(getattr(gan, name))
    for name, made in answers(gan, color).items():
        assert np.allclose(made, -upright[name] if name in negated else upright[name], atol=1e-5)
    gan.before_first_step(batches)
    for name, made in answers(gan, color).items():
        assert np.allclose(made, upright[name], atol=1e-5)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (StochasticCycleGAN, {}),
        (CycleGAN, {"generator": "resnet"}),
        (CycleGAN, {"input_skip": True, "ema": 0.9}),
        (CycleGAN, {"output": "chroma"}),
    ],
)
def test_an_upright_start_suits_every_cyclegan(tiny, tiny_flowers, color, model, options, capsys):
    gan = model(**tiny | options, upright_start=True)
    gan.before_first_step(Batches(tiny_flowers.split("train")))
    upright = answers(gan, color)
    turnable = "F" if gan.options.output == "chroma" else "GF"
    capsys.readouterr()
    for turned, said in (
        (False, "makes no negatives, and stays as it is."),
        (True, "made negatives: its last layer is negated."),
    ):
        for name in turnable if turned else "":
            negate(getattr(gan, name))
        gan.before_first_step(Batches(tiny_flowers.split("train")))
        assert capsys.readouterr().out.splitlines() == [f"{name} {said}" for name in turnable]
    for name, made in answers(gan, color).items():
        assert np.allclose(made, upright[name], atol=1e-5)


def test_an_upright_start_is_refused_where_nothing_could_be_turned_round(tiny):
    with pytest.raises(UserError, match="--upright-start has nothing to turn"):
        CycleGAN(**tiny, **ONE_WAY, output="chroma", upright_start=True)


def test_training_begins_upright_and_leaves_a_start_that_is_so_alone(tiny, tiny_flowers, color, tmp_path, capsys):
    gan = CycleGAN(**tiny, upright_start=True, learning_rate=0.0)
    gan.before_first_step(Batches(tiny_flowers.split("train")))
    gan.train(tiny_flowers, tmp_path, batch_size=4, max_steps=1)
    again = CycleGAN(**tiny, upright_start=True, learning_rate=0.0)
    again.before_first_step(Batches(tiny_flowers.split("train")))
    negate(again.F)
    capsys.readouterr()
    again.train(tiny_flowers, batch_size=4, max_steps=1, init=str(tmp_path))
    assert "F made negatives" in (told := capsys.readouterr().out)
    assert "G made negatives" not in told
    for name, made in answers(again, color).items():
        assert np.allclose(made, answers(gan, color)[name], atol=1e-5)


def test_networks_that_have_learned_are_not_turned_round(tiny, tiny_flowers, color):
    gan = CycleGAN(**tiny, upright_start=True)
    gan.train(tiny_flowers, batch_size=4, max_steps=1)
    negate(gan.F)
    before = answers(gan, color)
    gan.before_first_step(Batches(tiny_flowers.split("train")))
    assert all((made == before[name]).all() for name, made in answers(gan, color).items())


def test_the_start_is_left_alone_unless_asked_for(tiny, tiny_flowers, color):
    gan = CycleGAN(**tiny)
    negate(gan.G)
    before = answers(gan, color)
    gan.before_first_step(Batches(tiny_flowers.split("train")))
    assert all((made == before[name]).all() for name, made in answers(gan, color).items())


def test_a_run_that_goes_on_is_not_turned_round_again(toy, tiny_flowers, tmp_path, monkeypatch):
    turned = []
    for steps in (1, 2):
        gan = toy()
        monkeypatch.setattr(gan, "before_first_step", lambda batches, steps=steps: turned.append(steps))
        gan.train(tiny_flowers, tmp_path, batch_size=4, max_steps=steps)
    assert turned == [1]


@pytest.mark.parametrize(
    "turned", [lambda gray: 1 - gray, lambda gray: gray - 2 * gray.mean(axis=(1, 2, 3), keepdims=True) + 1]
)
def test_an_exchange_of_bright_and_dark_is_said_once(toy, tiny_flowers, capsys, turned):
    watch, gan = BrightnessWatch(tiny_flowers.split("train")), toy()
    gan.colorize = lambda gray: turned(gray).repeat(3, axis=-1)
    found = watch.look(gan)
    assert found["over_pictures"] == pytest.approx(-1)
    for _ in range(2):
        watch.warn(found)
    assert capsys.readouterr().err.count("Bright and dark are exchanged") == 1
    watch.warn(dict.fromkeys(found, 0.5))
    assert not capsys.readouterr().err


def test_generators_that_keep_luma_are_not_watched_for_an_exchange(toy, tiny_flowers, tmp_path):
    gan = CycleGAN(image_size=32, generator="unet", generator_filters=2, output="chroma", discriminator_filters=2)
    gan.train(tiny_flowers, tmp_path, max_steps=1)
    header, *_ = (tmp_path / "trace.csv").read_text().splitlines()
    assert header.split(",") == ["step", *gan.terms, "loss"]
