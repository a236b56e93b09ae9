"""A learning rate that falls over a run (CycleGAN's schedule; the paper names none)."""

import keras
from keras import ops


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
