"""A learning rate that falls over a run (CycleGAN's schedule; the paper names none)."""

import keras
from keras import ops

from data_loader.errors import UserError

ANOTHER_RUN = "--lr-decay linear counts the steps of one run: build a new model for another run."


class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Constant over the first half of a run, then linearly down to 0 at its end.

    Args:
        rate: of the first half.
        steps: of the whole run.
    """

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        left = 2 * (1 - ops.cast(step, "float32") / self.steps)
        return self.rate * ops.clip(left, 0.0, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


def set_rate(model, falls_over):
    """Let a model's learning rate fall over a run of so many steps, or with None stay as it is.

    Raises:
        UserError: the model was trained with another schedule before; its compiled step would keep that.
    """
    if getattr(model, "rate_falls_over", falls_over) != falls_over:
        raise UserError(ANOTHER_RUN)
    model.rate_falls_over = falls_over
    if falls_over:
        model.optimizer.learning_rate = LinearDecay(model.options.learning_rate, falls_over)


def require_rate_of_step(model, step):
    """Raise a `UserError` where the rate would fall by other steps than the run's, as in a model's second run."""
    if model.rate_falls_over and int(model.optimizer.iterations) != step:
        raise UserError(ANOTHER_RUN)
