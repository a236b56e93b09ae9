"""How a training run can end otherwise than well. Nothing is imported here, so that any script may."""


class NonFinite(ArithmeticError):
    """A loss or a weight became NaN or infinite; the message says which, when, and what is left."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM (`signal_number`) ended a run; a checkpoint of its last step is written."""

    def __init__(self, signal_number, step):
        super().__init__(f"Stopped after step {step}, all saved. The same command goes on from there")
        self.signal_number, self.step = signal_number, step
