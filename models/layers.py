"""Layers that Keras does not have, and the norms by their names.

None of them writes `get_config`: Keras saves a layer's constructor arguments by itself where they are plain values.
"""

from functools import partial

import keras
from keras import layers, ops

# Our layers are written to files under names such as "colorization>Squash", by which they are read back.
registered = keras.saving.register_keras_serializable(package="colorization")

# Whatever a keras.json of the user's home says: the code is written for these.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")

# What "same" pads before and after for a 4×4 kernel of stride 1.
SAME_4 = ((1, 2), (1, 2))
# Of the moving statistics of batch norms in our own generator, which is trained for few steps.
MOMENTUM = 0.9


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
class WholeImageNormalization(layers.Layer):
    """Normalise each image over height, width and channels together, with one scalar scale and shift.

    It is what the paper's published code (keras-contrib's InstanceNormalization with axis=None) computes:
    gamma · (x − mean) / (std + 1e-3) + beta. Input and output (n, h, w, c).
    """

    epsilon = 1e-3

    def build(self, input_shape):
        # Not rounded to bfloat16 under mixed precision.
        self.gamma = self.add_weight(shape=(1,), initializer="ones", autocast=False, name="gamma")
        self.beta = self.add_weight(shape=(1,), initializer="zeros", autocast=False, name="beta")

    def call(self, x):
        # Statistics in float32 also under mixed precision; 1e-12 keeps the root's gradient finite at 0.
        x = ops.cast(x, "float32")
        mean, variance = ops.moments(x, axes=(1, 2, 3), keepdims=True)
        std = ops.sqrt(variance + 1e-12)
        normalized = (x - mean) / (std + self.epsilon)
        return ops.cast(normalized * self.gamma + self.beta, self.compute_dtype)


# Instance normalisation (Ulyanov et al. 2016): per image and channel, with a learned scale and shift.
instance_norm = partial(layers.GroupNormalization, groups=-1, epsilon=1e-5)
# Batch normalisation as in pix2pix.
batch_norm = partial(layers.BatchNormalization, epsilon=1e-5)
NORMS = {"instance": instance_norm, "layer": WholeImageNormalization, "batch": batch_norm}


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


@registered
class ConditionalNormalization(layers.Layer):
    """Normalise, then scale and shift each channel by what z says: conditional instance normalisation (§3.3).

    noise "normal" (the text, z ~ N(0, I)): (1 + γ(z)) · x̂ + β(z), with γ and β linear in z.
    noise "uniform" (the published code): ReLU(γ(z)) · x̂ + ReLU(β(z)), with γ and β 1×1 convolutions of z, which
    on a vector are linear layers with a bias; x̂ is normalised per channel there, whatever the other networks do.

    Inputs x (n, h, w, c) and z (n, d), output (n, h, w, c). `norm`, "instance", "layer" or "batch", is x̂'s; "batch" has
    a scale and a shift of its own.
    """

    def __init__(self, norm="instance", noise="normal", **kwargs):
        super().__init__(**kwargs)
        self.noise = noise
        if norm == "batch":
            self.normalize = batch_norm(momentum=MOMENTUM, dtype=self.dtype_policy)
        elif norm == "layer" and noise == "normal":
            self.normalize = WholeImageNormalization(dtype=self.dtype_policy)
        else:
            self.normalize = instance_norm(center=False, scale=False, dtype=self.dtype_policy)

    def build(self, input_shapes):
        image, z = input_shapes
        self.normalize.build(image)
        self.gamma, self.beta = self._linear(image[-1]), self._linear(image[-1])
        self.gamma.build(z)
        self.beta.build(z)

    def _linear(self, channels):
        # A fresh initializer each, or γ and β would start as the same numbers.
        if self.noise == "normal":
            return layers.Dense(channels, use_bias=False, kernel_initializer=normal(), dtype=self.dtype_policy)
        glorot = keras.initializers.GlorotUniform()
        return layers.Dense(channels, activation="relu", kernel_initializer=glorot, dtype=self.dtype_policy)

    def call(self, inputs):
        x, z = inputs
        scale = self.gamma(z) if self.noise == "uniform" else 1 + self.gamma(z)
        return self.normalize(x) * scale[:, None, None, :] + self.beta(z)[:, None, None, :]


def normalization(norm, noise=None, z=None):
    """A function that normalises a tensor, each time with a layer of its own; z, if any, scales and shifts."""
    if z is None:
        return lambda x: NORMS[norm]()(x)
    return lambda x: ConditionalNormalization(norm, noise)([x, z])


def _unit(vector):
    return vector / (ops.sqrt(ops.sum(ops.square(vector))) + 1e-12)


def normal():
    """A fresh N(0, 0.02) initializer; one object shared by two layers would give both the same weights."""
    return keras.initializers.RandomNormal(stddev=0.02)


def tanh_output(x):
    """Tanh in float32 whatever the precision, so that images keep their 8 bits."""
    return layers.Activation("tanh", dtype="float32")(x)


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
