"""Convolutions whose sums are ordered as CPU kernels like them; to rounding, they answer as those of Keras do.

Arguments are those of the Keras layers. The times were measured on two cores.
"""

import keras
import numpy as np
from keras import layers, ops

from models.layers import registered

# Output channels beyond which the gradient towards the input takes three times its operations' worth on a CPU.
WIDE = 256
# Filters up to which adding up an `UpsampledConv2D`'s weights pays: for 128 it took 43 ms in all, and 20 ms without.
ADDED_UP = 64


@registered
class WideConv2D(layers.Conv2D):
    """A `Conv2D` to many channels, at most `WIDE` at a time.

    oneDNN's gradient of the input falls out of the cache beyond: for a 4×4 convolution of stride 2 from 256 channels
    of 8×8 to 512 it took 57 ms, and 20 ms in two halves. Several groups are a `ValueError`.
    """

    def __init__(self, filters, kernel_size, *args, **kwargs):
        super().__init__(filters, kernel_size, *args, **kwargs)
        if self.groups != 1:
            raise ValueError("a WideConv2D has one group.")

    def convolution_op(self, inputs, kernel):
        apply = super().convolution_op
        return ops.concatenate([apply(inputs, part) for part in _in_parts(kernel)], axis=-1)


@registered
class PatchesConv2D(layers.Conv2D):
    """A `Conv2D` without padding and dilation that is, under JAX, one product of its patches and its weights.

    There the gradient of the input took 1.46 s for a 9×9 convolution of stride 2 from 256 channels of 24×24 to as many,
    on one core, and 0.05 s so.
    """

    def convolution_op(self, inputs, kernel):
        if keras.backend.backend() != "jax":
            return super().convolution_op(inputs, kernel)
        (high, wide), (down, across) = self.kernel_size, self.strides
        rows, columns = (inputs.shape[1] - high) // down + 1, (inputs.shape[2] - wide) // across + 1
        places = [(row, column) for row in range(high) for column in range(wide)]
        patches = [inputs[:, r : r + down * rows : down, c : c + across * columns : across] for r, c in places]
        return ops.matmul(ops.concatenate(patches, axis=-1), ops.reshape(kernel, (-1, self.filters)))


@registered
class WideConv2DTranspose(layers.Conv2DTranspose):
    """A `Conv2DTranspose` from many channels, at most `WIDE` at a time: it is that gradient of the input."""

    def call(self, inputs):
        settings = (self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate)
        parts = zip(_in_parts(inputs), _in_parts(self.kernel), strict=True)
        answers = sum(ops.conv_transpose(part, kernel, *settings) for part, kernel in parts)
        if self.use_bias:
            answers = answers + self.bias
        return self.activation(answers)


@registered
class UpsampledConv2D(layers.Conv2D):
    """A 4×4 `Conv2D`, padded to the same size, of an image that is first made twice as large by `UpSampling2D`.

    Upsampling repeats each pixel, so of the 4×4 weights some meet the same one. They are added up first, into a 3×3
    kernel for each of the four positions that a pixel's 2×2 copies have: 36 products where there were 64, no gradient
    of an even kernel, which is slow on a CPU (19 ms where 67 ms were measured), and the large image is never made.
    With more than `ADDED_UP` filters, deep in a U-Net where images are small, adding up costs more than it saves.

    Input (n, h, w, c), output (n, 2h, 2w, filters). Other settings are a `ValueError`.
    """

    def __init__(self, filters, kernel_size=4, padding="same", **kwargs):
        super().__init__(filters, kernel_size, padding=padding, **kwargs)
        settings = (self.kernel_size, self.strides, self.dilation_rate, self.groups, self.padding)
        if settings != ((4, 4), (1, 1), (1, 1), 1, "same"):
            raise ValueError("an UpsampledConv2D is 4x4, of stride 1, no dilation, one group and same padding.")

    def convolution_op(self, inputs, kernel):
        if self.filters > ADDED_UP:
            return super().convolution_op(ops.repeat(ops.repeat(inputs, 2, axis=1), 2, axis=2), kernel)
        answers = super().convolution_op(inputs, _kernels_of_positions(kernel))
        height, width = inputs.shape[1:3]
        answers = ops.reshape(answers, (-1, height, width, 2, 2, self.filters))
        return ops.reshape(ops.transpose(answers, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, self.filters))

    def compute_output_shape(self, input_shape):
        count, height, width, _ = input_shape
        return (count, 2 * height, 2 * width, self.filters)


@registered
class MergingConv2D(layers.Layer):
    """A 3×3 convolution of an image made twice as large by `UpSampling2D` beside a second one, padded to the same size.

    Each repeated pixel meets sums of weights, so the two steps are one transposed convolution of stride 2 by a 4×4
    kernel: 16 products a pixel where there were 36, and neither the large image nor the concatenation is made. The four
    of our generator took 0.29 s, forth and back, where they took 0.52 s.

    Inputs x (n, h, w, c) and skip (n, 2h, 2w, d), output (n, 2h, 2w, filters), without bias.
    """

    def __init__(self, filters, kernel_initializer="he_normal", **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel_initializer = filters, kernel_initializer

    def build(self, input_shapes):
        shape = (3, 3, sum(shape[-1] for shape in input_shapes), self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")

    def call(self, inputs):
        x, skip = inputs
        of_x, of_skip = ops.split(self.kernel, [x.shape[-1]], axis=2)
        return ops.conv_transpose(x, _of_copies(of_x), 2, "same") + ops.conv(skip, of_skip, 1, "same")

    def compute_output_shape(self, input_shapes):
        return (*input_shapes[1][:3], self.filters)


@registered
class NarrowConv2D(layers.Conv2D):
    """A `Conv2D` to a handful of channels, as at the end of the discriminators and the ResNet.

    CPU kernels block over output channels and starve on 1 to 3 of them: the gradients of a 7×7 convolution from 64
    channels to 3 took 40 to 65 times their operations' worth. So the k×k kernel is laid out as a k×1 kernel with k
    times the channels, one group for each of its columns, whose answers are added up, each shifted by its column.

    Input (n, h, w, c), output (n, h − k + 1, w − k + 1, filters). Strides, dilation, groups or padding are a
    `ValueError`.
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


# Which of the 4×4 weights meet which of 3×3 pixels, for each of the four positions: zeros and ones (4, 9, 16).
# Along one side, weight t of the output at 2m + p meets the upsampled pixel 2m + p + t − 1, which is a copy of pixel
# m + ⌊(p + t − 1) / 2⌋; the middle one of the three, y = 1, is m.
_SIDE = np.array([[[y == 1 + (p + t - 1) // 2 for t in range(4)] for y in range(3)] for p in range(2)], "float32")
WEIGHTS_MET = np.einsum("pya,qxb->pqyxab", _SIDE, _SIDE).reshape(4, 9, 16)


def _kernels_of_positions(kernel):
    """A 4×4 kernel added up for the four positions: (4, 4, channels, filters) to (3, 3, channels, 4 · filters)."""
    weights = ops.reshape(kernel, (16, -1))
    sums = [ops.matmul(ops.cast(met, kernel.dtype), weights) for met in WEIGHTS_MET]
    return ops.concatenate([ops.reshape(each, (3, 3, *kernel.shape[2:])) for each in sums], axis=-1)


def _of_copies(kernel):
    """A 3×3 kernel summed for pixels repeated twice, to be transposed with stride 2: (4, 4, filters, channels)."""
    back = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    shifted = [((i, 1 - i), (j, 1 - j), (0, 0), (0, 0)) for i in (0, 1) for j in (0, 1)]
    return sum(ops.pad(back, widths) for widths in shifted)
