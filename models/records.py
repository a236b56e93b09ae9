"""What a training run writes into its directory: metrics, sample grids, checkpoints."""

import csv
import os
import shutil
import sys
import time
from pathlib import Path

import keras

from models.colorizing import generators_of
from models.files import replacing

CHECKPOINT_SECONDS = 300
KEPT_GENERATORS = 3


class MetricsFile(keras.callbacks.Callback):
    """`metrics.csv`: a row a finished epoch with the mean of each term, seconds and images a second.

    Seconds are those of the steps alone. An epoch that was broken off and resumed has one row, over all its
    steps; an epoch that was not finished has none.
    """

    def __init__(self, file, progress, terms, batches):
        super().__init__()
        self.file, self.progress, self.terms, self.batches = Path(file), progress, terms, batches

    def on_epoch_end(self, epoch, logs=None):
        if self.progress.step % self.batches.steps_per_epoch:
            return
        seconds = self.progress.epoch_seconds
        row = {"epoch": epoch + 1, "step": self.progress.step}
        row |= {name: f"{logs[name]:.6g}" for name in (*self.terms, "loss")}
        row |= {"seconds": f"{seconds:.1f}", "images_per_second": f"{self.batches.images_per_epoch / seconds:.2f}"}
        rows = [old for old in self._rows() if int(old["epoch"]) <= epoch]
        with replacing(self.file) as scratch, scratch.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, row)
            writer.writeheader()
            writer.writerows([*rows, row])

    def _rows(self):
        """The rows that are there; a file that cannot be read as such is moved aside."""
        if not self.file.exists():
            return []
        try:
            with self.file.open(newline="") as stream:
                rows = list(csv.DictReader(stream))
            if all(row["epoch"].isdigit() for row in rows):
                return rows
        except (KeyError, AttributeError, ValueError, csv.Error):
            pass
        aside = self.file.with_name("metrics-damaged.csv")
        os.replace(self.file, aside)
        print(f"{self.file} cannot be read and is now {aside.name}; a new one begins.", file=sys.stderr)
        return []


class SampleImages(keras.callbacks.Callback):
    """A grid of samples every `interval` steps, as samples/EPOCH_STEP.png."""

    def __init__(self, folder, interval, photographs, progress, steps_per_epoch):
        super().__init__()
        self.folder, self.interval, self.photographs = Path(folder), interval, photographs
        self.progress, self.steps_per_epoch = progress, steps_per_epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.interval and self.progress.step % self.interval == 0:
            self.draw(self.model)

    def draw(self, model):
        """Write the grid of the current step."""
        epoch = -(-self.progress.step // self.steps_per_epoch)
        model.sample_images(self.photographs, self.folder / f"{epoch:03d}_{self.progress.step:06d}.png")


class CheckpointSaver(keras.callbacks.Callback):
    """A checkpoint and `generator.keras` at every epoch, every five minutes, and every `interval` steps if not 0.

    The colorizers of the last `KEPT_GENERATORS` epochs stay in generators/, so that scores can be means over them.
    """

    def __init__(self, checkpoints, run_dir, interval, progress, steps_per_epoch):
        super().__init__()
        self.checkpoints, self.run_dir, self.interval = checkpoints, Path(run_dir), interval
        self.progress, self.steps_per_epoch = progress, steps_per_epoch
        self.saved_step, self.saved_at = progress.step, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        # The one at the end of an epoch waits for the epoch's row in metrics.csv.
        if self.progress.step % self.steps_per_epoch == 0:
            return
        due = self.interval and self.progress.step % self.interval == 0
        if due or time.monotonic() - self.saved_at > CHECKPOINT_SECONDS:
            self.save(self.model)

    def on_epoch_end(self, epoch, logs=None):
        self.save(self.model)

    def save(self, model):
        """Save, unless this step is saved already."""
        if self.saved_step == self.progress.step:
            return
        self.checkpoints.save(model, self.progress)
        self.save_generator(model)
        self.saved_step, self.saved_at = self.progress.step, time.monotonic()

    def save_generator(self, model):
        """Write `generator.keras`, the colorizer alone, and at the end of an epoch generators/epoch_NNN.keras."""
        last = self.run_dir / "generator.keras"
        with replacing(last) as scratch:
            model.save_colorizer(scratch)
        epoch, rest = divmod(self.progress.step, self.steps_per_epoch)
        if rest:
            return
        with replacing(self.run_dir / "generators" / f"epoch_{epoch:03d}.keras") as scratch:
            shutil.copyfile(last, scratch)
        for old in generators_of(self.run_dir)[:-KEPT_GENERATORS]:
            old.unlink()
