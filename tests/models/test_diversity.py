"""The reward for colourings that differ, of the stochastic CycleGAN."""

import numpy as np
import pytest
from keras import ops

from data_loader import Batches, UserError
from data_loader.images import luma
from models import StochasticCycleGAN
from models.stochastic_cyclegan import REGIONS, regional_chroma

pytestmark = pytest.mark.usefixtures("uncompiled")


@pytest.fixture
def gan(tiny):
    return StochasticCycleGAN(**tiny, lambda_diversity=3.0, noise_size=2)


def term(gan, fakes, photographs):
    return float(ops.convert_to_numpy(gan.diversity(ops.convert_to_tensor(fakes), photographs)["diversity"]))


def shifted(count, apart):
    """Gray images of one tint each, every second one `apart` in red from the one before."""
    images = np.zeros((count, 32, 32, 3), "float32")
    images[1::2, ..., 0] = apart
    return images


@pytest.mark.parametrize("batch_size", [4, 5])
def test_each_gray_image_is_shown_twice_with_another_z(gan, tiny_flowers, batch_size):
    batches = Batches(tiny_flowers.split("train"), batch_size)
    batch, plain = gan.batch(batches, 0), batches.batch(0)
    assert batch["gray"].shape == plain[0].shape
    assert (batch["gray"][0:4:2] == batch["gray"][1:4:2]).all()
    assert (batch["gray"][0:4:2] == plain[0][:2]).all()
    assert (batch["color"] == plain[1]).all()
    assert (batch["z"][0] != batch["z"][1]).all()


def test_known_pairs_stay_beside_their_gray_images(tiny, tiny_flowers):
    gan = StochasticCycleGAN(**tiny, lambda_diversity=1.0, paired_weight=1.0, paired_fraction=0.5)
    batch = gan.batch(Batches(tiny_flowers.split("train"), 4), 0)
    assert luma(batch["original"]) == pytest.approx(batch["gray"], abs=1e-6)


def test_the_term_by_hand(gan):
    photographs = shifted(4, 0.4)
    assert term(gan, shifted(4, 0.0), photographs) == pytest.approx(3.0)
    assert term(gan, shifted(4, 0.1), photographs) == pytest.approx(3 * 0.75, rel=1e-4)
    # No more is asked for than photographs have.
    assert term(gan, shifted(4, 0.9), photographs) == 0


def test_what_has_no_pair_counts_for_nothing(gan):
    photographs = shifted(4, 0.4)
    assert term(gan, shifted(5, 0.1), photographs) == pytest.approx(3 * 0.75, rel=1e-4)
    assert term(gan, shifted(1, 0.1), shifted(1, 0.1)) == 0


def test_a_batch_of_one_has_nothing_to_compare(gan, tiny_flowers):
    with pytest.raises(UserError, match="--batch-size of at least 2"):
        gan.draws(Batches(tiny_flowers.split("train"), 1), 0)


def test_grain_is_no_diversity(gan):
    fine = np.indices((32, 32)).sum(axis=0) % 2 * 2.0 - 1
    fakes = np.zeros((2, 32, 32, 3), "float32")
    fakes[1, ..., 0] = 0.5 * fine
    assert term(gan, fakes, shifted(4, 0.4)) == pytest.approx(3.0, abs=1e-3)


def test_regional_chroma_is_that_of_images_made_small():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype("float32")
    small = image.reshape(1, REGIONS, 8, REGIONS, 8, 3).mean(axis=(2, 4))
    assert ops.convert_to_numpy(regional_chroma(image)) == pytest.approx(small - luma(small), abs=1e-5)


def test_it_is_a_term_of_the_objective_and_moves_the_generator(gan, tiny, tiny_flowers):
    assert gan.terms[-1] == "diversity"
    assert "diversity" not in StochasticCycleGAN(**tiny).terms
    batches = Batches(tiny_flowers.split("train"), 4)
    logs = [gan.train_on(gan.batch(batches, step)) for step in range(2)]
    assert 0 < logs[0]["diversity"] <= 3
