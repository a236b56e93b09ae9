"""What happens beside the steps of a training run: counting, a progress bar, and stopping."""

import math
import os
import signal
import sys
import threading
import time

import keras

from data_loader.progress import progress_bar
from models.errors import NonFinite

LONG_RUN_SECONDS = 3600


class StepCounter(keras.callbacks.Callback):
    """Count steps and their seconds into `progress`; every other callback reads it there."""

    def __init__(self, progress, steps_per_epoch):
        super().__init__()
        self.progress, self.steps_per_epoch = progress, steps_per_epoch

    def on_epoch_begin(self, epoch, logs=None):
        if self.progress.step % self.steps_per_epoch == 0:
            self.progress.epoch_seconds = 0.0
        elif self.progress.running_means:
            # `fit` has just reset them; this epoch's row is to be as if it had not been broken off.
            for variable, value in zip(self.model.metrics_variables, self.progress.running_means, strict=True):
                variable.assign(value)
        self.progress.running_means = ()

    def on_train_batch_begin(self, batch, logs=None):
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self.progress.step += 1
        self.progress.epoch_seconds += time.perf_counter() - self.started


class StopOnNonFinite(keras.callbacks.Callback):
    """End the run at the first loss term that is NaN or infinite."""

    def __init__(self, progress, terms):
        super().__init__()
        self.progress, self.terms = progress, terms

    def on_train_batch_end(self, batch, logs=None):
        # A term's running mean is not finite from the first step on in which the term is not.
        for term in self.terms:
            if not math.isfinite(logs[term]):
                raise NonFinite(f"loss term {term} is {logs[term]} at step {self.progress.step}")


class ProgressBar(keras.callbacks.Callback):
    """One bar for the whole run, in images: rate, time left, epoch and the loss terms."""

    def __init__(self, progress, terms, epochs, batches, total_steps):
        super().__init__()
        self.progress, self.terms = progress, terms
        self.epochs, self.batches, self.total_steps = epochs, batches, total_steps
        self.bar = None
        self.timed_from = None

    def open(self):
        """Show the bar, with what earlier calls did already filled in."""
        shown, total = (self.batches.images_before(step) for step in (self.progress.step, self.total_steps))
        self.bar = progress_bar(total=total, initial=shown, unit="image", delay=0, leave=True)

    def close(self):
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()

    def on_train_batch_end(self, batch, logs=None):
        step = self.progress.step
        epoch = min(self.epochs, (step - 1) // self.batches.steps_per_epoch + 1)
        self.bar.set_description(f"epoch {epoch}/{self.epochs}", refresh=False)
        self.bar.set_postfix_str(" ".join(f"{term} {logs[term]:.3f}" for term in self.terms), refresh=False)
        self.bar.update(self.batches.images_before(step) - self.batches.images_before(step - 1))
        self._tell_if_long(step)

    def _tell_if_long(self, step):
        # The first step compiles; the ten after it tell how long the run takes.
        if self.timed_from is None:
            self.timed_from = step, time.perf_counter()
        since_step, since = self.timed_from
        if step - since_step == 10:
            left = (self.total_steps - step) * (time.perf_counter() - since) / 10
            if left > LONG_RUN_SECONDS:
                self.bar.write(
                    f"This run will take about {left / 3600:.1f} hours. It may be stopped at any time (Ctrl-C) "
                    "and goes on with the same command. Quicker: --preset quick, or fewer --epochs.",
                    file=sys.stderr,
                )


class StopOnSignal(keras.callbacks.Callback):
    """On the first Ctrl-C or SIGTERM let the step finish and end the training; a second one ends at once."""

    def __init__(self):
        super().__init__()
        self.received = None

    def __enter__(self):
        self.before = {}
        # Only the main thread may set handlers; elsewhere a signal is its owner's business.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *error):
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _receive(self, number, frame):
        self.received = number
        self.__exit__()
        os.write(2, b"\nStopping after this step ...\n")

    def on_train_batch_end(self, batch, logs=None):
        if self.received:
            self.model.stop_training = True
