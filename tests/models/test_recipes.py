"""What may be added to any CycleGAN: known pairs, an image pool, averaged weights, a falling learning rate."""

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import Batches, UserError
from data_loader.images import cb_cr, colorfulness, from_network, in_gamut, luma, to_uint8, to_unit
from models import CycleGAN
from models.chroma import BOUNDS, ChromaOverLuma, chroma_contrast, fit, match_chroma
from models.colorizing import colorize, load_network
from models.draws import pool_moves
from models.layers import ImagePool
from models.optimizer import AveragingAdam
from models.same_run import what_is_learned
from models.training import LinearDecay
from tests.models.older_checkpoints import forget_option

pytestmark = pytest.mark.usefixtures("uncompiled")


def numbers(x):
    return ops.convert_to_numpy(x)


def terms_of(gan, batches, step=0):
    batch = gan.batch(batches, step)
    terms = gan.objective(batch, gan(batch, training=True))
    return {name: float(numbers(value)) for name, value in terms.items()}


@pytest.fixture
def batches(tiny_flowers):
    return Batches(tiny_flowers.split("train"), batch_size=4)


def test_the_paired_term_by_hand_and_nothing_else_changes(tiny, batches):
    plain = terms_of(CycleGAN(**tiny), batches)
    assert terms_of(CycleGAN(**tiny, paired_weight=0.0, paired_fraction=0.5), batches) == plain
    for loss, error in (("l2", np.square), ("l1", np.abs)):
        gan = CycleGAN(**tiny, paired_weight=3.0, paired_fraction=0.5, paired_loss=loss)
        terms = terms_of(gan, batches)
        batch = gan.batch(batches, 0)
        assert 0 < batch["known"].sum() < 4
        errors = error(numbers(gan(batch, training=True)) - batch["original"]).mean(axis=(1, 2, 3))
        assert terms.pop("paired") == pytest.approx(3 * (errors * batch["known"][:, 0]).mean(), rel=1e-4)
        assert terms == plain


def test_known_pairs_are_a_seeded_share_and_their_originals_those_of_the_gray_images(tiny_flowers, batches):
    known = batches.known_pairs(0.5)
    assert known.sum() == round(len(known) / 2)
    assert (known == Batches(tiny_flowers.split("train"), 1).known_pairs(0.5)).all()
    assert (known != Batches(tiny_flowers.split("train"), 4, seed=1).known_pairs(0.5)).any()
    gray, color = batches.batch(5)
    from data_loader.images import luma

    assert (luma(batches.originals(5)) == gray).all()
    assert (batches.originals(5) != color).any()


def test_a_run_records_its_known_pairs(tiny, tiny_flowers, tmp_path):
    gan = CycleGAN(**tiny, paired_weight=1.0, paired_fraction=0.4)
    gan.train(tiny_flowers, tmp_path, max_steps=1, sample_interval=0)
    train = tiny_flowers.split("train")
    listed = (tmp_path / "pairs.txt").read_text().split()
    assert len(listed) == round(0.4 * len(train))
    assert set(listed) < set(train.ids)


@pytest.mark.parametrize(
    ("options", "training", "message"),
    [
        ({"paired_weight": 1.0}, {"pairing": "disjoint"}, "leaves no pairs for --paired-weight"),
        ({"paired_weight": 1.0, "paired_fraction": 0.01}, {}, "is none: use a larger share"),
        ({"pool_size": 2}, {"batch_size": 3}, "--pool-size 2 does not hold a batch of 3"),
    ],
)
def test_what_the_data_cannot_give_is_refused(tiny, tiny_flowers, tmp_path, options, training, message):
    with pytest.raises(UserError, match=message):
        CycleGAN(**tiny, **options).train(tiny_flowers, tmp_path / "run", **training)
    assert not (tmp_path / "run").exists()


def test_a_pool_fills_then_swaps_half_of_the_time(batches):
    pool = ImagePool(6, (1, 1, 1))
    seen, swapped = [], 0
    for step in range(40):
        draws = pool_moves(6, batches, step)
        count = batches.images_in(step)
        new = np.arange(len(seen) + 1, len(seen) + 1 + count, dtype="float32")
        kept = set(numbers(pool.past).ravel()) - {0}
        shown = numbers(pool(new[:, None, None, None], **draws)).ravel()
        filling = len(seen) < 6
        seen += new.tolist()
        assert (shown[shown != new] < new.min()).all()
        assert set(shown[shown != new]) <= kept
        if filling:
            assert (shown == new).all()
        else:
            swapped += (shown != new).sum()
            assert set(new[shown != new]) <= set(numbers(pool.past).ravel())
    assert 0.3 < swapped / (len(seen) - 6) < 0.7
    assert len(set(numbers(pool.past).ravel())) == 6


def test_the_discriminators_see_the_pool_and_the_generators_do_not(tiny, batches):
    plain, pooled = CycleGAN(**tiny), CycleGAN(**tiny, pool_size=4)
    first = terms_of(pooled, batches, 0)
    assert first == terms_of(plain, batches, 0)
    for pool in pooled.pools:
        pool.past.assign(np.full(pool.past.shape, 0.9))
    step = next(step for step in range(4, 30) if pooled.draws(batches, step)["show_past"].any())
    expected, found = terms_of(plain, batches, step), terms_of(pooled, batches, step)
    assert {name for name in found if found[name] != expected[name]} == {"d_color", "d_gray"}


def test_images_are_made_with_averaged_weights_and_training_goes_on_with_its_own(toy, tiny_flowers, tmp_path):
    gan = toy(ema=0.9, learning_rate=0.05)
    gan.train(tiny_flowers, tmp_path, epochs=2, batch_size=4, sample_interval=0)
    trained = [numbers(weight) for weight in gan.trainable_variables]
    with gan.averaged():
        averaged = [numbers(weight) for weight in gan.trainable_variables]
    assert all((a != b).any() for a, b in zip(trained, averaged, strict=True) if a.size > 1)
    for weight, value in zip(gan.trainable_variables, trained, strict=True):
        assert (numbers(weight) == value).all()
    gray = np.random.default_rng(0).integers(0, 256, (1, 32, 32), np.uint8)
    assert (colorize(load_network(tmp_path), gray) == gan.colorize(gray)).all()
    assert (colorize(gan.colorizer, gray) != gan.colorize(gray)).any()


def test_a_strength_is_fitted_by_hand():
    strength = keras.Variable(7.0)

    def found():
        """Half of the pixels have no room for more than at strength 1."""
        value = float(numbers(strength))
        return 10 * min(value, 1) + 10 * value

    fit([strength], found, [30])
    assert found() == pytest.approx(30, rel=0.02)
    fit([strength], found, [10])
    assert float(numbers(strength)) == pytest.approx(0.5, rel=0.02)
    # A gray colorizer is not driven beyond the limit.
    fit([strength], lambda: [0.0], [30])
    assert float(numbers(strength)) == BOUNDS[0][1]


def test_images_are_as_colourful_as_the_photographs(tiny, tiny_flowers, tmp_path):
    gan = CycleGAN(**tiny, output="chroma", match_colorfulness=0.8, half_chroma=True, ema=0.5, learning_rate=1e-3)
    strength = gan.G.layers[-1].strength
    assert all(weight is not strength for weight in gan.trainable_variables)
    x = np.full((1, 32, 32, 3), 0.1, "float32")
    strength.assign(0.0)
    # The objective does not know it: what is made of gray with no strength is gray, but not in training.
    assert np.ptp(numbers(gan.G(x)), axis=-1).max() < 1e-6 < np.ptp(numbers(gan.G(x, training=True)), axis=-1).max()
    gan.train(tiny_flowers, tmp_path, epochs=1, batch_size=3, sample_interval=0)
    originals = to_unit(tiny_flowers.split("train").color())
    gray = luma(originals)
    # What is saved makes the same images.
    assert (colorize(load_network(tmp_path), gray) == gan.colorize(gray)).all()
    assert gan.G.layers[-1].halved
    colored = to_unit(gan.colorize(gray))
    chosen = float(numbers(strength))
    assert chosen not in (0.0, 1.0)
    found, wanted = (colorfulness(images).mean() for images in (colored, originals))
    assert found == pytest.approx(0.8 * wanted, rel=0.05)


def test_contrast_is_the_spread_of_chroma_over_its_mean():
    red, gray = [0.9, 0.3, 0.3], [0.5, 0.5, 0.5]
    # Of a strength s in a quarter of the pixels the mean is s / 4 and the deviation s √3 / 4.
    assert chroma_contrast(np.array([[[red, gray, gray, gray]]])) == pytest.approx(3**0.5)
    assert chroma_contrast(np.full((1, 1, 2, 3), red)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.6), (0.09, 0.3), (0.05, 0.4), (0.1, 1.2)])
def test_pale_and_even_chroma_gets_what_photographs_have(mean, spread, monkeypatch):
    """Few strong colours among many weak ones, whatever the generator puts out."""
    rng = np.random.default_rng(0)
    length = mean * rng.gamma(spread**-2, spread**2, (4, 16, 16, 1))
    angle = rng.uniform(0, 2 * np.pi, (4, 1, 1, 1))
    planes = (length * np.concatenate([np.cos(angle), np.sin(angle)], axis=-1)).astype("float32")
    layer = ChromaOverLuma(matched=True, contrasted=True, kept=True)
    gray = np.zeros((4, 16, 16, 3), "float32")
    # Photographs of colours such as these, twice as strong as asked for.
    wanted = ChromaOverLuma()([gray, (0.23 * rng.gamma(1.23, 0.81, (4, 16, 16, 1)) * [0.6, 0.8]).astype("float32")])
    photographs = to_uint8(from_network(numbers(wanted)))
    match_chroma(layer, gray, planes, photographs, share=0.5, contrast=True)
    images = from_network(numbers(layer([gray, planes])))
    photographs = to_unit(photographs)
    assert colorfulness(images).mean() == pytest.approx(0.5 * colorfulness(photographs).mean(), rel=0.05)
    assert chroma_contrast(images) == pytest.approx(chroma_contrast(photographs), rel=0.05)
    assert (float(numbers(layer.contrast)) > 1) == (spread < 0.9)


def test_contrast_is_fitted_after_an_epoch_and_saved(tiny, tiny_flowers, tmp_path):
    recipe = {"output": "chroma", "match_colorfulness": 1.0, "match_contrast": True, "learning_rate": 1e-3}
    gan = CycleGAN(**tiny, **recipe)
    layer = gan.G.layers[-1]
    gan.train(tiny_flowers, tmp_path, epochs=1, batch_size=3, sample_interval=0)
    originals = to_unit(tiny_flowers.split("train").color())
    gray = luma(originals)
    colored, fitted = gan.colorize(gray), float(numbers(layer.contrast))
    assert fitted != 1
    # What is saved makes the same images.
    assert (colorize(load_network(tmp_path), gray) == colored).all()
    found = chroma_contrast(to_unit(colored))
    assert found == pytest.approx(chroma_contrast(originals), rel=0.1), fitted
    # The objective does not know it.
    x = np.random.default_rng(0).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    learning = numbers(gan.G(x, training=True))
    layer.contrast.assign(3.0)
    assert (numbers(gan.G(x, training=True)) == learning).all()


@pytest.mark.parametrize("contrast", [0.5, 1.0, 2.0])
def test_contrast_is_a_power_of_the_length_of_chroma(contrast):
    layer = ChromaOverLuma(contrasted=True)
    layer.contrast.assign(contrast)
    layer.pivot.assign(0.2)
    planes = np.array([0.0, 0.1, -0.2, 0.4], "float32").reshape(1, 1, 4, 1) * np.array([0.6, 0.8], "float32")
    made = cb_cr(from_network(numbers(layer([np.zeros((1, 1, 4, 3), "float32"), planes]))))
    lengths = 0.2 * (np.array([0.0, 0.1, 0.2, 0.4]) / 0.2) ** contrast * np.sign([0, 1, -1, 1])
    # Images in [0, 1] have half the chroma of those in [-1, 1].
    np.testing.assert_allclose(made[0, 0], lengths[:, None] * np.array([0.6, 0.8]) / 2, atol=1e-3)


def test_luma_and_hue_are_kept_where_rgb_has_no_room():
    rng = np.random.default_rng(0)
    image, planes = (rng.uniform(-1, 1, (2, 8, 8, channels)).astype("float32") for channels in (3, 2))
    kept = ChromaOverLuma(kept=True)
    made, clipped = (numbers(layer([image, planes])) for layer in (kept, ChromaOverLuma()))
    # What gray in the middle of the range has room for, `colorize.py` lays over another luma in the same way.
    away = numbers(ChromaOverLuma()([np.zeros_like(image), planes / 4])) * 4
    np.testing.assert_allclose(from_network(made), in_gamut(from_network(luma(image)), away / 2), atol=1e-5)
    np.testing.assert_allclose(luma(made), luma(image), atol=1e-5)
    assert np.abs(luma(clipped) - luma(image)).max() > 0.1
    assert (numbers(kept([image, planes], training=True)) == clipped).all()


def test_the_average_by_hand():
    weight = keras.Variable([0.0])
    adam = AveragingAdam(1.0, 0.0, 0.0, momentum=0.2)
    adam.build([weight])
    average, values = None, []
    for step in range(6):
        adam.apply([ops.convert_to_tensor([1.0])])
        values.append(float(numbers(weight)[0]))
        momentum = min(0.2, (1 + step) / (10 + step)) if step else 0
        average = momentum * (average or 0) + (1 - momentum) * values[-1]
        with adam.averaged([weight]):
            assert float(numbers(weight)[0]) == pytest.approx(average, rel=1e-5)
    assert float(numbers(weight)[0]) == values[-1]


def test_the_rate_is_constant_then_falls_to_zero():
    schedule = LinearDecay(0.2, 100)
    assert [float(numbers(schedule(step))) for step in (0, 50, 75, 100, 120)] == pytest.approx([0.2, 0.2, 0.1, 0, 0])


def test_epochs_may_change_on_resume_unless_the_rate_depends_on_them(toy, tiny_flowers, tmp_path):
    assert "epochs" not in what_is_learned({}, {"epochs": 2, "lr_decay": "none"}, "float32", "digest")
    gan = toy()
    gan.train(tiny_flowers, tmp_path, epochs=2, lr_decay="linear", max_steps=1, sample_interval=0)
    with pytest.raises(UserError, match="--epochs 2, which cannot change"):
        toy().train(tiny_flowers, tmp_path, epochs=3, lr_decay="linear", max_steps=2)


def test_a_model_with_a_falling_rate_trains_one_run(toy, tiny_flowers):
    falling, steady = toy(), toy()
    falling.train(tiny_flowers, epochs=1, batch_size=3, lr_decay="linear")
    steady.train(tiny_flowers, epochs=1, batch_size=3)
    for gan, decay in ((falling, "linear"), (falling, "none"), (steady, "linear")):
        with pytest.raises(UserError, match="build a new model for another run"):
            gan.train(tiny_flowers, epochs=1, batch_size=3, lr_decay=decay)
    assert steady.train(tiny_flowers, epochs=1, batch_size=3) == 3


def test_noise_on_the_gray_fake_changes_the_colour_cycle_and_nothing_else(tiny, batches):
    plain = terms_of(CycleGAN(**tiny), batches)
    assert terms_of(CycleGAN(**tiny, cycle_noise=0.0), batches) == plain
    gan = CycleGAN(**tiny, cycle_noise=0.3)
    noise = gan.draws(batches, 0)["gray_noise"]
    assert noise.shape == (4, 32, 32, 1)
    assert noise.std() == pytest.approx(0.3, rel=0.05)
    assert (noise == gan.draws(batches, 0)["gray_noise"]).all()
    assert (noise != gan.draws(batches, 1)["gray_noise"][:4]).any()
    noisy = terms_of(gan, batches)
    assert {name for name in plain if noisy[name] != plain[name]} == {"cycle_color"}


def test_an_option_that_came_after_a_checkpoint_stood_at_its_default(tiny, tiny_flowers, tmp_path):
    def train(**options):
        gan = CycleGAN(**tiny, output="chroma", **options)
        gan.train(tiny_flowers, tmp_path, epochs=1, batch_size=3, max_steps=1, sample_interval=0)

    train()
    forget_option(tmp_path, "keep_luma")
    train()
    with pytest.raises(UserError, match="--no-keep-luma, which cannot change"):
        train(keep_luma=True)
