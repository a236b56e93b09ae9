"""Noise in the normalisation layers: how a generator takes z (§3.3, after Dumoulin et al., the paper's [15])."""

import keras
from keras import layers

from models.layers import NORMS, normal


def normalization(norm, noise=None, z=None):
    """A function that normalises a tensor, each time with a layer of its own; what z says decides, where there is z."""
    if z is None:
        return lambda x: NORMS[norm]()(x)
    return lambda x: ConditionalNormalization(norm, noise)([x, z])


@keras.saving.register_keras_serializable(package="colorization")
class ConditionalNormalization(layers.Layer):
    """Normalise, then scale and shift each channel by what z says: conditional instance normalisation.

    noise "normal" (the text, z ~ N(0, I)): (1 + γ(z)) · x̂ + β(z), with γ and β linear in z.
    noise "uniform" (the published code): ReLU(γ(z)) · x̂ + ReLU(β(z)), with γ and β 1×1 convolutions of z, which
    on a vector are linear layers with a bias; x̂ is normalised per channel there, whatever the other networks do.

    Args:
        norm: "instance" or "layer", what x̂ is normalised over.
        noise: "normal" or "uniform".

    Inputs x (n, h, w, c) and z (n, d), output (n, h, w, c).
    """

    def __init__(self, norm="instance", noise="normal", **kwargs):
        super().__init__(**kwargs)
        self.norm, self.noise = norm, noise
        self.normalize = layers.GroupNormalization(-1, epsilon=1e-5, center=False, scale=False, dtype=self.dtype_policy)
        if norm == "layer" and noise == "normal":
            self.normalize = NORMS["layer"](dtype=self.dtype_policy)

    def build(self, input_shapes):
        image, z = input_shapes
        self.normalize.build(image)
        released = self.noise == "uniform"
        settings = {"activation": "relu", "use_bias": True} if released else {"use_bias": False}
        initializer = keras.initializers.GlorotUniform if released else normal
        self.gamma, self.beta = (
            # A fresh initializer each, or both would start as the same numbers.
            layers.Dense(image[-1], kernel_initializer=initializer(), dtype=self.dtype_policy, **settings)
            for _ in range(2)
        )
        self.gamma.build(z)
        self.beta.build(z)

    def call(self, inputs):
        x, z = inputs
        scale = self.gamma(z) if self.noise == "uniform" else 1 + self.gamma(z)
        return self.normalize(x) * scale[:, None, None, :] + self.beta(z)[:, None, None, :]

    def compute_output_shape(self, input_shapes):
        return input_shapes[0]

    def get_config(self):
        return {**super().get_config(), "norm": self.norm, "noise": self.noise}
