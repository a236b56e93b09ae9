"""The train loop: one `fit` an epoch over numbered batches, so that it can begin at any step."""

from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from data_loader.batches import Batches
from data_loader.errors import UserError
from models import callbacks as beside
from models.checkpoints import Checkpoints, Progress
from models.errors import Interrupted, NonFinite
from models.files import only_process_in, write_text
from models.learning_rate import require_rate_of_step, set_rate
from models.options import TrainingOptions, decides_what_is_learned
from models.presets import of_preset
from models.records import CheckpointSaver, MetricsFile, SampleImages

SAMPLE_ROWS = 4


class Steps(keras.utils.PyDataset):
    """The batches from step `first` to before step `last` of a run, as `fit` wants them: (x, color).

    x is gray or, where the model draws something for a step, a dict of gray and the draws.
    """

    def __init__(self, model, batches, first, last):
        super().__init__()
        self.model, self.batches, self.first, self.last = model, batches, first, last

    def __len__(self):
        return self.last - self.first

    def __getitem__(self, position):
        step = self.first + position
        gray, color = self.batches.batch(step)
        draws = self.model.draws(self.batches, step)
        return ({"gray": gray} | draws if draws else gray), color


def train_epochs(model, flowers, run_dir=None, **training):
    """Train `model` on `flowers`; see `ColorizationGAN.train`."""
    options = TrainingOptions(**of_preset(TrainingOptions, "paper", type(model.options)) | training)
    if flowers.image_size != model.options.image_size:
        raise UserError(
            f"the images are {flowers.image_size} pixels and the model takes {model.options.image_size}: "
            "load the flowers with the model's image_size."
        )
    batches = Batches(flowers.split("train"), options.batch_size, model.options.seed, model.paired, options.pairing)
    # Says now what of the data does not suit the options.
    model.draws(batches, 0)
    set_rate(model, options.epochs * batches.steps_per_epoch if options.lr_decay == "linear" else None)
    if run_dir is None:
        return _train(model, options, batches, Progress(), None, [])
    with only_process_in(run_dir):
        learned = asdict(model.options) | asdict(options) | {"images": flowers.digest}
        defaults = asdict(type(model.options)()) | asdict(TrainingOptions())
        checkpoints = Checkpoints(Path(run_dir) / "checkpoints", decides_what_is_learned(learned), defaults)
        progress = checkpoints.restore(model) or Progress()
        for name, text in model.record(batches).items():
            write_text(Path(run_dir) / name, text)
        record = _record(model, flowers, Path(run_dir), options, progress, batches, checkpoints)
        return _train(model, options, batches, progress, checkpoints, record)


def restore(model, run_dir, training):
    """Bring a new model to the last checkpoint of a run, to be used and not to be trained on.

    Args:
        model: with the options of the run.
        run_dir: of the run.
        training: its training options.

    Raises:
        UserError: there is no checkpoint, or it is damaged or another model's.
    """
    # A falling rate has no variable in a checkpoint; over how many steps it falls does not matter here.
    set_rate(model, 1 if training.get("lr_decay") == "linear" else None)
    if Checkpoints(Path(run_dir) / "checkpoints").restore(model) is None:
        raise UserError(f"{run_dir} has no checkpoint yet: let its training reach the first one.")


def _train(model, options, batches, progress, checkpoints, record):
    """Train from `progress` to the end that the options set; `record` are the callbacks that write."""
    require_rate_of_step(model, progress.step)
    per_epoch = batches.steps_per_epoch
    total = min(options.epochs * per_epoch, options.max_steps or options.epochs * per_epoch)
    if progress.step:
        saver = record[-1]
        # It may be missing or stale where the last call was killed.
        saver.save_generator(model)
        if progress.step >= total:
            print(f"This run is finished: {progress.step} steps are done, {total} were asked for.")
            return progress.step
        print(f"Going on from step {progress.step} of {total}.")
    counter = beside.StepCounter(progress, per_epoch)
    bar = beside.ProgressBar(progress, model.terms, options.epochs, batches, total)
    stop = beside.StopOnSignal()
    watch = [counter, beside.StopOnNonFinite(progress, model.terms), bar, *_matcher(model, batches), *record, stop]
    try:
        bar.open()
        with stop:
            while progress.step < total and not stop.received:
                epoch = progress.step // per_epoch
                model.fit(
                    Steps(model, batches, progress.step, min((epoch + 1) * per_epoch, total)),
                    initial_epoch=epoch,
                    epochs=epoch + 1,
                    verbose=0,
                    # `fit` would shuffle the order of the batches by a state that no checkpoint holds.
                    shuffle=False,
                    callbacks=watch,
                )
            if record and not stop.received:
                record[1].draw(model)
    except NonFinite as error:
        left = checkpoints and checkpoints.last.exists() and f"The last good checkpoint is {checkpoints.last}."
        raise NonFinite(f"{error}. {left or 'There is no checkpoint.'}") from None
    finally:
        bar.close()
    if stop.received and progress.step < total:
        raise Interrupted(stop.received, progress.step)
    return progress.step


def _matcher(model, batches):
    """What gives the images the photographs' amount of colour, if the model asks for it."""
    share = getattr(model.options, "match_colorfulness", 0)
    if not share:
        return []
    # Brings the measures and their libraries along, which no other training needs.
    from models.chroma_matching import ChromaMatcher

    return [ChromaMatcher(batches, share, model.options.match_contrast)]


def _record(model, flowers, run_dir, options, progress, batches, checkpoints):
    """The callbacks that write to a run directory, in the order in which they must run."""
    per_epoch = batches.steps_per_epoch
    held_out = flowers.split("val" if (flowers.split_of == "val").any() else "train")
    shown = np.linspace(0, len(held_out) - 1, min(SAMPLE_ROWS, len(held_out))).astype(int)
    photographs = held_out.color(shown)
    return [
        MetricsFile(run_dir / "metrics.csv", progress, model.terms, batches),
        SampleImages(run_dir / "samples", options.sample_interval, photographs, progress, per_epoch),
        CheckpointSaver(checkpoints, run_dir, options.checkpoint_interval, progress, per_epoch),
    ]
