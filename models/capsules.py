"""Capsule layers: vectors whose length says how likely a thing is, and routing by agreement between them.

Equations are those of Sabour, Frosst and Hinton 2017, "Dynamic Routing Between Capsules", the paper's [13]. All of
it runs in float32 whatever the precision.
"""

import math

import keras
from keras import layers, ops

# Inside the square root: the gradient of a norm at 0 is not finite otherwise.
EPSILON = 1e-7


def length(capsules):
    """‖v‖ of capsules (..., d): (...), from 0 to below 1 for squashed ones."""
    return ops.sqrt(ops.sum(ops.square(capsules), axis=-1) + EPSILON)


def squash(s):
    """Eq. 1 of [13], v = ‖s‖² / (1 + ‖s‖²) · s / ‖s‖: short vectors shrink to almost 0, long ones to below 1."""
    norm = length(s)[..., None]
    return norm / (1 + ops.square(norm)) * s


def route(votes, iterations=3, gradient="all"):
    """Routing by agreement, procedure 1 of [13].

    b = 0, then each round: c_ij = softmax over parents j of b_ij (Eq. 3), s_j = Σ_i c_ij û_j|i (Eq. 2),
    v_j = squash(s_j), and, but for the last round, b_ij += û_j|i · v_j.

    Args:
        votes: û_j|i, (..., children, parents, d).
        iterations: rounds, at least 1.
        gradient: "all" lets it flow through every round, "last" through the last one alone.

    Returns:
        v (..., parents, d) and the last couplings c (..., children, parents), which sum to 1 over the parents.
    """
    agreement = ops.zeros_like(votes[..., 0])
    held = ops.stop_gradient(votes) if gradient == "last" else votes
    for _ in range(iterations - 1):
        parents = squash(_weighted_sum(ops.softmax(agreement, axis=-1), held))
        agreement = agreement + ops.sum(held * parents[..., None, :, :], axis=-1)
    couplings = ops.softmax(agreement, axis=-1)
    return squash(_weighted_sum(couplings, votes)), couplings


def _weighted_sum(couplings, votes):
    return ops.sum(couplings[..., None] * votes, axis=-3)


class _Float32Layer(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})


@keras.saving.register_keras_serializable(package="colorization")
class Squash(_Float32Layer):
    """`squash` of the capsules that the channels of a feature map are: (n, h, w, t·d) to (n, h, w, t, d).

    Args:
        dimension: d, numbers a capsule.
    """

    def __init__(self, dimension, **kwargs):
        super().__init__(**kwargs)
        self.dimension = dimension

    def call(self, x):
        return squash(ops.reshape(x, (-1, *x.shape[1:-1], x.shape[-1] // self.dimension, self.dimension)))

    def get_config(self):
        return {**super().get_config(), "dimension": self.dimension}


class _RoutingLayer(_Float32Layer):
    """What both routing layers are made with; see them."""

    def __init__(self, parents, dimension, iterations=3, gradient="all", **kwargs):
        super().__init__(**kwargs)
        if parents < 2:
            raise ValueError("routing needs at least 2 parents: with one its softmax is 1 and changes nothing.")
        self.parents, self.dimension = parents, dimension
        self.iterations, self.gradient = iterations, gradient

    def _add_transform(self, children, child_dimension):
        """W_ij of û_j|i = W_ij u_i for all i and j, as one (children, d_i, parents · d_j)."""
        # Squash takes what is short to almost nothing, and the gradient with it. So that children of middling length
        # (‖u‖² = ½) and equal couplings (1 / parents) start with parents of middling length too, E‖s‖² is made 1.
        deviation = self.parents * math.sqrt(2 / (children * self.dimension))
        shape = (children, child_dimension, self.parents * self.dimension)
        initializer = keras.initializers.RandomNormal(stddev=deviation)
        self.transform = self.add_weight(shape=shape, initializer=initializer, name="transform")

    def _votes(self, children):
        """û_j|i = W_ij u_i (Eq. 2 of [13]): (..., children, d_i) to (..., children, parents, d_j)."""
        votes = ops.einsum("...id,idp->...ip", children, self.transform)
        return ops.reshape(votes, (-1, *votes.shape[1:-1], self.parents, self.dimension))

    def get_config(self):
        own = {"parents": self.parents, "dimension": self.dimension}
        return {**super().get_config(), **own, "iterations": self.iterations, "gradient": self.gradient}


@keras.saving.register_keras_serializable(package="colorization")
class RoutingCapsules(_RoutingLayer):
    """Fully connected capsules: every child votes for every parent, and routing weighs the votes.

    Args:
        parents: capsules of this layer, at least 2.
        dimension: numbers a parent.
        iterations, gradient: of `route`.

    Input (n, children, d) or a map of capsules (n, h, w, t, d), output (n, parents, dimension).

    Raises:
        ValueError: fewer than 2 parents.
    """

    def build(self, input_shape):
        self.children = 1
        for size in input_shape[1:-1]:
            self.children *= size
        self._add_transform(self.children, input_shape[-1])

    def call(self, capsules):
        children = ops.reshape(capsules, (-1, self.children, capsules.shape[-1]))
        return route(self._votes(children), self.iterations, self.gradient)[0]


@keras.saving.register_keras_serializable(package="colorization")
class ConvolutionalCapsules(_RoutingLayer):
    """Capsules over a map: at each place the 3×3 places around it vote, with the same W everywhere.

    Args:
        parents: types of capsules of this layer, at least 2.
        dimension: numbers a capsule.
        stride: 1 or 2; places are padded with zeros, which vote for nothing.
        iterations, gradient: of `route`.

    Input (n, h, w, t, d), output (n, ⌈h / stride⌉, ⌈w / stride⌉, parents, dimension).

    Raises:
        ValueError: fewer than 2 parents.
    """

    def __init__(self, parents, dimension, stride=1, **kwargs):
        super().__init__(parents, dimension, **kwargs)
        self.stride = stride

    def build(self, input_shape):
        self._add_transform(9 * input_shape[-2], input_shape[-1])

    def call(self, capsules):
        _, height, width, _, _ = capsules.shape
        padded = ops.pad(capsules, ((0, 0), (1, 1), (1, 1), (0, 0), (0, 0)))
        neighbours = [
            padded[:, row : row + height : self.stride, column : column + width : self.stride]
            for row in range(3)
            for column in range(3)
        ]
        return route(self._votes(ops.concatenate(neighbours, axis=-2)), self.iterations, self.gradient)[0]

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="colorization")
class Lengths(_Float32Layer):
    """‖v‖ of each capsule: (..., parents, d) to (..., parents)."""

    def call(self, capsules):
        return length(capsules)


@keras.saving.register_keras_serializable(package="colorization")
class RealOverFake(_Float32Layer):
    """The logit of two capsules, ‖v_real‖ − ‖v_fake‖: lengths (..., 2) to (..., 1), within (−1, 1)."""

    def call(self, lengths):
        return lengths[..., :1] - lengths[..., 1:]
