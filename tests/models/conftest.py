import numpy as np
import pytest

from models import CycleGAN


@pytest.fixture
def batch():
    """Two gray and two colour images of 32 pixels in [-1, 1]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (2, 32, 32, 1)).astype("float32"), rng.uniform(-1, 1, (2, 32, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def gan(tiny):
    """A tiny CycleGAN that no test trains."""
    return CycleGAN(**tiny)
