"""Stochastic CycleGAN: noise in the generator's normalisations, so that one gray image has many colours (§3.3, 4.3)."""

import numpy as np
from keras import ops

from data_loader.files import UserError
from models import draws
from models.chroma import luma_of
from models.cyclegan import CycleGAN
from models.options import StochasticCycleGANOptions

SHOWN_SAMPLES = 3
REGIONS = 8  # a side


class StochasticCycleGAN(CycleGAN):
    """A `CycleGAN` whose G reads z beside its image; F does not.

    The objective is the paper's, with the same z in translation, cycle and identity. That G(F(y), z) is to be y
    whatever z is makes z a nuisance to G, and the paper found that G learns to ignore it.
    """

    options_type = StochasticCycleGANOptions

    def build_generator(self, in_channels, out_channels, name):
        """G with conditional instance norms (§3.3), (n, S, S, in_channels) and z to images; F as in `CycleGAN`."""
        o = self.options
        noise = {} if name == "F" else {"noise": o.noise, "noise_size": o.noise_size}
        return super().build_generator(in_channels, out_channels, name, **noise)

    def names_of_terms(self):
        return super().names_of_terms() + (["diversity"] if self.options.lambda_diversity else [])

    def batch(self, batches, step):
        """As in the base; with a reward for diversity each gray image of the batch's first half twice in a row."""
        batch = super().batch(batches, step)
        if not self.options.lambda_diversity:
            return batch
        shown_twice = {"gray", "original", "known"} & set(batch)
        return batch | {name: np.repeat(batch[name], 2, axis=0)[: len(batch[name])] for name in shown_twice}

    def objective(self, batch, fake_color):
        """Eq. 3 as in the base and, not in the paper, a reward for diversity."""
        terms = super().objective(batch, fake_color)
        return terms | self.diversity(fake_color, batch["color"])

    def diversity(self, fake_color, color):
        """What is missing, as a share, until two colourings of an image are as far apart as two photographs.

        The distance is that of `regional_chroma`: fine grain cannot pass for another colour. That of photographs is the
        mean over the batch. The reward says nothing of which colours are right; that is left to the discriminator.
        """
        if not self.options.lambda_diversity:
            return {}
        apart = _mean(_apart(regional_chroma(color)))
        missing = ops.relu(1 - _apart(regional_chroma(fake_color)) / (apart + 1e-6))
        return {"diversity": self.options.lambda_diversity * _mean(missing)}

    @property
    def drawn_names(self):
        return [*super().drawn_names, *draws.Z]

    def draws(self, batches, step):
        if self.options.lambda_diversity and batches.batch_size < 2:
            problem = "--lambda-diversity compares two colourings of a batch"
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


def regional_chroma(images):
    """Mean chroma, RGB − luma, of `REGIONS` × `REGIONS` regions of images (n, S, S, 3): (n, 8, 8, 3)."""
    side = images.shape[1] // REGIONS
    return ops.average_pool(images - luma_of(images), side, strides=side)


def _apart(maps):
    """Mean absolute difference of the images 0 and 1, 2 and 3, ... of (n, h, w, c): (n / 2,), an odd one left out."""
    count = ops.shape(maps)[0] // 2
    return ops.mean(ops.abs(maps[: 2 * count : 2] - maps[1 : 2 * count : 2]), axis=(1, 2, 3))


def _mean(values):
    """The mean, and 0 of none, as where the last batch of an epoch is one image."""
    return ops.sum(values) / ops.maximum(ops.cast(ops.shape(values)[0], "float32"), 1.0)
