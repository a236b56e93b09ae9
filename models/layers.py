"""Layers that Keras does not have.

None of them writes `get_config`: Keras saves a layer's constructor arguments by itself where they are plain values.
"""

import keras
from keras import layers, ops

from models.precision import has_card

# Our layers are written to files under names such as "colorization>Squash", by which they are read back.
registered = keras.saving.register_keras_serializable(package="colorization")

# Whatever a keras.json of the user's home says: the code is written for these.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")

# What "same" pads before and after for a 4×4 kernel of stride 1.
SAME_4 = ((1, 2), (1, 2))


def has_kernels():
    """Whether the backend is the one whose own kernels are called where Keras has many operations: TensorFlow.

    Not on a card: there Keras compiles by XLA, which computes a variance as a difference of squares, and loses it where
    a channel is nearly flat.
    """
    return keras.backend.backend() == "tensorflow" and not has_card("tensorflow")


class Float32Layer(layers.Layer):
    """Base of the layers that compute in float32 whatever the precision."""

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})


@registered
class ReflectionPadding2D(layers.Layer):
    """Pad by reflection, p = `padding` pixels on each side: (n, h, w, c) to (n, h + 2p, w + 2p, c), p below h and w."""

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, x):
        p = self.padding
        return ops.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), mode="reflect")


@registered
class SpectralConv2D(layers.Conv2D):
    """A `Conv2D` whose kernel is divided by its largest singular value σ where it is used (Miyato et al. 2018).

    σ = uᵀ W v of the kernel as a matrix W (filters, h · w · c), with u and v by one round of power iteration from the
    last u. σ takes part in the gradient, u and v do not, and neither is trained: u moves on when the layer is called in
    training.
    """

    def build(self, input_shape):
        super().build(input_shape)
        # Not a random start: one that every backend has.
        start = keras.initializers.Constant(self.filters**-0.5)
        self.u = self.add_weight(shape=(self.filters,), initializer=start, trainable=False, autocast=False, name="u")

    def call(self, inputs, training=None):
        sigma, u = self.sigma(ops.cast(self.kernel, "float32"))
        if training:
            self.u.assign(u)
        answers = self.convolution_op(inputs, self.kernel / ops.cast(sigma, self.kernel.dtype))
        return self.activation(answers + self.bias if self.use_bias else answers)

    def sigma(self, kernel):
        """σ of a kernel (h, w, c, filters) by one round from the last u, and the next u, (filters,)."""
        matrix = ops.transpose(ops.reshape(kernel, (-1, self.filters)))
        fixed = ops.stop_gradient(matrix)
        v = _unit(ops.matmul(ops.transpose(fixed), ops.convert_to_tensor(self.u)))
        u = _unit(ops.matmul(fixed, v))
        return ops.sum(u * ops.matmul(matrix, v)), u


def _unit(vector):
    return vector / (ops.sqrt(ops.sum(ops.square(vector))) + 1e-12)


def normal():
    """A fresh N(0, 0.02) initializer; one object shared by two layers would give both the same weights."""
    return keras.initializers.RandomNormal(stddev=0.02)


def tanh_output(x):
    """Tanh in float32 whatever the precision, so that images keep their 8 bits."""
    return layers.Activation("tanh", dtype="float32")(x)


def unlisted(tensors):
    """One tensor by itself, as Keras wants a single input; more as they are."""
    return tensors if len(tensors) > 1 else tensors[0]


def gray_as_rgb(gray):
    """(n, S, S, 1) to three equal channels."""
    return ops.repeat(gray, 3, axis=-1)


class ImagePool(Float32Layer):
    """The last fakes of a generator, of which a discriminator sees one instead of the newest half of the time.

    It holds `size` images of a `shape` (S, S, c), as a weight, so that a checkpoint has them too.
    """

    def __init__(self, size, shape, **kwargs):
        super().__init__(**kwargs)
        self.past = self.add_weight(shape=(size, *shape), initializer="zeros", trainable=False, name="past")

    def call(self, fakes, place, store, show_past):
        """Put fakes (n, S, S, c) into the pool as `draws.pool_moves` says, and give what the discriminator sees."""
        place, store, show_past = place[:, 0], store[:, 0, None, None, None], show_past[:, 0, None, None, None]
        past = ops.take(self.past, place, axis=0)
        stored = ops.where(store > 0, ops.stop_gradient(fakes), past)
        self.past.assign(ops.scatter_update(self.past, place[:, None], stored))
        return ops.where(show_past > 0, past, fakes)
