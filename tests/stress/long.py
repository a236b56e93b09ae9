"""A training of thousands of epochs: what it takes and what it leaves does not grow."""

import os
import resource
import time

import numpy as np

from tests.stress.campaign import Part

EPOCHS = 2000
SETTLED = 200  # epochs after which nothing should grow
MOST_GROWTH = 50 * 2**20  # bytes
MOST_SLOWER = 1.1


class Long(Part):
    """2,000 tiny epochs with a checkpoint each: memory grows by less than 50 MB, steps by less than a tenth."""

    whole = 1
    seconds = 1800
    speaks = True

    def prepare(self):
        from experiments import import_keras

        import_keras()

    def trial(self, rng):
        from data_loader import load_flowers
        from models import CycleGAN

        small = {"image_size": 32, "generator": "unet", "generator_filters": 2, "pool_size": 8, "ema": 0.9}
        gan = CycleGAN(**small, discriminator="patch-zoo", discriminator_filters=2, seed=int(rng.integers(1000)))
        run, watched = self.folder / "run", _watch(self.folder / "run")
        # As few steps an epoch as there can be: epochs are what may pile up.
        flowers = load_flowers(str(self._photographs(rng)), 32)
        gan.train(flowers, run, callbacks=[watched], epochs=EPOCHS, batch_size=8, sample_interval=0)
        return watched.lost()

    def _photographs(self, rng):
        from PIL import Image

        folder = self.folder / "photographs"
        folder.mkdir()
        for number in range(12):
            Image.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)).save(folder / f"{number}.png")
        return folder


def _watch(run):
    import keras

    class Watched(keras.callbacks.Callback):
        """Notes memory, files and time after each epoch."""

        def __init__(self):
            super().__init__()
            self.memory, self.files, self.times = [], [], []

        def on_epoch_end(self, epoch, logs=None):
            self.memory.append(_memory())
            self.files.append(sum(len(names) for _, _, names in os.walk(run)))
            self.times.append(time.perf_counter())

        def lost(self):
            """What grew beyond its bound, or None."""
            seconds = np.diff(self.times)
            quick, slow = np.median(seconds[SETTLED : 2 * SETTLED]), np.median(seconds[-SETTLED:])
            grown = self.memory[-1] - self.memory[SETTLED]
            if grown > MOST_GROWTH:
                return f"memory grew by {grown / 2**20:.0f} MiB"
            if max(self.files[SETTLED:]) > max(self.files[:SETTLED]):
                return f"{max(self.files[SETTLED:])} files, where there were {max(self.files[:SETTLED])}"
            if slow > MOST_SLOWER * quick:
                return f"an epoch took {1000 * slow:.1f} ms in the end, {1000 * quick:.1f} ms before"
            return None

    return Watched()


def _memory():
    """Bytes of this process that are in memory."""
    with open("/proc/self/statm", encoding="ascii") as told:  # noqa: PTH123
        return int(told.read().split()[1]) * resource.getpagesize()
