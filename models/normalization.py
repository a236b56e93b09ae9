"""Normalisations of images (n, h, w, c): per batch, per image and channel, or over whole images, and by what z says.

Batch norms, and instance norms of a single image, are trained by TensorFlow's own kernel, which does in one pass what
takes a dozen of Keras' operations, with the same answers to rounding. The other backends compile such operations into
one by themselves. Instance norms of several images are left as they are: they must be transposed for the kernel, which
took a fiftieth longer.
"""

from functools import partial

import keras
from keras import layers, ops

from models.layers import has_kernels, normal, registered

# Of the moving statistics of batch norms in our own generator, which is trained for few steps.
MOMENTUM = 0.9


# By the name of Keras' own, from which its variables have theirs in checkpoints.
@registered
class BatchNormalization(layers.BatchNormalization):
    """Batch normalisation (Ioffe & Szegedy 2015), by one kernel where there is one."""

    def call(self, inputs, training=None):
        # The kernel is for images; capsules are maps of vectors, (n, h, w, t, d).
        if not (training and self.trainable and len(inputs.shape) == 4 and has_kernels()):
            return super().call(inputs, training=training)
        outputs, mean, variance = fused_batch_norm(inputs, self.gamma, self.beta, self.epsilon)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)


# By the name of Keras' own, too.
@registered
class GroupNormalization(layers.GroupNormalization):
    """Instance normalisation, which is group normalisation with a group a channel; of one image by the kernel."""

    def call(self, inputs):
        is_one_image = len(inputs.shape) == 4 and inputs.shape[0] == 1
        is_instance_norm = self.groups == inputs.shape[-1] and self.axis in (-1, 3)
        if not (is_one_image and is_instance_norm and has_kernels()):
            return super().call(inputs)
        scale = self.gamma if self.scale else ops.ones(inputs.shape[-1:])
        offset = self.beta if self.center else ops.zeros(inputs.shape[-1:])
        outputs, _, _ = fused_batch_norm(inputs, scale, offset, self.epsilon)
        return ops.cast(outputs, self.compute_dtype)


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


# Per image and channel, with a learned scale and shift (Ulyanov et al. 2016).
instance_norm = partial(GroupNormalization, groups=-1, epsilon=1e-5)
# As in pix2pix.
batch_norm = partial(BatchNormalization, epsilon=1e-5)
NORMS = {"instance": instance_norm, "layer": WholeImageNormalization, "batch": batch_norm}


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


def fused_batch_norm(x, gamma, beta, epsilon):
    """Normalise x (n, h, w, c) per channel by TensorFlow's kernel; gives that, and the means and variances (c,).

    Statistics are float32 whatever x is.
    """
    import tensorflow as tf

    gamma, beta = (ops.cast(weight, "float32") for weight in (gamma, beta))
    empty = ops.zeros((0,))
    outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=gamma, offset=beta, mean=empty, variance=empty, epsilon=epsilon, is_training=True
    )
    # The kernel's variance is of a sample, N / (N − 1) times that of the batch, for the moving statistics.
    count = ops.cast(ops.size(x) // ops.size(gamma), "float32")
    return outputs, mean, variance * (count - 1) / count
