"""TensorFlow's kernel for norms answers and learns as Keras' own operations do."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, ops

from models.layers import has_kernels
from models.normalization import BatchNormalization, GroupNormalization, fused_batch_norm

pytestmark = pytest.mark.skipif(not has_kernels(), reason="this backend has no kernel of its own for it")


def trained_call(layer, x, weights):
    """What a layer of these weights answers in training, the gradients of a weighted sum, and its weights after it."""
    import tensorflow as tf

    layer.build(x.shape)
    layer.set_weights(weights)
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        answers = layer(x, training=True)
    weighting = np.random.default_rng(1).normal(0, 1, answers.shape).astype("float32")
    gradients = tape.gradient(answers, [x, *layer.trainable_variables], output_gradients=tf.constant(weighting))
    return [np.asarray(value) for value in (answers, *gradients, *layer.get_weights())]


BATCH = [partial(kind, momentum=0.8, epsilon=1e-5) for kind in (BatchNormalization, layers.BatchNormalization)]
INSTANCE = [partial(kind, groups=-1, epsilon=1e-5) for kind in (GroupNormalization, layers.GroupNormalization)]


@pytest.mark.parametrize(
    ("kinds", "weights", "shape"),
    [(BATCH, 4, shape) for shape in [(1, 6, 10, 5), (3, 4, 4, 8), (2, 1, 1, 3)]]
    + [(INSTANCE, 2, shape) for shape in [(1, 6, 10, 5), (2, 6, 10, 5)]],
)
def test_the_kernel_answers_and_learns_as_keras_own(kinds, weights, shape):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, shape).astype("float32")
    weights = list(rng.uniform(0.5, 2, (weights, shape[-1])).astype("float32"))
    fused, plain = (trained_call(kind(), x, weights) for kind in kinds)
    for ours, own in zip(fused, plain, strict=True):
        assert ours == pytest.approx(own, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("groups", [1, 2])
def test_other_groups_are_keras_own(groups):
    x = np.random.default_rng(0).normal(3, 2, (1, 8, 8, 4)).astype("float32")
    ours, plain = (kind(groups=groups) for kind in (GroupNormalization, layers.GroupNormalization))
    assert np.asarray(ours(x)) == pytest.approx(np.asarray(plain(x)), abs=1e-6)


def test_an_instance_norm_without_weights_of_its_own_is_one_too():
    x = np.random.default_rng(0).normal(3, 2, (1, 8, 8, 4)).astype("float32")
    answers = GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)
    assert np.asarray(answers) == pytest.approx((x - x.mean((1, 2))) / x.std((1, 2)), abs=1e-4)


@pytest.mark.parametrize("kind", [BatchNormalization, partial(GroupNormalization, groups=-1)])
def test_statistics_are_float32_under_mixed_precision(kind):
    # A mean of 300 and a deviation of 1: in bfloat16 itself nothing of it would be left.
    x = ops.cast(np.random.default_rng(0).normal(300, 1, (1, 16, 16, 4)), "bfloat16")
    answers = kind(dtype="mixed_bfloat16")(x, training=True)
    assert keras.backend.standardize_dtype(answers.dtype) == "bfloat16"
    x = ops.convert_to_numpy(ops.cast(x, "float32"))
    expected = (x - x.mean((0, 1, 2))) / x.std((0, 1, 2))
    assert ops.convert_to_numpy(ops.cast(answers, "float32")) == pytest.approx(expected, rel=1e-2, abs=2e-2)


def test_the_kernel_is_used_in_training_alone(monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return fused_batch_norm(*arguments)

    monkeypatch.setattr("models.normalization.fused_batch_norm", counted)
    layer, x = BatchNormalization(), np.ones((2, 4, 4, 3), "float32")
    layer(x)
    assert not calls
    layer(x, training=True)
    assert calls


def test_maps_of_capsules_are_normalised_too():
    import tensorflow as tf

    x = np.random.default_rng(0).normal(1, 2, (3, 4, 4, 2, 8)).astype("float32")
    layer = BatchNormalization(epsilon=1e-5)
    # In a graph, as in training: there the shape is checked.
    answers = tf.function(lambda x: layer(x, training=True))(tf.constant(x)).numpy()
    assert answers == pytest.approx((x - x.mean((0, 1, 2, 3))) / x.std((0, 1, 2, 3)), abs=1e-4)


@pytest.mark.parametrize("kinds", [BATCH, INSTANCE])
def test_variables_are_called_as_those_of_keras_own(kinds):
    ours, plain = (kind() for kind in kinds)
    for layer in (ours, plain):
        layer.build((None, 4, 4, 3))
    assert [variable.name for variable in ours.variables] == [variable.name for variable in plain.variables]
    assert ours.name.rstrip("_0123456789") == plain.name.rstrip("_0123456789")
