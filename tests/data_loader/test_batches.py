import numpy as np
import pytest

from data_loader import Batches, UserError
from data_loader.flowers import Flowers
from data_loader.images import luma


@pytest.fixture
def flowers():
    """Eleven 8-pixel images that can be told apart, mirrored or not."""
    images = np.zeros((11, 8, 8, 3), np.uint8)
    images[..., 0] = np.arange(11)[:, None, None] * 20
    images[:, :, 0, 1] = 255
    ids = [str(number) for number in range(11)]
    return Flowers(
        "eleven", "eleven", images, ids, np.zeros(11, int), [""], np.full(11, "train"), np.arange(11), "digest"
    )


def numbers(images):
    """Which of the eleven each image in [-1, 1] is, by its red."""
    return np.rint((images[:, 4, 4, 0] + 1) * 255 / 2 / 20).astype(int).tolist()


def mirrored(color):
    return (color[:, 0, 0, 1] < color[:, 0, -1, 1]).tolist()


def test_a_batch_depends_only_on_seed_and_number(flowers):
    split = flowers.split("train")
    one, other = Batches(split, 3, seed=4), Batches(split, 3, seed=4)
    other.batch(0), other.batch(7)
    for a, b in zip(one.batch(5), other.batch(5), strict=True):
        assert (a == b).all()
    assert (one.batch(5)[1] != Batches(split, 3, seed=5).batch(5)[1]).any()


def test_an_epoch_shows_every_image_once_and_keeps_the_short_last_batch(flowers):
    batches = Batches(flowers.split("train"), 4)
    epoch = [batches.batch(step)[1] for step in range(3, 6)]
    assert batches.steps_per_epoch == 3
    assert [len(batch) for batch in epoch] == [4, 4, 3]
    assert sorted(numbers(np.concatenate(epoch))) == list(range(11))


def test_unpaired_orders_and_flips_are_independent(flowers):
    batches = Batches(flowers.split("train"), 11)
    flips = []
    for step in range(60):
        gray, color = batches.batch(step)
        assert not np.allclose(gray, luma(color))
        gray_flips = gray[:, 0, 0, 0] < gray[:, 0, -1, 0]
        flips += list(zip(gray_flips, mirrored(color), strict=True))
    shares = np.array([(a, b) for a, b in flips]).mean(axis=0)
    assert shares == pytest.approx([0.5, 0.5], abs=0.06)
    assert np.corrcoef(np.array(flips).T.astype(float))[0, 1] == pytest.approx(0, abs=0.1)


def test_paired_batches_show_a_photograph_with_its_own_luma(flowers):
    gray, color = Batches(flowers.split("train"), 5, paired=True).batch(1)
    assert gray == pytest.approx(luma(color))
    assert gray.shape == (5, 8, 8, 1)


def test_disjoint_pairing_takes_gray_and_color_from_different_photographs(flowers):
    batches = Batches(flowers.split("train"), 5, pairing="disjoint")
    assert batches.images_per_epoch == 5
    assert not set(batches.gray_split.ids) & set(batches.color_split.ids)
    assert len(batches.gray_split) + len(batches.color_split) == 11


def test_disjoint_halves_part_no_photograph_and_keep_the_classes(flowers):
    flowers.groups[:] = [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10]
    flowers.labels[4:] = 1
    for seed in range(5):
        first, second = flowers.split("train").halves(seed)
        assert not set(flowers.groups[first.positions]) & set(flowers.groups[second.positions])
        assert len(first) + len(second) == 11
        assert [int((half.labels == 0).sum()) for half in (first, second)] == [2, 2]


def test_one_image_is_enough_to_train_but_not_for_two_halves(flowers):
    flowers.split_of[1:] = "test"
    assert Batches(flowers.split("train"), 4).batch(3)[0].shape == (1, 8, 8, 1)
    with pytest.raises(UserError, match="at least 2"):
        Batches(flowers.split("train"), 1, pairing="disjoint")


def test_zoom_and_exposure_show_other_views_of_the_same_pairs(tiny_flowers):
    split = tiny_flowers.split("train")
    plain, viewed = (Batches(split, 3, paired=True, **settings) for settings in ({}, {"zoom": 0.5, "exposure": 0.3}))
    gray, color = viewed.batch(0)
    assert gray.shape == plain.batch(0)[0].shape
    np.testing.assert_allclose(gray, luma(color), atol=1e-5)
    assert (color == viewed.batch(0)[1]).all()
    assert (color != plain.batch(0)[1]).any()
    assert color.min() >= -1 and color.max() <= 1
    # Zero is the photograph as it is, and the order of the photographs stays.
    assert (Batches(split, 3, paired=True, zoom=0.0).batch(0)[1] == plain.batch(0)[1]).all()
    assert (viewed.gray_positions(4) == plain.gray_positions(4)).all()


def test_a_view_is_a_square_of_the_image_in_another_light(tiny_flowers):
    image = np.tile(np.arange(32, dtype=np.uint8)[:, None, None] * 8, (1, 32, 3))
    zoomed = Batches(tiny_flowers.split("train"), zoom=0.5)._view(image, 1.0, 0.0, 0.0, 0.5)
    # The upper left quarter, twice as large.
    assert zoomed[-4, 0, 0] == pytest.approx(image[14, 0, 0], abs=8)
    lit = Batches(tiny_flowers.split("train"), exposure=1.0)
    darker, brighter = lit._view(image, 0, 0, 0, 1.0), lit._view(image, 0, 0, 0, 0.0)
    assert darker[16, 0, 0] == pytest.approx(255 * (128 / 255) ** 2, abs=1)
    assert brighter[16, 0, 0] == pytest.approx(255 * (128 / 255) ** 0.5, abs=1)
