"""An average of the weights over the steps, which makes steadier images than the weights of any one step."""

from contextlib import contextmanager

import keras
from keras import ops


class AveragingAdam(keras.optimizers.Adam):
    """Adam that keeps a moving average of the weights beside them.

    Keras would put the average in the weights' place at the end of every `fit`, and a run is one `fit` an epoch;
    here the weights train on, and `averaged` shows the average where images are made.

    Args:
        learning_rate, beta1, beta2: Adam's.
        momentum: of the average. It grows as (1 + t) / (10 + t) with step t up to this value, so that the start
            is soon forgotten.
    """

    def __init__(self, learning_rate, beta1, beta2, momentum):
        super().__init__(learning_rate, beta1, beta2, use_ema=True, ema_momentum=momentum)

    @property
    def ema_momentum(self):
        """Momentum of the current step."""
        step = ops.cast(self.iterations, "float32")
        return ops.minimum(self.most, (1 + step) / (10 + step))

    @ema_momentum.setter
    def ema_momentum(self, momentum):
        self.most = momentum

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
