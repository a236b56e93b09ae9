"""Capsule layers: vectors whose length says how likely a thing is, and routing by agreement between them.

Equations are those of Sabour, Frosst and Hinton 2017, "Dynamic Routing Between Capsules", the paper's [13]. All of
it runs in float32 whatever the precision.
"""

import math

import keras
from keras import ops

from models.layers import Float32Layer, registered

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
    """Routing by agreement, procedure 1 of [13], of votes û_j|i (..., children, parents, d).

    b = 0, then in each of the `iterations`: c_ij = softmax over parents j of b_ij (Eq. 3), s_j = Σ_i c_ij û_j|i
    (Eq. 2), v_j = squash(s_j), and, but for the last, b_ij += û_j|i · v_j. The gradient flows through "all" of them or
    the "last". Gives v (..., parents, d) and the last couplings c (..., children, parents), which sum to 1 over j.
    """
    agreement = ops.zeros_like(votes[..., 0])
    for to_come in reversed(range(iterations)):
        seen = ops.stop_gradient(votes) if to_come and gradient == "last" else votes
        couplings = ops.softmax(agreement, axis=-1)
        parents = squash(ops.sum(couplings[..., None] * seen, axis=-3))
        if to_come:
            agreement = agreement + ops.sum(seen * parents[..., None, :, :], axis=-1)
    return parents, couplings


@registered
class Squash(Float32Layer):
    """Channels as capsules of `dimension` numbers, squashed: (n, h, w, t · d) to (n, h, w, t, d)."""

    def __init__(self, dimension, **kwargs):
        super().__init__(**kwargs)
        self.dimension = dimension

    def call(self, x):
        return squash(ops.reshape(x, (-1, *x.shape[1:-1], x.shape[-1] // self.dimension, self.dimension)))


@registered
class RoutingCapsules(Float32Layer):
    """Fully connected capsules: every child votes for each of at least 2 parents, and `route` weighs the votes.

    Input (n, children, d) or a map of capsules (n, h, w, t, d), output (n, parents, dimension).
    """

    def __init__(self, parents, dimension, iterations=3, gradient="all", **kwargs):
        super().__init__(**kwargs)
        if parents < 2:
            raise ValueError("routing needs at least 2 parents: with one its softmax is 1 and changes nothing.")
        self.parents, self.dimension = parents, dimension
        self.iterations, self.gradient = iterations, gradient

    def build(self, input_shape):
        self.children = math.prod(input_shape[1:-1])
        self.add_transform(self.children, input_shape[-1])

    def call(self, capsules):
        return self.parents_of(ops.reshape(capsules, (-1, self.children, capsules.shape[-1])))

    def add_transform(self, children, child_dimension):
        """W_ij of û_j|i = W_ij u_i for all i and j, as one weight (children, d_i, parents · d_j)."""
        # Squash takes what is short to almost nothing, and the gradient with it. So that children of middling length
        # (‖u‖² = ½) and equal couplings (1 / parents) start with parents of middling length too, E‖s‖² is made 1.
        deviation = self.parents * math.sqrt(2 / (children * self.dimension))
        shape = (children, child_dimension, self.parents * self.dimension)
        initializer = keras.initializers.RandomNormal(stddev=deviation)
        self.transform = self.add_weight(shape=shape, initializer=initializer, name="transform")

    def parents_of(self, children):
        """Votes û_j|i = W_ij u_i (Eq. 2 of [13]), routed: (..., children, d_i) to (..., parents, d_j)."""
        votes = ops.einsum("...id,idp->...ip", children, self.transform)
        votes = ops.reshape(votes, (-1, *votes.shape[1:-1], self.parents, self.dimension))
        return route(votes, self.iterations, self.gradient)[0]


@registered
class ConvolutionalCapsules(RoutingCapsules):
    """Capsules over a map: at each place the 3×3 places around it vote, with the same W everywhere.

    Input (n, h, w, t, d), output (n, ⌈h / stride⌉, ⌈w / stride⌉, parents, dimension), stride 1 or 2. Places beyond the
    edge are zeros, which vote for nothing. Other arguments are those of `RoutingCapsules`.
    """

    def __init__(self, parents, dimension, stride=1, **kwargs):
        super().__init__(parents, dimension, **kwargs)
        self.stride = stride

    def build(self, input_shape):
        self.add_transform(9 * input_shape[-2], input_shape[-1])

    def call(self, capsules):
        _, height, width, _, _ = capsules.shape
        padded = ops.pad(capsules, ((0, 0), (1, 1), (1, 1), (0, 0), (0, 0)))
        neighbours = [
            padded[:, row : row + height : self.stride, column : column + width : self.stride]
            for row in range(3)
            for column in range(3)
        ]
        return self.parents_of(ops.concatenate(neighbours, axis=-2))
