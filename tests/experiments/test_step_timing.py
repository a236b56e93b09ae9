"""What the benchmark measures with."""

import keras
import numpy as np
import pytest

from experiments.support.step_timing import count_operations, matrix_rate, two_tape_step
from models import CycleGAN
from models.convolutions import NarrowConv2D, UpsampledConv2D

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts in TensorFlow's graph")


def forward_operations(network, count):
    """Two operations a multiplication and addition for so many images, from the layers' shapes."""
    total = 0
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.Conv2D):
            weights, (height, width) = int(np.prod(layer.kernel.shape)), layer.output.shape[1:3]
            if isinstance(layer, NarrowConv2D):
                # It goes over every column of its input before it adds the shifted ones up.
                width = layer.input.shape[2]
            if isinstance(layer, UpsampledConv2D):
                # Of 16 products 9 are left, and each of the four positions' 9 kernels is a sum of all 16.
                total += 2 * weights * (count * height * width * 9 // 16 + 4 * 9)
            else:
                total += 2 * weights * count * height * width
    return total


def images(count):
    rng = np.random.default_rng(0)
    channels = {"gray": 1, "color": 3}
    return {name: rng.random((count, 32, 32, number), dtype="float32") for name, number in channels.items()}


def test_operations_lie_where_forward_and_backward_passes_put_them(tiny):
    gan = CycleGAN(**tiny)
    generators = forward_operations(gan.G, 3) + forward_operations(gan.F, 3)
    discriminators = forward_operations(gan.D_X, 3) + forward_operations(gan.D_Y, 3)
    # Two passes of each generator and of each learning discriminator, and one through a stopped one. Backward costs
    # two more where weights and input learn, one where only either does; a first layer's input never learns.
    most = 3 * 2 * generators + (3 * 2 + 2) * discriminators
    # Of three images, as an operation may be counted without a look at how many there are.
    assert 0.8 * most < count_operations(gan, images(3)) < most


def test_the_hand_written_step_trains(tiny):
    gan = CycleGAN(**tiny)
    before = [weight.numpy() for weight in gan.trainable_variables]
    two_tape_step(gan)(images(1))
    assert all((weight.numpy() != old).any() for weight, old in zip(gan.trainable_variables, before, strict=True))


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_a_rate_is_a_plausible_number(precision):
    assert 1e7 < matrix_rate(precision, size=256) < 1e15
