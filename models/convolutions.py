"""Convolutions whose sums are ordered as CPU kernels like them; to rounding, they answer as those of Keras do."""

import keras
import numpy as np
from keras import ops

# Output channels beyond which the gradient towards the input takes three times its operations' worth on a CPU.
WIDE = 256
# Filters up to which adding up an `UpsampledConv2D`'s weights pays: for 128 it took 43 ms in all, and 20 ms without.
ADDED_UP = 64


@keras.saving.register_keras_serializable(package="colorization")
class WideConv2D(keras.layers.Conv2D):
    """A `Conv2D` to many channels, at most `WIDE` at a time.

    oneDNN's gradient of the input falls out of the cache beyond: for a 4×4 convolution of stride 2 from 256 channels
    of 8×8 to 512 it took 57 ms, and 20 ms in two halves.

    Args:
        filters, kernel_size, **kwargs: as `Conv2D`.

    Input (n, h, w, c), output as that of `Conv2D`.

    Raises:
        ValueError: several groups are asked for.
    """

    def __init__(self, filters, kernel_size, *args, **kwargs):
        super().__init__(filters, kernel_size, *args, **kwargs)
        if self.groups != 1:
            raise ValueError("a WideConv2D has one group.")

    def convolution_op(self, inputs, kernel):
        apply = super().convolution_op
        return ops.concatenate([apply(inputs, part) for part in _in_parts(kernel)], axis=-1)


@keras.saving.register_keras_serializable(package="colorization")
class WideConv2DTranspose(keras.layers.Conv2DTranspose):
    """A `Conv2DTranspose` from many channels, at most `WIDE` at a time: it is that gradient of the input.

    Args:
        filters, kernel_size, **kwargs: as `Conv2DTranspose`.

    Input (n, h, w, c), output as that of `Conv2DTranspose`.
    """

    def call(self, inputs):
        parts = zip(_in_parts(inputs), _in_parts(self.kernel), strict=True)
        answers = sum(self._transposed(part, kernel) for part, kernel in parts)
        if self.use_bias:
            answers = answers + self.bias
        return self.activation(answers)

    def _transposed(self, inputs, kernel):
        return ops.conv_transpose(
            inputs, kernel, self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate
        )


@keras.saving.register_keras_serializable(package="colorization")
class UpsampledConv2D(keras.layers.Conv2D):
    """A 4×4 `Conv2D` of an image that is first made twice as large.

    Nearest-neighbour upsampling repeats each pixel, so of the 4×4 weights some meet the same one. They are added up
    first, into a 3×3 kernel for each of the four positions that a pixel's 2×2 copies have: 36 products where there
    were 64, and without the gradient of an even kernel, which is slow on a CPU: 19 ms where 67 ms were measured, and
    the large image is never made. With more than `ADDED_UP` filters, as deep in a U-Net where images are small, the
    adding up costs more than it saves, and it is made.

    Args:
        filters, **kwargs: as `Conv2D`, which stands after `UpSampling2D` and pads with zeros to the same size.

    Input (n, h, w, c), output (n, 2h, 2w, filters).

    Raises:
        ValueError: another kernel size, stride, dilation, groups or padding is asked for.
    """

    def __init__(self, filters, kernel_size=4, padding="same", **kwargs):
        super().__init__(filters, kernel_size, padding=padding, **kwargs)
        found = (self.kernel_size, self.strides, self.dilation_rate, self.groups, self.padding)
        if found != ((4, 4), (1, 1), (1, 1), 1, "same"):
            raise ValueError("an UpsampledConv2D is 4x4, of stride 1, no dilation, one group and same padding.")

    def convolution_op(self, inputs, kernel):
        if self.filters > ADDED_UP:
            return super().convolution_op(ops.repeat(ops.repeat(inputs, 2, axis=1), 2, axis=2), kernel)
        answers = super().convolution_op(inputs, self._kernels_of_positions(kernel))
        height, width = inputs.shape[1:3]
        answers = ops.reshape(answers, (-1, height, width, 2, 2, self.filters))
        return ops.reshape(ops.transpose(answers, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, self.filters))

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape
        return (count, 2 * height, 2 * width, self.filters)

    def _kernels_of_positions(self, kernel):
        """(4, 4, channels, filters) to (3, 3, channels, 4 · filters)."""
        weights = ops.reshape(kernel, (16, -1))
        sums = [ops.matmul(ops.cast(met, kernel.dtype), weights) for met in WEIGHTS_MET]
        return ops.concatenate([ops.reshape(each, (3, 3, *kernel.shape[2:])) for each in sums], axis=-1)


@keras.saving.register_keras_serializable(package="colorization")
class NarrowConv2D(keras.layers.Conv2D):
    """A `Conv2D` to a handful of channels, as at the end of the discriminators and the ResNet.

    CPU kernels block over output channels and starve on 1 to 3 of them: the gradients of a 7×7 convolution from 64
    channels to 3 took 40 to 65 times their operations' worth. So the k×k kernel is laid out as a k×1 kernel with k
    times the channels, one group for each of its columns, and the groups' answers are added up, each shifted by its
    column. Stride 1, no padding.

    Args:
        filters, kernel_size, **kwargs: as `Conv2D`.

    Input (n, h, w, c), output (n, h − k + 1, w − k + 1, filters).

    Raises:
        ValueError: a stride, a dilation, groups or a padding is asked for.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(filters, kernel_size, **kwargs)
        if (self.strides, self.dilation_rate, self.groups, self.padding) != ((1, 1), (1, 1), 1, "valid"):
            raise ValueError("a NarrowConv2D has stride 1, no dilation, one group and no padding.")

    def convolution_op(self, inputs, kernel):
        rows, columns, channels, filters = kernel.shape
        tall = ops.reshape(ops.transpose(kernel, (0, 2, 1, 3)), (rows, 1, channels, columns * filters))
        groups = ops.conv(inputs, tall, padding="valid")
        width = inputs.shape[2] - columns + 1
        return sum(
            groups[:, :, column : column + width, column * filters : (column + 1) * filters]
            for column in range(columns)
        )


def _in_parts(tensor):
    """A tensor cut along its last axis into equal parts of at most `WIDE`, or whole where they would not be equal."""
    channels = tensor.shape[-1]
    parts = -(-channels // WIDE)
    # Not by slices, whose gradients are as large as the whole.
    return ops.split(tensor, parts, axis=-1) if parts > 1 and channels % parts == 0 else [tensor]


def _weights_met():
    """Which of the 4×4 weights meet which of 3×3 pixels, for each of the four positions: zeros and ones (4, 9, 16).

    Along one side, weight t of the output at 2m + p meets the upsampled pixel 2m + p + t − 1, which is a copy of pixel
    m + ⌊(p + t − 1) / 2⌋.
    """
    side = np.zeros((2, 3, 4), "float32")
    for position in range(2):
        for tap in range(4):
            side[position, 1 + (position + tap - 1) // 2, tap] = 1
    return np.einsum("pya,qxb->pqyxab", side, side).reshape(4, 9, 16)


WEIGHTS_MET = _weights_met()
