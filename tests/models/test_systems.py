"""The other three systems: what each adds to the CycleGAN, and what all share."""

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import Batches, UserError
from models import CapsuleCycleGAN, Pix2Pix, StochasticCycleGAN
from models.colorizing import generators_of, load_network
from tests.models.learners import learners_of

pytestmark = pytest.mark.usefixtures("uncompiled")
PIX2PIX = {"image_size": 64, "generator_filters": 4, "discriminator_filters": 4}


def number(x):
    return float(ops.convert_to_numpy(x))


@pytest.fixture(scope="module")
def stochastic(tiny):
    return StochasticCycleGAN(**tiny, lambda_identity=1.0)


@pytest.fixture(scope="module")
def pix2pix():
    return Pix2Pix(**PIX2PIX)


@pytest.fixture
def gray():
    return np.random.default_rng(0).integers(0, 256, (2, 32, 32), np.uint8)


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    gray, color = (rng.uniform(-1, 1, (2, 64, 64, channels)).astype("float32") for channels in (1, 3))
    return {"gray": gray, "color": color}


@pytest.mark.parametrize("noise", ["normal", "uniform"])
@pytest.mark.parametrize("generator", ["unet", "resnet"])
def test_z_reaches_the_output_at_initialisation(tiny, gray, noise, generator):
    gan = StochasticCycleGAN(**tiny | {"generator": generator, "noise": noise})
    colors = gan.colorize(gray, samples=2, seed=0).astype(int)
    assert np.abs(colors[:, 0] - colors[:, 1]).max() > 0


def test_the_same_seed_gives_the_same_colours(stochastic, gray):
    first, same, other = (stochastic.colorize(gray, samples=3, seed=seed) for seed in (0, 0, 1))
    assert first.shape == (2, 3, 32, 32, 3)
    assert (first == same).all()
    assert (first != other).any()
    assert (stochastic.colorize(gray, seed=4) == stochastic.colorize(gray, seed=4)).all()
    z = np.random.default_rng(0).standard_normal((2, 3, 16))
    assert (stochastic.colorize(gray, samples=3, z=z) == first).all()


def test_z_stands_in_translation_cycle_and_identity(stochastic, batch):
    terms = []
    for z in (np.zeros((2, 16), "float32"), np.full((2, 16), 2, "float32")):
        drawn = batch | {"z": z}
        fake = stochastic(drawn, training=True)
        terms.append({name: number(value) for name, value in stochastic.objective(drawn, fake).items()})
    moved = {name for name in terms[0] if abs(terms[0][name] - terms[1][name]) > 1e-6 * abs(terms[0][name])}
    assert moved >= {"gan_color", "cycle_gray", "cycle_color", "identity_color", "d_color"}
    assert not moved & {"gan_gray", "d_gray", "identity_gray"}


def test_z_comes_with_the_batch(tiny, tiny_flowers):
    batches = Batches(tiny_flowers.split("train"), batch_size=3)
    for noise in ("normal", "uniform"):
        gan = StochasticCycleGAN(**tiny, noise=noise, noise_size=5)
        z = gan.draws(batches, 7)["z"]
        assert z.shape == (batches.images_in(7), 5)
        assert (z == gan.draws(batches, 7)["z"]).all()
        assert (z != gan.draws(batches, 8)["z"]).any()
        within = (z >= 0) & (z < 1)
        assert within.all() == (noise == "uniform")
    assert gan.draws(Batches(tiny_flowers.split("train"), 3, seed=1), 7)["z"].tolist() != z.tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"samples": 0}, "samples 0 is too small"),
        ({"z": np.zeros((2, 15))}, r"z has the shape \(2, 15\): give \(2, 16\)"),
        ({"z": np.zeros((2, 16)), "samples": 2}, r"give \(2, 2, 16\)"),
    ],
)
def test_wrong_noise_is_refused(stochastic, gray, arguments, message):
    with pytest.raises(UserError, match=message):
        stochastic.colorize(gray, **arguments)


def test_noise_is_refused_where_there_is_none(gan, gray):
    with pytest.raises(UserError, match="one colouring"):
        gan.colorize(gray, samples=2)
    with pytest.raises(UserError, match="reads no noise"):
        gan.colorize(gray, z=np.zeros((2, 16)))


def test_the_terms_of_pix2pix_are_those_of_the_equations(pair):
    gray, color = pair["gray"], pair["color"]
    gan = Pix2Pix(**PIX2PIX, gan_loss="mse", dropout=0.0)
    fake = gan(pair, training=True)
    real_logits = gan.D(np.concatenate([gray, color], -1), training=True)
    fake_logits = gan.D(np.concatenate([gray, fake], -1), training=True)
    expected = {
        "gan": np.mean((fake_logits - 1) ** 2),
        "l1": 100 * np.mean(np.abs(fake - color)),
        "d": (np.mean((real_logits - 1) ** 2) + np.mean(fake_logits**2)) / 2,
    }
    terms = {name: number(value) for name, value in gan.objective(pair, fake).items()}
    assert terms == pytest.approx(expected, rel=1e-4)


def test_pix2pix_colours_without_dropout_unless_samples_are_asked_for(pair):
    pix2pix = Pix2Pix(**PIX2PIX, norm_momentum=0.0)
    # Moving statistics of something, as after a training, and an output that is not almost gray.
    pix2pix(pair, training=True)
    last = pix2pix.G.layers[-2]
    last.kernel.assign(last.kernel * 50)
    gray = np.random.default_rng(0).integers(0, 256, (2, 64, 64), np.uint8)
    state = [ops.convert_to_numpy(variable) for variable in pix2pix.variables]
    assert (pix2pix.colorize(gray) == pix2pix.colorize(gray)).all()
    samples = pix2pix.colorize(gray, samples=2, seed=0)
    assert samples.shape == (2, 2, 64, 64, 3)
    assert (samples[:, 0] != samples[:, 1]).any()
    assert (samples == pix2pix.colorize(gray, samples=2, seed=0)).all()
    # One image alone gets the colours that it gets among others: statistics are the moving ones.
    assert np.abs(pix2pix.colorize(gray[:1]).astype(int) - pix2pix.colorize(gray)[:1]).max() <= 1
    for old, variable in zip(state, pix2pix.variables, strict=True):
        assert (old == ops.convert_to_numpy(variable)).all(), variable.path


def test_moving_statistics_take_one_real_and_one_fake_update_a_step(pair):
    gray, color = pair["gray"], pair["color"]
    gan = Pix2Pix(**PIX2PIX, dropout=0.0, norm_momentum=0.5)
    norm = next(layer for layer in gan.D.layers if isinstance(layer, keras.layers.BatchNormalization))
    before = keras.Model(gan.D.input, norm.input)
    fake = gan(pair, training=True)
    expected = np.zeros(norm.moving_mean.shape)
    for image in (color, fake):
        features = ops.convert_to_numpy(before(np.concatenate([gray, image], -1)))
        expected = norm.momentum * expected + (1 - norm.momentum) * features.mean(axis=(0, 1, 2))
    gan.objective(pair, fake)
    assert ops.convert_to_numpy(norm.moving_mean) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [96, 32])
def test_a_size_that_the_u_net_cannot_halve_is_refused(size):
    with pytest.raises(UserError, match="power of two from 64"):
        Pix2Pix(image_size=size)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
@pytest.mark.parametrize("options", [{"capsule": "published"}, {"capsule": "routing", "capsule_loss": "margin"}])
def test_capsules_learn_from_their_terms_and_teach_through_the_others(tiny, batch, options):
    networks = ("G", "F", "D_X", "D_Y")
    tiny = {name: value for name, value in tiny.items() if name != "discriminator"}
    gan = CapsuleCycleGAN(**tiny | {"discriminator_filters": 8}, **options)
    adversarial = {"gan_color": {"G"}, "gan_gray": {"F"}, "d_color": {"D_Y"}, "d_gray": {"D_X"}}
    assert learners_of(gan, batch, networks, adversarial) == adversarial


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
def test_who_learns_from_which_term_of_pix2pix(pix2pix, pair):
    assert pix2pix.terms == ["gan", "l1", "d"]
    assert learners_of(pix2pix, pair, ("G", "D")) == {"gan": {"G"}, "l1": {"G"}, "d": {"D"}}


def test_a_keras_file_that_is_no_colorizer_is_refused(gan, tmp_path):
    gan.F.save(tmp_path / "generator.keras")
    with pytest.raises(UserError, match="is no colorizer, from gray to colour"):
        load_network(tmp_path)


def test_a_colorizer_of_another_class_is_refused(gan, tmp_path):
    gan.save_colorizer(tmp_path / "generator.keras")
    assert load_network(tmp_path, "CycleGAN").name == "CycleGAN_colorizer"
    with pytest.raises(UserError, match="is CycleGAN_colorizer and the run trained a Pix2Pix"):
        load_network(tmp_path, "Pix2Pix")


@pytest.mark.parametrize("kind", ["stochastic", "pix2pix"])
def test_a_saved_colorizer_colours_like_the_model(request, kind, tmp_path):
    from models.colorizing import colorize

    model = request.getfixturevalue(kind)
    size = model.options.image_size
    gray = np.random.default_rng(0).integers(0, 256, (2, size, size), np.uint8)
    model.save_colorizer(tmp_path / "generator.keras")
    network = load_network(tmp_path)
    assert (colorize(network, gray) == model.colorize(gray)).all()
    assert (colorize(network, gray, samples=2, seed=3) == model.colorize(gray, samples=2, seed=3)).all()


def test_epoch_1000_is_later_than_epoch_999(tmp_path):
    (tmp_path / "generators").mkdir()
    for epoch in (1000, 998, 1001, 999):
        (tmp_path / "generators" / f"epoch_{epoch:03d}.keras").touch()
    assert [file.stem for file in generators_of(tmp_path)] == ["epoch_998", "epoch_999", "epoch_1000", "epoch_1001"]
