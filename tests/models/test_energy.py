"""Energy scores of known pairs, which teach the stochastic CycleGAN's z."""

from itertools import product

import numpy as np
import pytest
from keras import ops

from data_loader import Batches, UserError
from data_loader.images import luma
from models import StochasticCycleGAN
from models.losses import PAIRED_LOSSES, l1
from models.presets import run_options

pytestmark = pytest.mark.usefixtures("uncompiled")
REGION_SIZES = 3


@pytest.fixture(params=["energy", "joint-energy"])
def gan(tiny, request):
    pairs = {"paired_weight": 3.0, "paired_fraction": 0.5, "paired_loss": request.param}
    options = tiny | {"discriminator": "patch70", "lambda_cycle": 0.0, "lambda_gan": 0.0, "noise_size": 2}
    return StochasticCycleGAN(**options, **pairs)


def tints(*reds):
    """Images of one colour each, (n, 32, 32, 3)."""
    images = np.zeros((len(reds), 32, 32, 3), "float32")
    images[..., 0] = np.reshape(reds, (-1, 1, 1))
    return images


def score(colorings, originals, loss="energy"):
    images = map(ops.convert_to_tensor, (colorings, originals))
    return float(ops.convert_to_numpy(PAIRED_LOSSES[loss](*images)))


def near(value):
    return pytest.approx(REGION_SIZES * value, abs=0.01)


@pytest.mark.parametrize("batch_size", [4, 5])
def test_each_gray_image_is_shown_twice_with_another_z(gan, tiny_flowers, batch_size):
    batches = Batches(tiny_flowers.split("train"), batch_size)
    batch, plain = gan.batch(batches, 0), batches.batch(0)
    assert batch["gray"].shape == plain[0].shape
    assert (batch["gray"][0:4:2] == batch["gray"][1:4:2]).all()
    assert (batch["gray"][0:4:2] == plain[0][:2]).all()
    assert (batch["color"] == plain[1]).all()
    assert (batch["z"][0] != batch["z"][1]).all()
    assert luma(batch["original"]) == pytest.approx(batch["gray"], abs=1e-6)
    assert (batch["known"][0:4:2] == batch["known"][1:4:2]).all()


def test_the_score_by_hand():
    original = tints(0.8, 0.8)
    assert score(tints(0.8, 0.8), original) == near(0)
    assert score(tints(0.2, 0.2), original) == near(0.6)
    # 0.6 and 0.2 away, 0.4 apart: (0.6 + 0.2) / 2 - 0.4 / 2.
    assert score(tints(0.2, 0.6), original) == near(0.2)
    # A distance is Euclid's: 0.3 in red and 0.4 in green are 0.5.
    both = tints(0.5, 0.5)
    both[..., 1] = 0.4
    assert score(both, original) == near(0.5)
    # Two pairs: their mean.
    assert score(tints(0.8, 0.8, 0.2, 0.6), tints(0.8, 0.8, 0.8, 0.8)) == near(0.1)


def test_regions_of_three_sizes_are_compared():
    original, halves = tints(0.0, 0.0), tints(0.4, 0.4)
    halves[:, :16] *= -1
    # In the mean of the whole nothing is wrong; regions of 2 pixels and of 4 are 0.4 away.
    assert score(halves, original) == pytest.approx(2 * 0.4, abs=0.01)
    stripes = tints(0.4, 0.4)
    stripes[:, 0::4] *= -1
    stripes[:, 1::4] *= -1
    assert score(stripes, original) == pytest.approx(0.4, abs=0.01)
    # Grain of single pixels is no colour.
    stripes[:, 0::2], stripes[:, 1::2] = tints(0.4, 0.4)[:, ::2], tints(-0.4, -0.4)[:, ::2]
    assert score(stripes, original) == pytest.approx(0, abs=0.01)


def test_the_joint_score_is_of_pictures():
    original, quarter = tints(0.8, 0.8), tints(0.8, 0.8)
    quarter[:, :16, :16, 0] = 0.4
    # A quarter of the regions is 0.4 away: 0.1 in their mean, 0.4 √¼ by the picture; 0.1 in the mean of the whole.
    assert score(quarter, original) == pytest.approx(3 * 0.1, abs=0.01)
    assert score(quarter, original, "joint-energy") == pytest.approx(2 * 0.2 + 0.1, abs=0.01)
    # One of the two is right: half of its distance, less half of how far they are from each other.
    quarter[1] = original[1]
    assert score(quarter, original, "joint-energy") == pytest.approx(0, abs=0.01)
    for reds in ((0.2, 0.2), (0.2, 0.6)):
        assert score(tints(*reds), original, "joint-energy") == pytest.approx(score(tints(*reds), original), abs=0.01)


@pytest.mark.parametrize(("loss", "apart"), [("energy", 1.273), ("joint-energy", 1.537)])
def test_only_the_joint_score_tells_how_regions_go_together(loss, apart):
    """Left and right of a picture are red above green or green above red: in originals both the same way."""
    above = np.ones((1, 16, 16, 1), "float32")
    above[:, 8:] = -1
    same, any_way = [(1, 1), (-1, -1)], list(product((1, -1), repeat=2))

    def images(halves):
        left, right = np.float32(halves).T
        sides = np.where(np.arange(16) < 8, left[:, None], right[:, None])[:, None, :, None]
        return above * sides * np.float32([0.9, -0.9, 0])

    def expected(law):
        """Of two colourings and an original, each of its law: all triples are as likely."""
        triples = list(product(law, law, same))
        drawn = [halves for first, second, _ in triples for halves in (first, second)]
        return score(images(drawn), images([original for *_, original in triples for _ in range(2)]), loss)

    # Opposites are 2.546 apart, pictures with one half of two alike √½ of that. The mean of the whole is always 0.
    assert expected(same) == pytest.approx(1.273, abs=0.01)
    assert expected(any_way) == pytest.approx(apart, abs=0.01)


def test_what_has_no_second_colouring_counts_for_nothing():
    assert score(tints(0.2, 0.6, -1.0), tints(0.8, 0.8, 0.8)) == near(0.2)
    assert [score(tints(0.2), tints(0.8), loss) for loss in ("energy", "joint-energy")] == [0, 0]


def test_it_is_least_for_the_law_where_l1_is_least_for_the_median():
    """A flower is red in six of ten pictures and green in the others: red always, or as often, or one tint between."""
    red, green = np.array([0.9, -0.9, 0.0]), np.array([-0.9, 0.9, 0.0])
    rng = np.random.default_rng(0)

    def drawn(share):
        is_red = (rng.random(4000) < share)[:, None]
        return np.tile(np.where(is_red, red, green)[:, None, None], (1, 16, 16, 1)).astype("float32")

    originals = np.repeat(drawn(0.6)[::2], 2, axis=0)
    laws = {share: score(drawn(share), originals) for share in (0.0, 0.4, 0.6, 0.8, 1.0)}
    between = np.broadcast_to((red + green) / 2, originals.shape).astype("float32")
    assert min(laws, key=laws.get) == 0.6
    assert laws[0.6] < score(between, originals)
    errors = {share: float(ops.convert_to_numpy(l1(drawn(share), originals))) for share in (0.6, 1.0)}
    assert errors[1.0] < errors[0.6]


def test_its_gradient_is_finite_where_colourings_are_the_same(gan, tiny_flowers):
    batch = gan.batch(Batches(tiny_flowers.split("train"), 4), 0)
    same = batch | {"z": np.zeros_like(batch["z"])}
    assert np.isfinite(gan.train_on(same)["paired"])
    assert all(np.isfinite(ops.convert_to_numpy(weight)).all() for weight in gan.trainable_variables)


def test_only_known_pairs_count(gan, tiny_flowers):
    batch = gan.batch(Batches(tiny_flowers.split("train"), 4), 0)
    fakes = np.random.default_rng(0).uniform(-1, 1, batch["original"].shape).astype("float32")
    known = np.float32([[1], [1], [0], [0]])
    terms = [
        gan.paired_loss(ops.convert_to_tensor(fakes), batch | {"known": known, "original": original})["paired"]
        for original in (batch["original"], np.where(known[..., None, None] > 0, batch["original"], 0.5))
    ]
    assert float(terms[0]) == pytest.approx(float(terms[1]))
    of_known = score(fakes[:2], batch["original"][:2], gan.options.paired_loss)
    assert float(terms[0]) == pytest.approx(1.5 * of_known, rel=1e-2)


def test_a_batch_of_one_has_nothing_to_compare(gan, tiny_flowers):
    with pytest.raises(UserError, match="--batch-size of at least 2"):
        gan.draws(Batches(tiny_flowers.split("train"), 1), 0)


def test_the_recipe_has_no_discriminator_and_learns_from_all_pairs(gan, tiny_flowers):
    options, _ = run_options("stochastic_cyclegan", "best")
    assert (options.lambda_gan, options.is_one_way, options.compares_samples) == (0.0, True, True)
    assert (options.paired_fraction, options.noise, options.generator) == (1.0, "normal", "pretrained")
    assert gan.terms == ["paired"]
    assert not hasattr(gan, "D_Y") and not hasattr(gan, "F")
    before = [ops.convert_to_numpy(weight) for weight in gan.trainable_variables]
    gan.train_on(gan.batch(Batches(tiny_flowers.split("train"), 4), 0))
    moved = [not np.array_equal(*pair) for pair in zip(before, gan.trainable_variables, strict=True)]
    assert sum(moved) > len(moved) / 2
