"""Stochastic CycleGAN: noise in the generator's normalisations, so that one gray image has many colours (§3.3, 4.3)."""

import numpy as np
from keras import ops

from data_loader.files import UserError
from models import draws
from models.cyclegan import CycleGAN
from models.options import StochasticCycleGANOptions

SHOWN_SAMPLES = 3


class StochasticCycleGAN(CycleGAN):
    """A `CycleGAN` whose G reads z beside its image; F does not.

    The objective is the paper's, with the same z in translation, cycle and identity. That G(F(y), z) is to be y
    whatever z is makes z a nuisance to G, and the paper found that G learns to ignore it. Known pairs (§5) can teach G
    what z is for: not by their L1, for which z is as much of a nuisance, but by an energy score of two colourings.
    """

    options_type = StochasticCycleGANOptions

    def build_generator(self, in_channels, out_channels, name):
        """G with conditional instance norms (§3.3), (n, S, S, in_channels) and z to images; F as in `CycleGAN`."""
        o = self.options
        noise = {} if name == "F" else {"noise": o.noise, "noise_size": o.noise_size}
        return super().build_generator(in_channels, out_channels, name, **noise)

    def batch(self, batches, step):
        """As in the base; for an energy score each gray image of the batch's first half twice in a row."""
        batch = super().batch(batches, step)
        if not self.options.compares_samples:
            return batch
        shown_twice = ("gray", *draws.PAIRS)
        return batch | {name: np.repeat(batch[name], 2, axis=0)[: len(batch[name])] for name in shown_twice}

    @property
    def drawn_names(self):
        return [*super().drawn_names, *draws.Z]

    def draws(self, batches, step):
        if self.options.compares_samples and batches.batch_size < 2:
            problem = f"--paired-loss {self.options.paired_loss} compares two colourings of a picture"
            raise UserError(f"{problem}: use a --batch-size of at least 2.")
        return super().draws(batches, step) | draws.z(self.options.noise, self.options.noise_size, batches, step)

    def generator_inputs(self, image, batch):
        return [ops.convert_to_tensor(image), ops.convert_to_tensor(batch["z"])]

    def sample_columns(self, gray, color):
        """A sample grid with several z a row, each the same in all rows."""
        # Drawn as at test time, from N(0, I), also where training is uniform; the published code did so.
        noise = np.random.default_rng(0).standard_normal((SHOWN_SAMPLES, self.options.noise_size), dtype="float32")
        noise = [np.repeat(z[None], len(gray), axis=0) for z in noise]
        fakes = [self.predict_images(self.colorizer, [gray, z]) for z in noise]
        columns = {"gray x": gray, **{f"G(x, z{number})": fake for number, fake in enumerate(fakes, 1)}}
        if self.options.is_one_way:
            return columns | {"color y": color}
        fake_gray = self.predict_images(self.F, color)
        return columns | {
            "F(G(x, z1))": self.predict_images(self.F, fakes[0]),
            "color y": color,
            "F(y)": fake_gray,
            "G(F(y), z1)": self.predict_images(self.colorizer, [fake_gray, noise[0]]),
        }
