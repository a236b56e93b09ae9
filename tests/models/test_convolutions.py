"""Convolutions in another order of sums give what Keras' own give."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from models.convolutions import (
    ADDED_UP,
    WIDE,
    MergingConv2D,
    NarrowConv2D,
    PatchesConv2D,
    UpsampledConv2D,
    WideConv2D,
    WideConv2DTranspose,
)


def pixels(channels):
    return np.random.default_rng(0).normal(size=(2, 9, 11, channels)).astype("float32")


def assert_alike(ours, usual, x, before=lambda x: x, atol=1e-5):
    """Both give the same from the same weights; `before` is what the usual layer needs done first."""
    usual.build(before(x).shape)
    ours.build(x.shape)
    ours.set_weights(usual.get_weights())
    assert ops.convert_to_numpy(ours(x)) == pytest.approx(ops.convert_to_numpy(usual(before(x))), abs=atol)
    assert ours.compute_output_shape(x.shape) == usual.compute_output_shape(before(x).shape)


@pytest.mark.parametrize("kernel_size", [4, 7])
def test_a_narrow_convolution(kernel_size):
    narrow, usual = (kind(3, kernel_size, bias_initializer="ones") for kind in (NarrowConv2D, layers.Conv2D))
    assert_alike(narrow, usual, pixels(5))


@pytest.mark.parametrize(("kernel_size", "strides"), [(9, 2), (3, 1), ((2, 5), (3, 2))])
def test_a_convolution_by_patches(monkeypatch, kernel_size, strides):
    usual, ours = (kind(4, kernel_size, strides, bias_initializer="ones") for kind in (layers.Conv2D, PatchesConv2D))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert_alike(ours, usual, pixels(3))


@pytest.mark.parametrize("filters", [1, 3, ADDED_UP, ADDED_UP + 1])
def test_an_upsampled_convolution(filters):
    ours = UpsampledConv2D(filters, bias_initializer="ones", activation="relu")
    usual = layers.Conv2D(filters, 4, padding="same", bias_initializer="ones", activation="relu")
    assert_alike(ours, usual, pixels(5), before=layers.UpSampling2D())


@pytest.mark.parametrize("strides", [1, 2])
@pytest.mark.parametrize("filters", [WIDE, WIDE + 1, 2 * WIDE])
def test_a_wide_convolution(filters, strides):
    wide, usual = (kind(filters, 4, strides, "same", bias_initializer="ones") for kind in (WideConv2D, layers.Conv2D))
    assert_alike(wide, usual, pixels(3))


@pytest.mark.parametrize("channels", [3, WIDE + 1, 2 * WIDE])
def test_a_wide_transposed_convolution(channels):
    options = {"bias_initializer": "ones", "activation": "relu"}
    wide, usual = (kind(3, 4, 2, "same", **options) for kind in (WideConv2DTranspose, layers.Conv2DTranspose))
    assert_alike(wide, usual, pixels(channels), atol=1e-4)


def test_a_merging_convolution():
    x, skip = pixels(5), np.random.default_rng(1).normal(size=(2, 18, 22, 3)).astype("float32")
    usual = layers.Conv2D(4, 3, padding="same", use_bias=False)
    expected = usual(layers.Concatenate()([layers.UpSampling2D()(x), skip]))
    ours = MergingConv2D(4)
    ours.build((x.shape, skip.shape))
    ours.set_weights(usual.get_weights())
    assert ops.convert_to_numpy(ours([x, skip])) == pytest.approx(ops.convert_to_numpy(expected), abs=1e-5)
    # Also where no side is known, as for photographs of any shape.
    assert ours([keras.Input((None, None, 5)), keras.Input((None, None, 3))]).shape == (None, None, None, 4)


def test_none_of_them_does_what_it_was_not_made_for():
    with pytest.raises(ValueError, match="stride 1"):
        NarrowConv2D(1, 4, padding="same")
    with pytest.raises(ValueError, match="4x4"):
        UpsampledConv2D(1, 3)
    with pytest.raises(ValueError, match="one group"):
        WideConv2D(4, 3, groups=2)


def test_they_are_saved_and_loaded(tmp_path):
    image = keras.Input((8, 8, 3))
    x = WideConv2DTranspose(4, 4, 2, "same")(WideConv2D(2 * WIDE, 4, 2, "same")(image))
    x = MergingConv2D(3)([x, layers.UpSampling2D()(image)])
    network = keras.Model(image, NarrowConv2D(1, 4)(UpsampledConv2D(2)(x)))
    network.save(tmp_path / "network.keras")
    loaded, x = keras.saving.load_model(tmp_path / "network.keras"), np.ones((1, 8, 8, 3), "float32")
    assert (ops.convert_to_numpy(loaded(x)) == ops.convert_to_numpy(network(x))).all()
