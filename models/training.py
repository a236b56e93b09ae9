"""The train loop: one `fit` an epoch over numbered batches, so that it can begin at any step."""

from dataclasses import asdict
from pathlib import Path

import keras

from data_loader.batches import Batches
from data_loader.errors import UserError
from models import callbacks as beside
from models.checkpoints import Checkpoints, NonFinite, Progress
from models.options import RESUMABLE, TrainingOptions
from models.records import CheckpointSaver, MetricsFile, SampleImages

SAMPLE_ROWS = 4


class Steps(keras.utils.PyDataset):
    """The batches from step `first` to before step `last` of a run, as `fit` wants them."""

    def __init__(self, batches, first, last):
        super().__init__()
        self.batches, self.first, self.last = batches, first, last

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, position):
        return self.batches.batch(self.first + position)


def train_epochs(model, flowers, run_dir=None, **training):
    """Train `model` on `flowers`; see `ColorizationGAN.train`."""
    options = TrainingOptions(**training)
    if flowers.image_size != model.options.image_size:
        raise UserError(
            f"the images are {flowers.image_size} pixels and the model takes {model.options.image_size}: "
            "load the flowers with the model's image_size."
        )
    batches = Batches(flowers.split("train"), options.batch_size, model.options.seed, model.paired, options.pairing)
    per_epoch = batches.steps_per_epoch
    total = options.epochs * per_epoch
    total = min(total, options.max_steps or total)
    learned = asdict(model.options) | asdict(options) | {"images": flowers.digest}
    learned = {name: value for name, value in learned.items() if name not in RESUMABLE}
    checkpoints = Checkpoints(Path(run_dir) / "checkpoints", learned) if run_dir else None
    progress = (checkpoints and checkpoints.restore(model)) or Progress()
    if progress.step >= total:
        return progress.step

    counter = beside.StepCounter(progress, per_epoch)
    bar = beside.ProgressBar(progress, model.terms, options.epochs, batches, total)
    stop = beside.StopOnSignal()
    record = _record(model, flowers, Path(run_dir), options, progress, batches, checkpoints) if run_dir else []
    try:
        bar.open()
        with stop:
            while progress.step < total and not stop.received:
                epoch = progress.step // per_epoch
                steps = Steps(batches, progress.step, min((epoch + 1) * per_epoch, total))
                model.fit(
                    steps,
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    verbose=0,
                    # `fit` would shuffle the order of the batches by a state that no checkpoint holds.
                    shuffle=False,
                    callbacks=[counter, beside.StopOnNonFinite(progress, model.terms), bar, *record, stop],
                )
            if record and not stop.received:
                record[1].draw(model)
    except NonFinite as error:
        left = checkpoints and checkpoints.last.exists() and f"The last good checkpoint is {checkpoints.last}."
        raise NonFinite(f"{error}. {left or 'There is no checkpoint.'}") from None
    finally:
        bar.close()
    if stop.received:
        raise beside.Interrupted(stop.received, progress.step)
    return progress.step


def _record(model, flowers, run_dir, options, progress, batches, checkpoints):
    """The callbacks that write to a run directory, in the order in which they must run."""
    per_epoch = batches.steps_per_epoch
    held_out = "val" if (flowers.split_of == "val").any() else "train"
    photographs = flowers.split(held_out).color()[:: max(1, (flowers.split_of == held_out).sum() // SAMPLE_ROWS)]
    return [
        MetricsFile(run_dir / "metrics.csv", progress, model.terms, batches),
        SampleImages(run_dir / "samples", options.sample_interval, photographs[:SAMPLE_ROWS], progress, per_epoch),
        CheckpointSaver(checkpoints, run_dir / "generator.keras", options.checkpoint_interval, progress, per_epoch),
    ]
