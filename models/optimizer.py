"""Adam with what our models need beyond Keras': learning rates of their own for some weights, and averaged weights."""

from contextlib import contextmanager

import keras
from keras import ops

from models.layers import has_kernels


def adam(learning_rate, beta1, beta2, momentum=0.0, factors=()):
    """Adam that keeps an average of the weights where `momentum` is not 0, with `factors` as in `RatedAdam`."""
    if momentum:
        return AveragingAdam(learning_rate, beta1, beta2, momentum, factors)
    # For its own class alone Keras has PyTorch's Adam for many weights at once.
    kind = RatedAdam if factors or has_kernels() else keras.optimizers.Adam
    return kind(learning_rate, beta1, beta2, **({"factors": factors} if factors else {}))


class RatedAdam(keras.optimizers.Adam):
    """Adam whose learning rate is multiplied by a factor for some variables, by one kernel where there is one.

    `factors` are pairs of a factor and its variables; all others have 1. TensorFlow's kernel goes once over a weight
    and what is kept of it, which Keras' operations read and write a dozen times, and a graph of one operation a weight
    is soon made. JAX's compiler sees to it by itself.
    """

    def __init__(self, learning_rate, beta1, beta2, factors=(), **settings):
        super().__init__(learning_rate, beta1, beta2, **settings)
        self.factor_of = {id(variable): factor for factor, variables in factors for variable in variables}

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        # Not in `update_step`, for one variable, which gets those of the backend instead of Keras' own.
        groups = {}
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            groups.setdefault(self.factor_of.get(id(variable), 1.0), []).append((gradient, variable))
        # Its kernel's constants are float32.
        has_kernel = has_kernels() and all(variable.dtype == "float32" for variable in trainable_variables)
        step = self._step_by_kernels if has_kernel else super()._backend_update_step
        for factor, pairs in groups.items():
            step(*map(list, zip(*pairs, strict=True)), learning_rate * factor)

    def _step_by_kernels(self, gradients, variables, learning_rate):
        import tensorflow as tf

        step = ops.cast(self.iterations + 1, "float32")
        powers = {"beta1_power": ops.power(self.beta_1, step), "beta2_power": ops.power(self.beta_2, step)}
        settings = {"lr": learning_rate, "beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon}
        for gradient, variable in zip(gradients, variables, strict=True):
            index = self._get_variable_index(variable)
            kept = {"m": self._momentums[index].value.handle, "v": self._velocities[index].value.handle}
            tf.raw_ops.ResourceApplyAdam(var=variable.value.handle, grad=gradient, **kept, **settings, **powers)


class AveragingAdam(RatedAdam):
    """Adam that keeps a moving average of the weights beside them.

    Keras would put the average in the weights' place at the end of a `fit`; here the weights train on, and `averaged`
    shows the average where images are made. The average's momentum grows as (1 + t) / (10 + t) with step t up to
    `momentum`, so that the start is soon forgotten.
    """

    def __init__(self, learning_rate, beta1, beta2, momentum, factors=()):
        super().__init__(learning_rate, beta1, beta2, factors, use_ema=True, ema_momentum=momentum)

    @property
    def ema_momentum(self):
        step = ops.cast(self.iterations, "float32")
        return ops.minimum(self.final_momentum, (1 + step) / (10 + step))

    @ema_momentum.setter
    def ema_momentum(self, momentum):
        self.final_momentum = momentum

    def _update_model_variables_moving_average(self, trainable_variables):
        if not has_kernels():
            super()._update_model_variables_moving_average(trainable_variables)
            return
        import tensorflow as tf

        # As Keras does: the first step's weights are the first average.
        momentum = self.ema_momentum * ops.cast(self.iterations > 0, "float32")
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            # The kernel's name says what else it is for; it is average −= (1 − momentum) · (average − variable).
            tf.raw_ops.ResourceApplyGradientDescent(
                var=average.value.handle, alpha=1 - momentum, delta=average.value - variable.value
            )

    def finalize_variable_values(self, var_list):
        """Leave the weights as they are; see the class."""

    @contextmanager
    def averaged(self, variables):
        """Let the variables, all that this optimizer trains, hold their averages within the block."""
        if not int(self.iterations):
            # Nothing was averaged yet.
            yield
            return
        trained = [ops.convert_to_numpy(variable) for variable in variables]
        super().finalize_variable_values(variables)
        for variable in variables:
            # On JAX it now holds the average's own array, whose memory a prediction would take for itself.
            variable.assign(ops.copy(variable))
        try:
            yield
        finally:
            for variable, value in zip(variables, trained, strict=True):
                variable.assign(value)
