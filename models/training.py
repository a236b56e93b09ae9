"""The train loop, from top to bottom: steps over numbered batches, so that it can begin at any of them."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import keras
from keras import ops

from data_loader.batches import Batches
from data_loader.files import Interrupted, NonFinite, UserError, first_line, only_process_in, progress_bar
from models.checkpoints import Checkpoints, Progress
from models.devices import is_first, most_of_processes, processes
from models.presets import training_options
from models.record import RunRecord
from models.same_run import CONFIG
from models.starting_weights import start_from

LONG_RUN_SECONDS = 3600
# What carries numbers between processes, as in what JAX raises, ValueErrors and RuntimeErrors, where one is gone.
TRANSPORT = ("Gloo", "NCCL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "coordination")
ANOTHER_RUN = "--lr-decay linear counts the steps of one run: build a new model for another run."


def train(model, flowers, run_dir=None, callbacks=(), preset="paper", data_dir=None, **settings):
    """Train as `ColorizationGAN.train` says; `preset` and `data_dir` are only told in config.json."""
    options = training_options(type(model).__name__, settings)
    if flowers.image_size != model.options.image_size:
        sizes = f"the images are {flowers.image_size} pixels and the model takes {model.options.image_size}"
        raise UserError(f"{sizes}: load the flowers with the model's image_size.")
    how = (options.batch_size, model.options.seed, model.paired, options.pairing, options.zoom, options.exposure)
    batches = Batches(flowers.split("train"), *how)
    # Says now what of the data does not suit the options.
    model.draws(batches, 0)
    steps = options.epochs * batches.steps_per_epoch
    set_rate(model, steps if options.lr_decay == "linear" else None)
    with _place_of(run_dir) as run_dir:
        record = RunRecord(run_dir, model, flowers, options, batches, preset, data_dir) if run_dir else None
        progress = record.begin(steps) if record else Progress()
        if model.rate_falls_over and int(model.optimizer.iterations) != progress.step:
            raise UserError(ANOTHER_RUN)
        total = min(steps, options.max_steps or steps)
        if progress.step >= total:
            print(f"This run is finished: {progress.step} steps are done, {total} were asked for.")
            if record and not record.samples_of(progress).exists():
                # The last call was killed between the last checkpoint and it.
                record.draw_samples(progress)
            return progress.step
        if not progress.step:
            if options.init:
                start_from(model, options.init)
            model.before_first_step(batches)
        else:
            print(f"Going on from step {progress.step} of {total}.")
        try:
            return _run_steps(model, batches, progress, total, options.epochs, record, callbacks)
        except NonFinite as error:
            saved = record and record.checkpoints.last.exists()
            left = f"The last good checkpoint is {record.checkpoints.last}." if saved else "There is no checkpoint."
            raise NonFinite(f"{error}. {left}") from None
        except (ValueError, RuntimeError) as error:
            reason = first_line(error)
            if processes() == 1 or not any(word in reason for word in TRANSPORT):
                raise
            told = "another process of this training has ended, or cannot be reached"
            raise UserError(f"{told} ({reason}): start all of them again with the same commands.") from error


@contextmanager
def _place_of(run_dir):
    """Yield where this process keeps the run, against other trainings there; None for none.

    Of several processes that train together one writes the run. The others go on from its checkpoint, too, each in a
    folder of its own that is removed at the end: so all of them compute the same, and none waits for another.
    """
    if run_dir is None:
        yield None
    elif is_first():
        with only_process_in(run_dir):
            yield run_dir
    else:
        with tempfile.TemporaryDirectory() as own:
            if (Path(run_dir) / CONFIG).exists():
                shutil.copytree(run_dir, own, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "samples"))
            yield own


def _run_steps(model, batches, progress, total, epochs, record, callbacks):
    """Train from `progress` to step `total`; callbacks are called as Keras' `fit` calls them."""
    per_epoch = batches.steps_per_epoch
    hooks = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=epochs, steps=per_epoch, verbose=0)
    model.stop_training = False
    bar = ProgressBar(progress.step, epochs, batches, total)
    with StopOnSignal() as stop, closing(bar.bar):
        hooks.on_train_begin()
        while progress.step < total and not (stop.received or model.stop_training):
            epoch, position = divmod(progress.step, per_epoch)
            if not position:
                progress.begin_epoch()
            hooks.on_epoch_begin(epoch)
            begun, end = progress.step, min((epoch + 1) * per_epoch, total)
            while progress.step < end and not (stop.received or model.stop_training):
                position = progress.step % per_epoch
                hooks.on_train_batch_begin(position)
                began = time.perf_counter()
                terms = model.train_on(model.batch(batches, progress.step))
                progress.add(terms, batches.images_in(progress.step), time.perf_counter() - began)
                stop.agree()
                hooks.on_train_batch_end(position, progress.means)
                bar.show(progress)
                if record:
                    record.after_step(progress)
            if progress.step == begun:
                # Stopped before its first step: the epoch before has been written.
                break
            # Also where the epoch breaks off: what is saved then is to have its colours fitted, too.
            model.after_epoch(batches)
            hooks.on_epoch_end(epoch, progress.means)
            # After the callbacks: what they changed is saved, too.
            if record:
                record.after_epoch(progress)
        if record and not stop.received:
            record.draw_samples(progress)
        hooks.on_train_end(progress.means)
    if stop.received and progress.step < total:
        raise Interrupted(stop.received, progress.step)
    return progress.step


class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate of `rate` over the first half of a run of `steps`, then linearly down to 0 at its end."""

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        left = 2 * (1 - ops.cast(step, "float32") / self.steps)
        return self.rate * ops.clip(left, 0.0, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


def set_rate(model, falls_over):
    """Let a model's learning rate fall over a run of so many steps, or with None stay as it is.

    A model that was trained with another rate before is a `UserError`: its compiled step would keep that.
    """
    if getattr(model, "rate_falls_over", falls_over) != falls_over:
        raise UserError(ANOTHER_RUN)
    model.rate_falls_over = falls_over
    if falls_over:
        model.optimizer.learning_rate = LinearDecay(model.options.learning_rate, falls_over)


def restore(model, run_dir, training):
    """Bring a new model, with a run's options, to the run's last checkpoint, to be used and not to be trained on.

    `training` are its training options, a dict. No checkpoint, or a damaged one, or another model's is a `UserError`.
    """
    # A falling rate has no variable in a checkpoint; over how many steps it falls does not matter here.
    set_rate(model, 1 if training.get("lr_decay") == "linear" else None)
    if Checkpoints(Path(run_dir) / "checkpoints").restore(model) is None:
        raise UserError(f"{run_dir} has no checkpoint yet: let its training reach the first one.")


class ProgressBar:
    """One bar for a whole run of `total` steps, in images, from step `first` on: rate, time left, epoch, loss terms."""

    def __init__(self, first, epochs, batches, total):
        self.first, self.epochs, self.batches, self.total = first, epochs, batches, total
        shown, images = batches.images_before(first), batches.images_before(total)
        how = {"delay": 0, "leave": True, "disable": not is_first()}
        self.bar = progress_bar(total=images, initial=shown, unit="image", **how)

    def show(self, progress):
        """Move on by the step that was just done."""
        epoch = min(self.epochs, (progress.step - 1) // self.batches.steps_per_epoch + 1)
        self.bar.set_description(f"epoch {epoch}/{self.epochs}", refresh=False)
        terms = " ".join(f"{name} {mean:.3f}" for name, mean in progress.means.items() if name != "loss")
        self.bar.set_postfix_str(terms, refresh=False)
        self.bar.update(self.batches.images_in(progress.step - 1))
        # The first step compiles; the ten after it tell how long the run takes.
        if progress.step == self.first + 1:
            self.timed_from = time.perf_counter()
        elif progress.step == self.first + 11:
            left = (self.total - progress.step) * (time.perf_counter() - self.timed_from) / 10
            if left > LONG_RUN_SECONDS and not self.bar.disable:
                self.bar.write(
                    f"This run will take about {left / 3600:.1f} hours. It may be stopped at any time (Ctrl-C) "
                    "and goes on with the same command. Quicker: --preset quick, or fewer --epochs.",
                    file=sys.stderr,
                )


class StopOnSignal:
    """A block in which the first Ctrl-C or SIGTERM is noted in `received`; a second one ends at once.

    Of several processes that train together each has received what one has, once all were at `agree`.
    """

    received = None
    noted = 0

    def __enter__(self):
        self.before = {}
        # Only the main thread may set handlers; elsewhere a signal is its owner's business.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def agree(self):
        """Wait until all processes are here, and stop with them where one of them was told to."""
        if processes() > 1:
            self.received = most_of_processes(self.noted) or None

    def _receive(self, number, frame):
        self.noted = number
        if processes() == 1:
            self.received = number
        self.__exit__()
        os.write(2, b"\nStopping after this step ...\n")
