"""Eq. 1 to 3: the terms by hand, who learns from which, and every switch by what it changes."""

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import UserError
from models import CapsuleCycleGAN, CycleGAN
from models.losses import cross_entropy, l1, l2, least_squares
from models.optimizer import RatedAdam
from models.options import CycleGANOptions
from models.training import LinearDecay
from tests.models.learners import learners_of

pytestmark = pytest.mark.usefixtures("uncompiled")


def number(x):
    return float(ops.convert_to_numpy(x))


def terms_of(gan, batch):
    return {name: number(value) for name, value in gan.objective(batch, gan(batch, training=True)).items()}


def test_losses_by_hand():
    logits = np.array([0.0, 1.0, 3.0], "float32")
    assert number(least_squares(logits, real=True)) == pytest.approx((1 + 0 + 4) / 3)
    assert number(least_squares(logits, real=False)) == pytest.approx((0 + 1 + 9) / 3)
    sigmoid = 1 / (1 + np.exp(-logits))
    assert number(cross_entropy(logits, real=True)) == pytest.approx(-np.log(sigmoid).mean(), rel=1e-5)
    assert number(cross_entropy(logits, real=False)) == pytest.approx(-np.log(1 - sigmoid).mean(), rel=1e-4)
    a, b = np.array([0.0, 2.0], "float32"), np.array([1.0, -1.0], "float32")
    assert number(l1(a, b)) == pytest.approx(2)
    assert number(l2(a, b)) == pytest.approx(5)


def test_the_terms_are_those_of_the_equations(gan, batch):
    gray, color = batch["gray"], batch["color"]
    rgb = np.repeat
    fake_color, fake_gray = gan.G(rgb(gray, 3, -1)), gan.F(color)
    cycled_gray, cycled_color = gan.F(fake_color), gan.G(rgb(ops.convert_to_numpy(fake_gray), 3, -1))
    expected = {
        "gan_color": np.mean((gan.D_Y(fake_color) - 1) ** 2),
        "gan_gray": np.mean((gan.D_X(fake_gray) - 1) ** 2),
        "cycle_gray": 10 * np.mean(np.abs(cycled_gray - gray)),
        "cycle_color": 10 * np.mean(np.abs(cycled_color - color)),
        "d_color": (np.mean((gan.D_Y(color) - 1) ** 2) + np.mean(gan.D_Y(fake_color) ** 2)) / 2,
        "d_gray": (np.mean((gan.D_X(gray) - 1) ** 2) + np.mean(gan.D_X(fake_gray) ** 2)) / 2,
    }
    expected = {name: float(value) for name, value in expected.items()}
    assert terms_of(gan, batch) == pytest.approx(expected, rel=1e-4)
    assert list(terms_of(gan, batch)) == gan.terms
    loss = number(gan.compute_loss(batch, y_pred=fake_color))
    assert loss == pytest.approx(sum(expected.values()), rel=1e-4)


def test_the_weight_of_the_gan_loss_is_the_generators_and_without_it_there_are_no_discriminators(tiny, batch):
    plain, weighted = (terms_of(CycleGAN(**tiny, lambda_gan=weight), batch) for weight in (1.0, 3.0))
    assert weighted["gan_color"] == pytest.approx(3 * plain["gan_color"])
    assert weighted["d_gray"] == pytest.approx(plain["d_gray"])
    alone = CycleGAN(**tiny | {"discriminator": "patch70", "lambda_gan": 0.0, "paired_weight": 1.0})
    assert alone.terms == ["cycle_gray", "cycle_color", "paired"]
    assert not hasattr(alone, "D_X") and not hasattr(alone, "D_Y")
    pairs = {"original": batch["color"], "known": np.ones((len(batch["gray"]), 1), "float32")}
    assert alone.train_on(batch | pairs)["loss"] > 0


def test_a_name_that_the_objective_does_not_read_or_misses_is_an_error(gan, batch):
    for wrong in (batch | {"z": batch["gray"]}, {"gray": batch["gray"]}):
        with pytest.raises(KeyError, match=r"a batch of this CycleGAN has \['color', 'gray'\]"):
            gan.compute_loss(wrong, y_pred=batch["color"])


def test_switches_change_their_term_and_nothing_else(gan, tiny, batch):
    base = terms_of(gan, batch)
    gan_terms, cycle_terms = {"gan_color", "gan_gray", "d_color", "d_gray"}, {"cycle_gray", "cycle_color"}
    for switch, changed in (
        ({"gan_loss": "bce"}, gan_terms),
        ({"cycle_loss": "l2"}, cycle_terms),
        ({"lambda_cycle": 5.0}, cycle_terms),
        ({"lambda_identity": 1.0}, {"identity_gray", "identity_color"}),
    ):
        terms = terms_of(CycleGAN(**tiny, **switch), batch)
        assert {name for name in terms if terms[name] != pytest.approx(base.get(name, 0), rel=1e-5)} == changed, switch
    halved = terms_of(CycleGAN(**tiny, lambda_cycle=5.0), batch)
    assert halved["cycle_gray"] == pytest.approx(base["cycle_gray"] / 2, rel=1e-5)


def test_identity_terms_leave_each_domain_alone(tiny, batch):
    gan = CycleGAN(**tiny, lambda_identity=2.0)
    gray, color = batch["gray"], batch["color"]
    terms = terms_of(gan, batch)
    assert terms["identity_color"] == pytest.approx(2 * np.mean(np.abs(gan.G(color) - color)), rel=1e-4)
    assert terms["identity_gray"] == pytest.approx(2 * np.mean(np.abs(gan.F(np.repeat(gray, 3, -1)) - gray)), rel=1e-4)


@pytest.mark.parametrize(
    "switch",
    [
        {"generator": "resnet"},
        {"norm": "layer"},
        {"output": "chroma"},
        {"input_skip": True},
        {"discriminator": "patch70"},
        {"generator_filters": 8},
        {"discriminator_filters": 8},
    ],
)
def test_switches_of_the_networks_change_the_networks(gan, tiny, switch):
    other = CycleGAN(**tiny | switch)
    counts = [
        [network.count_params() for network in (model.G, model.F, model.D_X, model.D_Y)] for model in (gan, other)
    ]
    assert counts[0] != counts[1]


def test_adam_has_the_settings_of_the_options(tiny):
    adam = CycleGAN(**tiny, learning_rate=1e-3, beta1=0.4, beta2=0.9).optimizer
    assert (float(adam.learning_rate), adam.beta_1, adam.beta_2) == (pytest.approx(1e-3), 0.4, 0.9)
    defaults = CycleGANOptions()
    assert (defaults.learning_rate, defaults.beta1, defaults.beta2) == (2e-4, 0.9, 0.999)
    assert (defaults.lambda_cycle, defaults.lambda_identity, defaults.cycle_loss) == (10, 0, "l1")


def test_adam_by_one_kernel_is_adam():
    rng = np.random.default_rng(0)
    start, *gradients = (rng.normal(size=(30, 7)).astype("float32") for _ in range(6))
    ends = []
    rates = [LinearDecay(rate, 10) for rate in (1e-2, 1e-2, 4e-2)]
    slow, fast = keras.Variable(start), keras.Variable(start)
    ours = RatedAdam(rates[1], 0.5, 0.99, [(4.0, [fast])])
    for adam, weights in (
        (keras.optimizers.Adam(rates[0], 0.5, 0.99), [keras.Variable(start)]),
        (keras.optimizers.Adam(rates[2], 0.5, 0.99), [keras.Variable(start)]),
        (ours, [slow, fast]),
    ):
        adam.build(weights)
        for gradient in gradients:
            adam.apply([ops.convert_to_tensor(gradient)] * len(weights), weights)
        ends.append([ops.convert_to_numpy(variable) for variable in weights])
    kept = [ops.convert_to_numpy(variable) for variable in (*ours._momentums, *ours._velocities)]
    ends = [ends[0] + ends[1], ends[2]]
    np.testing.assert_allclose(kept[0], kept[1])
    for ours, keras_own in zip(*reversed(ends), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5, atol=1e-7)
    assert abs(ends[1][0] - start).max() > 0.01


def test_real_and_fake_are_judged_in_one_call_as_in_two(gan, batch, monkeypatch):
    fakes = batch["color"][::-1].copy()
    alone = [gan.D_Y(images, training=True) for images in (batch["color"], fakes)]
    calls, call = [], gan.D_Y.call
    monkeypatch.setattr(gan.D_Y, "call", lambda *given, **named: calls.append(1) or call(*given, **named))
    for logits, expected in zip(gan.judged(gan.D_Y, batch["color"], fakes), alone, strict=True):
        np.testing.assert_allclose(*map(ops.convert_to_numpy, (logits, expected)), rtol=1e-4, atol=1e-5)
    assert len(calls) == 1


def test_batch_norms_see_real_and_fake_apart(batch):
    capsules = CapsuleCycleGAN(image_size=32, generator="unet", generator_filters=4, discriminator_filters=16)
    fakes = np.zeros_like(batch["color"])
    apart, _ = capsules.judged(capsules.D_Y, batch["color"], fakes)
    expected = capsules.D_Y(batch["color"], training=True)
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (apart, expected)))


def test_a_step_moves_every_network(tiny, batch):
    gan = CycleGAN(**tiny)
    before = [ops.convert_to_numpy(weight) for weight in gan.trainable_variables]
    gan.train_on(batch)
    for weight, old in zip(gan.trainable_variables, before, strict=True):
        assert (ops.convert_to_numpy(weight) != old).any(), weight.path


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
class TestWhoLearns:
    def test_each_term_moves_its_networks_only(self, gan, batch):
        assert learners_of(gan, batch, ("G", "F", "D_X", "D_Y")) == {
            "gan_color": {"G"},
            "gan_gray": {"F"},
            "cycle_gray": {"G", "F"},
            "cycle_color": {"G", "F"},
            "d_color": {"D_Y"},
            "d_gray": {"D_X"},
        }

    def test_gradients_are_those_of_two_tapes(self, gan, batch):
        import tensorflow as tf

        from experiments.support.step_timing import two_tape_gradients

        tensors = {name: tf.convert_to_tensor(images) for name, images in batch.items()}
        with tf.GradientTape() as tape:
            loss = gan.compute_loss(tensors, y_pred=gan(tensors, training=True))
        ours = tape.gradient(loss, [weight.value for weight in gan.trainable_variables])
        by_id = {id(weight): gradient for weight, gradient in zip(gan.trainable_variables, ours, strict=True)}
        theirs = two_tape_gradients(gan, **tensors)
        for network in (gan.G, gan.F, gan.D_X, gan.D_Y):
            for weight, expected in zip(network.trainable_variables, theirs[network.name], strict=True):
                scale = np.abs(expected).max() + 1e-6
                assert np.abs(by_id[id(weight)] - expected).max() / scale < 1e-3, weight.path


def test_a_call_that_only_passes_gradients_on_moves_no_statistics(batch):
    from models.losses import without_learning

    norm = keras.layers.BatchNormalization(momentum=0.5)
    network = keras.Sequential([keras.Input((32, 32, 3)), norm])
    moving = ops.convert_to_numpy(norm.moving_mean)
    without_learning(network, batch["color"])
    assert (ops.convert_to_numpy(norm.moving_mean) == moving).all()
    network(batch["color"], training=True)
    assert ops.convert_to_numpy(norm.moving_mean) == pytest.approx(batch["color"].mean(axis=(0, 1, 2)) / 2, abs=1e-6)


def test_colorize_takes_what_people_have(gan):
    gray = np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8)
    color = gan.colorize(gray)
    assert color.shape == (3, 32, 32, 3)
    assert color.dtype == np.uint8
    assert np.abs(gan.colorize(gray[..., None]).astype(int) - color).max() == 0
    assert np.abs(gan.colorize(gray / np.float32(255)).astype(int) - color).max() <= 1
    with pytest.raises(ValueError, match="32"):
        gan.colorize(gray[:, :16])


def test_a_network_that_puts_out_nan_is_not_taken_for_black(tiny):
    gan = CycleGAN(**tiny)
    weight = gan.G.trainable_variables[0]
    weight.assign(np.full(weight.shape, np.nan))
    with pytest.raises(UserError, match="not finite"):
        gan.colorize(np.zeros((1, 32, 32), np.uint8))
