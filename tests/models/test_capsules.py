"""Squash, routing by agreement, and the losses that read capsules: by hand, and what each is for."""

import keras
import numpy as np
import pytest
from keras import ops

from models.capsules import ConvolutionalCapsules, RoutingCapsules, length, route, squash
from models.discriminators import routing_discriminator
from models.losses import margin, sigmoid_squared_error


def numbers(x):
    return ops.convert_to_numpy(x)


def random_votes(shape=(1, 6, 2, 4)):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("s", "expected"), [([3.0, 4.0], [25 / 26 * 0.6, 25 / 26 * 0.8]), ([0.0, 1.0], [0, 0.5])])
def test_squash_by_hand(s, expected):
    assert numbers(squash(np.array([s], "float32")))[0] == pytest.approx(expected, abs=1e-6)
    assert numbers(length(np.array([s], "float32"))) == pytest.approx(np.hypot(*s), abs=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
def test_squash_and_length_have_finite_gradients_at_zero():
    import tensorflow as tf

    zero = tf.zeros((1, 4))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(zero)
        values = [ops.sum(squash(zero)), ops.sum(length(zero))]
    assert all(np.isfinite(tape.gradient(value, zero)).all() for value in values)
    assert numbers(values[0]) == 0


def test_couplings_sum_to_one_and_routing_changes_them():
    _, first = route(random_votes(), iterations=1)
    _, third = route(random_votes(), iterations=3)
    assert numbers(first) == pytest.approx(0.5)
    assert numbers(third).sum(axis=-1) == pytest.approx(1)
    assert np.abs(numbers(third) - 0.5).max() > 0.01


def test_a_round_of_routing_by_hand():
    votes = np.array([[[[2.0], [0.0]], [[1.0], [1.0]]]], "float32")
    # Half of the votes: s = (1.5, 0.5), v = s² / (1 + s²); then b = vote × v.
    v = np.array([2.25 / 3.25, 0.25 / 1.25])
    b = np.array([[2 * v[0], 0], [v[0], v[1]]])
    c = np.exp(b) / np.exp(b).sum(axis=1, keepdims=True)
    s = (c * votes[0, :, :, 0]).sum(axis=0)
    parents, couplings = route(votes, iterations=2)
    assert numbers(couplings)[0] == pytest.approx(c, abs=1e-5)
    assert numbers(parents)[0, :, 0] == pytest.approx(s**2 / (1 + s**2), abs=1e-5)


def test_a_child_that_agrees_is_coupled_more():
    votes = np.zeros((1, 4, 2, 3), "float32")
    votes[0, :3, 0] = [2, 0, 0]
    votes[0, 3, 0] = [-2, 0, 0]
    _, couplings = route(votes, iterations=3)
    agreeing, disagreeing = numbers(couplings)[0, 0, 0], numbers(couplings)[0, 3, 0]
    assert agreeing > 0.6
    assert disagreeing < 0.4


@pytest.mark.parametrize("layer", [RoutingCapsules, ConvolutionalCapsules])
def test_one_parent_is_refused(layer):
    with pytest.raises(ValueError, match="at least 2 parents"):
        layer(1, 16)


def test_the_gradient_through_the_last_round_alone_changes_gradients_and_no_values():
    outputs, weights = [], []
    for gradient in ("all", "last"):
        keras.utils.set_random_seed(0)
        network = routing_discriminator(32, 3, filters=8, gradient=gradient)
        images = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32, 3)).astype("float32")
        outputs.append(numbers(network(images)))
        network.compile(keras.optimizers.SGD(1.0), "mse")
        before = network.evaluate(images, np.ones((4, 1)), verbose=0)
        network.fit(images, np.ones((4, 1)), epochs=20, batch_size=4, verbose=0)
        assert network.evaluate(images, np.ones((4, 1)), verbose=0) < 0.9 * before, gradient
        weights.append(numbers(network.trainable_variables[-1]))
    assert outputs[0] == pytest.approx(outputs[1], abs=1e-6)
    assert (weights[0] != weights[1]).any()


def test_convolutional_capsules_are_routing_capsules_of_each_neighbourhood():
    capsules = np.random.default_rng(0).normal(size=(1, 5, 5, 2, 3)).astype("float32")
    convolutional = ConvolutionalCapsules(2, 4, stride=2)
    result = numbers(convolutional(capsules))
    assert result.shape == (1, 3, 3, 2, 4)
    dense = RoutingCapsules(2, 4)
    dense.build((1, 18, 3))
    dense.set_weights(convolutional.get_weights())
    middle = capsules[:, 1:4, 1:4].reshape(1, 18, 3)
    assert numbers(dense(middle))[0] == pytest.approx(result[0, 1, 1], abs=1e-5)


def test_a_new_routing_discriminator_is_undecided_and_awake():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(-1, 1, (4, 64, 64, 3)).astype("float32")
    lengths = numbers(routing_discriminator(64, 3, lengths=True)(images, training=True))
    assert lengths.shape == (4, 2)
    assert ((lengths > 0.02) & (lengths < 0.98)).all()


def test_capsules_stay_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = routing_discriminator(32, 3, filters=8, lengths=True)
        own = [layer for layer in network.layers if type(layer).__module__ == "models.capsules"]
        assert len(own) == 2
        assert {layer.compute_dtype for layer in own} == {"float32"}
        assert {layer.compute_dtype for layer in network.layers if "conv" in layer.name} == {"bfloat16"}
        outputs = numbers(network(np.ones((1, 32, 32, 3), "float32")))
        # More digits than bfloat16 has.
        assert (outputs != numbers(ops.cast(ops.cast(outputs, "bfloat16"), "float32"))).any()
    finally:
        keras.config.set_dtype_policy("float32")


def test_losses_by_hand():
    lengths = np.array([[0.8, 0.3]], "float32")
    assert float(margin(lengths, real=True)) == pytest.approx(0.1**2 + 0.5 * 0.2**2, rel=1e-5)
    assert float(margin(lengths, real=False)) == pytest.approx(0.6**2 + 0.5 * 0.7**2, rel=1e-5)
    assert float(margin(np.array([[0.95, 0.05]], "float32"), real=True)) == 0
    logits = np.array([[0.0], [2.0]], "float32")
    sigmoid = 1 / (1 + np.exp(-logits))
    assert float(sigmoid_squared_error(logits, real=True)) == pytest.approx(((sigmoid - 1) ** 2).mean(), rel=1e-5)
    assert float(sigmoid_squared_error(logits, real=False)) == pytest.approx((sigmoid**2).mean(), rel=1e-5)
