"""Training on from a colorizer that has learned already."""

import shutil

import numpy as np
import pytest

from data_loader import UserError
from models import CycleGAN, StochasticCycleGAN
from models.colorizing import load_network, pack
from models.starting_weights import start_from

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.fixture
def learned(tiny, tiny_flowers, tmp_path):
    """The directory of a run."""
    folder = tmp_path / "learned"
    CycleGAN(**tiny, seed=1).train(tiny_flowers, folder, max_steps=1, sample_interval=0)
    return folder


def weights(network):
    return np.concatenate([weight.ravel() for weight in network.get_weights()])


def test_a_generator_begins_with_the_weights_of_a_run_or_a_packed_file(tiny, learned, tmp_path):
    gan = CycleGAN(**tiny)
    others = weights(gan.D_Y)
    start_from(gan, learned)
    assert (weights(gan.G) == weights(load_network(learned))).all()
    assert (weights(gan.D_Y) == others).all()
    pack(load_network(learned), tmp_path / "packed.npz")
    start_from(gan, tmp_path / "packed.npz")
    assert weights(gan.G) == pytest.approx(weights(load_network(learned)), abs=1e-3)


def test_images_may_have_another_size(tiny, learned):
    gan = CycleGAN(**tiny | {"image_size": 64})
    start_from(gan, learned)
    assert (weights(gan.G) == weights(load_network(learned))).all()


def test_the_first_step_starts_there_and_a_resumed_run_needs_it_no_more(tiny, tiny_flowers, learned, tmp_path):
    begun = weights(load_network(learned))
    how = {"init": str(learned), "sample_interval": 0, "epochs": 1}
    slow = tiny | {"learning_rate": 1e-9}
    CycleGAN(**slow).train(tiny_flowers, tmp_path / "on", max_steps=1, **how)
    assert weights(load_network(tmp_path / "on")) == pytest.approx(begun, abs=1e-6)
    shutil.rmtree(learned)
    assert CycleGAN(**slow).train(tiny_flowers, tmp_path / "on", max_steps=2, **how) == 2


def test_strength_is_fitted_anew(tiny, learned):
    chroma = tiny | {"output": "chroma"}
    gan = CycleGAN(**chroma, match_colorfulness=1.0)
    gan.G.layers[-1].strength.assign(2.0)
    start_from(gan, _saved(CycleGAN(**chroma, seed=2), learned.parent))
    assert float(gan.G.layers[-1].strength) == 2


def _saved(gan, folder):
    gan.save_colorizer(folder / "generator.keras")
    return folder


def test_noise_may_be_added(tiny, tmp_path):
    options = tiny | {"generator": "pretrained", "lambda_cycle": 0.0}
    folder = _saved(CycleGAN(**options, seed=3), tmp_path)
    gan = StochasticCycleGAN(**options)
    start_from(gan, folder)
    gray = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 1)).astype("float32")
    plain = load_network(folder).predict(gray, verbose=0)
    assert gan.colorizer.predict([gray, np.zeros((1, 16), "float32")], verbose=0) == pytest.approx(plain, abs=1e-5)


def test_another_network_is_refused(tiny, learned):
    with pytest.raises(UserError, match="has other layers than the generator to train"):
        start_from(CycleGAN(**tiny | {"generator_filters": 5}), learned)
    with pytest.raises(UserError, match=r"roses\.npz does not exist"):
        start_from(CycleGAN(**tiny), "roses.npz")
