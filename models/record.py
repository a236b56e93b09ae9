"""What a training run leaves in its directory: config.json, tables of its losses, grids, checkpoints, colorizers."""

import csv
import json
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path

import keras
import numpy as np

from data_loader.files import UserError, replacing, usable_cpus, write_text
from models.brightness import BrightnessWatch
from models.checkpoints import Checkpoints, Progress
from models.colorizing import generators_of
from models.devices import devices_in_use, is_first, processes
from models.options import TrainingOptions
from models.precision import has_card
from models.presets import script_of
from models.same_run import CONFIG, require_same_run, what_is_learned

CHECKPOINT_SECONDS = 300
KEPT_GENERATORS = 3
SAMPLE_ROWS = 4
INCHES_AN_IMAGE = 1.5
# What of a run's machine is told again where it goes on elsewhere.
ON_WHAT = ("backend", "cpus", "accelerator")


class RunRecord:
    """Writes a run's directory while it trains with `TrainingOptions`; `preset` and `data_dir` are for config.json."""

    def __init__(self, run_dir, model, flowers, options, batches, preset, data_dir):
        self.run_dir, self.model, self.options, self.batches = Path(run_dir), model, options, batches
        self.flowers, self.preset, self.data_dir = flowers, preset, data_dir
        learned = what_is_learned(asdict(model.options), asdict(options), model.precision, flowers.digest)
        # An older checkpoint does not name the options that came after it: they stood at their defaults.
        defaults = asdict(type(model.options)()) | asdict(TrainingOptions()) | {"precision": "float32"}
        self.checkpoints = Checkpoints(self.run_dir / "checkpoints", learned, defaults)
        held_out = flowers.split("val" if (flowers.split_of == "val").any() else "train")
        self.photographs = held_out.some(SAMPLE_ROWS)
        self.brightness = BrightnessWatch(held_out)
        self.saved_at, self.drawn = time.monotonic(), None

    def begin(self, steps):
        """Go on from the last checkpoint if there is one, and tell in config.json what is trained in so many steps.

        Gives the `Progress`. Where the directory's run learned something else, a `UserError`: nothing is changed.
        """
        config_file, before = self.run_dir / CONFIG, {}
        if config_file.exists() and self.checkpoints.exist:
            try:
                before = json.loads(config_file.read_text(encoding="utf-8"))
                facts = (before[name] for name in ("options", "training", "precision"))
                learned = what_is_learned(*facts, before["data"]["digest"])
            except (ValueError, KeyError, TypeError):
                raise UserError(f"{config_file} is damaged: restore it, or choose another directory.") from None
            # Checkpoints of version 0.1.0 do not tell it.
            self.checkpoints.defaults["precision"] = before["precision"]
            require_same_run(self.checkpoints.defaults | learned, self.checkpoints.run, f"--run-dir {self.run_dir}")
        progress = self.checkpoints.restore(self.model)
        config = self._config(steps)
        if progress:
            now, config["made_with"] = config["made_with"], before.get("made_with", config["made_with"])
            if any(now[name] != value for name, value in config["made_with"].items() if name in ON_WHAT):
                config["made_with"] |= {"then": {name: now[name] for name in ON_WHAT}}
            # It may be missing or stale where the last call was killed.
            self._save_colorizer(progress)
        texts = {CONFIG: json.dumps(config, indent=2) + "\n"} | self.model.record(self.batches)
        if self.flowers.notes:
            texts["notes.txt"] = "".join(f"{note}\n" for note in self.flowers.notes)
        for name, text in texts.items():
            write_text(self.run_dir / name, text)
        return progress or Progress()

    def after_step(self, progress):
        """Samples and checkpoints that are due; the one at the end of an epoch waits for its row, and both this and the
        last one for what is fitted at the end.
        """
        interval = self.options.sample_interval
        if interval and progress.step % interval == 0:
            self.draw_samples(progress)
        if progress.step % self.batches.steps_per_epoch and progress.step != self.options.max_steps:
            interval = self.options.checkpoint_interval
            due = interval and progress.step % interval == 0
            # Not where each of several processes would go by its own clock.
            if due or (processes() == 1 and time.monotonic() - self.saved_at > CHECKPOINT_SECONDS):
                self._save(progress)

    def after_epoch(self, progress):
        """A row in metrics.csv if the epoch is whole, in all calls together, with the seconds of its steps alone; and a
        checkpoint.
        """
        epoch, rest = divmod(progress.step, self.batches.steps_per_epoch)
        if not rest:
            seconds = progress.epoch_seconds
            rate = f"{progress.images / seconds:.2f}"
            row = {"epoch": epoch, "step": progress.step} | _digits(progress.means)
            write_row(self.run_dir / "metrics.csv", row | {"seconds": f"{seconds:.1f}", "images_per_second": rate})
        self._save(progress)

    def draw_samples(self, progress):
        """The sample grid of a step, as samples/EPOCH_STEP.png, and its row in trace.csv, once."""
        if self.drawn != progress.step:
            found = self.brightness.look(self.model)
            write_row(self.run_dir / "trace.csv", {"step": progress.step} | _digits(found | progress.means))
            if is_first():
                self.brightness.warn(found)
            self.model.sample_images(self.photographs, self.samples_of(progress))
            self.drawn = progress.step

    def samples_of(self, progress):
        """The file of a step's sample grid."""
        epoch = -(-progress.step // self.batches.steps_per_epoch)
        return self.run_dir / "samples" / f"{epoch:03d}_{progress.step:06d}.png"

    def _save(self, progress):
        self.checkpoints.save(self.model, progress)
        self._save_colorizer(progress)
        self.saved_at = time.monotonic()

    def _save_colorizer(self, progress):
        """`generator.keras`, and at the end of an epoch generators/epoch_NNN.keras, of which the last few stay."""
        last = self.run_dir / "generator.keras"
        with replacing(last) as scratch:
            self.model.save_colorizer(scratch)
        epoch, rest = divmod(progress.step, self.batches.steps_per_epoch)
        if rest:
            return
        with replacing(self.run_dir / "generators" / f"epoch_{epoch:03d}.keras") as scratch:
            shutil.copyfile(last, scratch)
        for old in generators_of(self.run_dir)[:-KEPT_GENERATORS]:
            old.unlink()

    def _config(self, steps):
        """All that decides a run, as every later command reads it."""
        data_dir = str(Path(self.data_dir).resolve()) if self.data_dir else None
        return {
            "model": script_of(type(self.model).__name__),
            "preset": self.preset,
            "data": self.flowers.facts | {"data_dir": data_dir, "images": self.flowers.split_sizes},
            "options": asdict(self.model.options),
            "training": asdict(self.options),
            "steps": steps,
            "precision": self.model.precision,
            "made_with": {
                "date": date.today().isoformat(),
                "keras": keras.__version__,
                "backend": keras.backend.backend(),
                "python": platform.python_version(),
                "machine": platform.machine(),
                "cpus": usable_cpus(),
                "accelerator": has_card(keras.backend.backend()),
                "devices": devices_in_use(),
            },
        }


def _digits(numbers):
    return {name: f"{number:.6g}" for name, number in numbers.items()}


def write_row(file, row):
    """Write a row of a CSV file, whose first column counts, in the place of that row and of later ones."""
    rows = [*_rows_before(file, row), row]
    with replacing(file) as scratch, scratch.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, row)
        writer.writeheader()
        writer.writerows(rows)


def _rows_before(file, row):
    """The rows that count less than a row; a file that cannot be read, or has other columns, is moved aside."""
    if not file.exists():
        return []
    try:
        counted, number = next(iter(row.items()))
        with file.open(newline="", encoding="utf-8") as stream:
            names, *lines = csv.reader(stream, strict=True)
        if names != list(row):
            raise ValueError
        rows = [dict(zip(names, line, strict=True)) for line in lines]
        return [earlier for earlier in rows if int(earlier[counted]) < number]
    except (ValueError, csv.Error):
        aside = file.with_name(f"{file.stem}-damaged.csv")
        os.replace(file, aside)
        print(f"{file} cannot be read and is now {aside.name}; a new one begins.", file=sys.stderr)
        return []


def draw_grid(columns, file, dots_per_inch=110):
    """Write columns of images, title to (n, S, S, 1 or 3) in [0, 1], as a PNG; each is 1.5 inches wide, titles too."""
    from matplotlib.figure import Figure

    rows = len(next(iter(columns.values())))
    size = (INCHES_AN_IMAGE * len(columns), INCHES_AN_IMAGE * rows + 0.3)
    figure = Figure(size, layout="constrained")
    axes = figure.subplots(rows, len(columns), squeeze=False)
    for column, (title, images) in zip(axes.T, columns.items(), strict=True):
        column[0].set_title(title, fontsize=min(10, 190 / max(map(len, columns))))
        for axis, image in zip(column, images, strict=True):
            axis.imshow(np.broadcast_to(image, (*image.shape[:2], 3)))
            axis.set_axis_off()
    with replacing(file) as scratch:
        figure.savefig(scratch, dpi=dots_per_inch)
