from dataclasses import dataclass

import keras
import numpy as np
import pytest

from models import CycleGAN
from models.gan import ColorizationGAN
from models.losses import l1
from models.option_tables import option
from models.options import ModelOptions


@dataclass(frozen=True)
class ToyOptions(ModelOptions):
    generator: str = option("toy", "one convolution")


class Toy(ColorizationGAN):
    """The least that trains: one convolution from gray to colour. For tests of the loop around a model."""

    options_type = ToyOptions

    def __init__(self, filters=3, weight=1.0, **options):
        super().__init__(**{"image_size": 32} | options)
        gray = keras.Input((self.options.image_size, self.options.image_size, 1))
        x = keras.layers.Conv2D(filters, 3, padding="same")(gray)
        self.colorizer = keras.Model(gray, keras.layers.Conv2D(3, 1, activation="tanh")(x))
        self.weight = weight
        self.finish(["l1", "twice"])

    def objective(self, batch, fake_color):
        error = self.weight * l1(fake_color, batch["color"])
        return {"l1": error, "twice": 2 * error}

    def sample_columns(self, gray, color):
        return {"gray x": gray, "G(x)": self.predict_images(self.colorizer, gray)}


@pytest.fixture(scope="session")
def toy():
    """The class of the least model that trains."""
    return Toy


@pytest.fixture
def batch():
    """Two gray and two colour images of 32 pixels in [-1, 1]."""
    rng = np.random.default_rng(0)
    gray, color = (rng.uniform(-1, 1, (2, 32, 32, channels)).astype("float32") for channels in (1, 3))
    return {"gray": gray, "color": color}


@pytest.fixture(scope="module")
def gan(tiny):
    """A tiny CycleGAN that no test trains."""
    return CycleGAN(**tiny)
