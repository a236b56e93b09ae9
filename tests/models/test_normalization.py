"""The fused kernel for normalisation answers and learns as Keras' own operations do."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from models.normalization import NORMS, BatchNormalization, fused_batch_norm, has_fused_kernel, instance_norm

pytestmark = pytest.mark.skipif(not has_fused_kernel(), reason="this backend has no kernel of its own for it")
PLAIN = {
    "batch": lambda **given: layers.BatchNormalization(epsilon=1e-5, **given),
    "instance": lambda **given: layers.GroupNormalization(groups=-1, epsilon=1e-5, **given),
}
SHAPES = [(1, 6, 10, 5), (3, 4, 4, 8), (2, 1, 1, 3)]


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


def both(norm, shape):
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, shape).astype("float32")
    rows = 4 if norm == "batch" else 2
    weights = rng.uniform(0.5, 2, (rows, shape[-1])).astype("float32")
    results = [trained_call(kind(), x, list(weights)) for kind in (NORMS[norm], PLAIN[norm])]
    return zip(*results, strict=True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("norm", PLAIN)
def test_fused_norms_answer_and_learn_as_plain_ones(norm, shape):
    for fused, plain in both(norm, shape):
        assert fused == pytest.approx(plain, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("norm", PLAIN)
def test_statistics_are_float32_under_mixed_precision(norm):
    # A mean of 300 and a deviation of 1: in bfloat16 itself nothing of it would be left.
    x = ops.cast(np.random.default_rng(0).normal(300, 1, (2, 16, 16, 4)), "bfloat16")
    answers = NORMS[norm](dtype="mixed_bfloat16")(x, training=True)
    assert keras.backend.standardize_dtype(answers.dtype) == "bfloat16"
    x = ops.convert_to_numpy(ops.cast(x, "float32"))
    axes = (0, 1, 2) if norm == "batch" else (1, 2)
    expected = (x - x.mean(axes, keepdims=True)) / x.std(axes, keepdims=True)
    assert ops.convert_to_numpy(ops.cast(answers, "float32")) == pytest.approx(expected, rel=1e-2, abs=2e-2)


def test_the_kernel_is_used_in_training_alone(monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return fused_batch_norm(*arguments)

    monkeypatch.setattr("models.normalization.fused_batch_norm", counted)
    x = np.ones((2, 4, 4, 3), "float32")
    for layer in (BatchNormalization(), instance_norm()):
        layer(x)
        assert not calls
        layer(x, training=True)
        assert calls.pop()


@pytest.mark.parametrize("norm", PLAIN)
def test_variables_and_files_have_the_names_of_keras_own(norm):
    ours, plain = NORMS[norm](), PLAIN[norm]()
    for layer in (ours, plain):
        layer.build((None, 4, 4, 3))
    assert [v.name for v in ours.variables] == [v.name for v in plain.variables]
    assert ours.name.rstrip("_0123456789") == plain.name.rstrip("_0123456789")
    assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()
