"""Each network: shapes, parameter counts, a gradient at every weight, the same output after save and load."""

import keras
import numpy as np
import pytest
from keras import ops

from data_loader import UserError
from data_loader.images import luma
from models import CycleGAN, Pix2Pix
from models.chroma import ChromaOverLuma
from models.discriminators import (
    patch70_discriminator,
    patch_capsule_discriminator,
    patch_zoo_discriminator,
    published_discriminator,
    routing_discriminator,
)
from models.generators import chroma_generator, colorizer, resnet_generator, unet_generator
from models.layers import ReflectionPadding2D, unlisted
from models.normalization import WholeImageNormalization

# CycleGAN's 6-block ResNet has 7,837,699 parameters without affine norms; ours has no bias where a norm would take
# it away again (3,712 of them) and a scale and shift at each of these channels. Likewise 2,764,737 for the PatchGAN.
# The zoo's norm has two scalars a layer: 17 layers in the ResNet.
NETWORKS = {
    "resnet": (lambda: resnet_generator(128, 3, 3), (128, 128, 3), 7_837_699 - 3_712 + 2 * 3_712),
    "resnet, to gray": (lambda: resnet_generator(128, 3, 1), (128, 128, 1), 7_835_137),
    "resnet, zoo norm": (lambda: resnet_generator(128, 3, 3, norm="layer"), (128, 128, 3), 7_837_699 + 17 * 2),
    "unet": (lambda: unet_generator(128, 3, 3), (128, 128, 3), 1_546_819),
    "unet, zoo norm": (lambda: unet_generator(128, 3, 3, norm="layer"), (128, 128, 3), 1_545_425),
    "unet, input skip": (lambda: unet_generator(128, 3, 1, input_skip=True), (128, 128, 1), 1_544_817),
    "patch70": (lambda: patch70_discriminator(128, 3), (14, 14, 1), 2_764_737 - 896 + 2 * 896),
    "patch70, gray": (lambda: patch70_discriminator(128, 1), (14, 14, 1), 2_763_585),
    "patch-zoo": (lambda: patch_zoo_discriminator(128, 3), (8, 8, 1), 2_766_529),
    "published capsules": (lambda: published_discriminator(32, 3), (1,), 8_071_233),
    "published capsules, rescaled": (lambda: published_discriminator(128, 3), (1,), 8_071_233),
    # 62,464 and 5,308,672 of the convolutions, 1,024 of the norm, 2048 × 8 × 2 × 16 of the routing.
    "routing capsules": (lambda: routing_discriminator(128, 3), (1,), 62_464 + 5_308_672 + 1_024 + 524_288),
    # The routing's share: 9 · 8 · 8 × 4 · 16 and 9 · 4 · 16 × 2 · 16.
    "patch-capsule": (lambda: patch_capsule_discriminator(128, 3), (8, 8, 1), 208_256 + 36_864 + 18_432),
    "patch-capsule, lengths": (lambda: patch_capsule_discriminator(96, 3, lengths=True), (6, 6, 2), 263_552),
    # 4×4 kernels down 1-64-128-256-512-512-512 and up to 512-512-256-128-64, with skips; no bias beside a norm, whose
    # four vectors are over the same widths without the first; the last to 3.
    "pix2pix": (lambda: Pix2Pix(image_size=128).G, (128, 128, 3), 1_088 + 29_229_056 + 4 * 3_392 + 6_147),
    "stochastic resnet": (
        lambda: resnet_generator(128, 3, 3, noise="normal"),
        (128, 128, 3),
        7_837_699 - 3_712 + 16 * 2 * 3_712,
    ),
    "patch-zoo, zoo norm": (lambda: patch_zoo_discriminator(128, 1, norm="layer"), (8, 8, 1), 2_762_695),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_shape_and_parameter_count(name):
    build, shape, count = NETWORKS[name]
    network = build()
    assert network.output_shape == (None, *shape)
    assert network.count_params() == count


SMALL = {
    "resnet": lambda: resnet_generator(32, 3, 1, filters=4),
    "resnet, zoo norm": lambda: resnet_generator(32, 3, 3, norm="layer", filters=4),
    "unet": lambda: unet_generator(32, 3, 3, filters=4),
    "chroma over luma": lambda: chroma_generator(unet_generator(32, 3, 2, filters=4)),
    "unet, input skip": lambda: unet_generator(32, 3, 1, norm="layer", filters=4, input_skip=True),
    "stochastic resnet": lambda: resnet_generator(32, 3, 3, filters=4, noise="normal"),
    "stochastic chroma": lambda: chroma_generator(
        unet_generator(32, 3, 2, norm="layer", filters=4, noise="uniform", noise_size=3)
    ),
    "pix2pix": lambda: Pix2Pix(image_size=64, generator_filters=4, discriminator_filters=4).G,
    "published capsules": lambda: published_discriminator(64, 3, filters=8),
    "routing capsules": lambda: routing_discriminator(64, 1, filters=8, lengths=True),
    "patch-capsule": lambda: patch_capsule_discriminator(48, 3, filters=4),
    "patch70": lambda: patch70_discriminator(32, 3, filters=4),
    "patch-zoo": lambda: patch_zoo_discriminator(32, 3, norm="layer", filters=4),
}


@pytest.fixture(params=SMALL, scope="module")
def network(request):
    """A network that the tests leave as it is, but for moving statistics."""
    keras.utils.set_random_seed(0)
    return SMALL[request.param]()


def test_each_published_round_gates_the_same_votes():
    multiplications = [layer for layer in published_discriminator(32, 3, filters=8).layers if "multiply" in layer.name]
    assert len(multiplications) == 3
    assert len({id(layer.input[0]) for layer in multiplications}) == 1
    assert len({id(layer.input[1]) for layer in multiplications}) == 3


def test_a_size_that_cannot_be_rescaled_to_32_is_refused():
    with pytest.raises(UserError, match="--image-size 80 cannot be rescaled to 32: use a multiple of it, 64"):
        published_discriminator(80, 3, filters=8)


def images(network, count=2):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(-1, 1, (count, *tensor.shape[1:])).astype("float32") for tensor in network.inputs]
    return unlisted(inputs)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="looks at gradients with TensorFlow's tape")
def test_a_gradient_reaches_every_weight(network):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = ops.sum(ops.square(network(images(network), training=True) - 0.3))
    gradients = tape.gradient(loss, [weight.value for weight in network.trainable_variables])
    for weight, gradient in zip(network.trainable_variables, gradients, strict=True):
        assert np.abs(gradient).max() > 1e-7, weight.path


def test_saved_and_loaded_it_gives_the_same_output(network, tmp_path):
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    # As `pack` does with what it loads.
    again = keras.models.model_from_json(loaded.to_json())
    again.set_weights(loaded.get_weights())
    for copy in (loaded, again):
        assert (ops.convert_to_numpy(copy(images(network))) == ops.convert_to_numpy(network(images(network)))).all()


def test_generators_put_out_images_and_work_on_one(network):
    output = ops.convert_to_numpy(network(images(network, 1)))
    assert output.shape[0] == 1
    assert np.isfinite(output).all()
    if output.shape[-1] in (1, 3) and output.shape[1:3] == network.inputs[0].shape[1:3]:
        assert np.abs(output).max() <= 1


def test_no_two_layers_start_with_the_same_weights():
    network = resnet_generator(32, 3, 3, filters=4)
    kernels = [ops.convert_to_numpy(weight) for weight in network.trainable_variables if weight.name == "kernel"]
    twins = [kernel for kernel in kernels if kernel.shape == (3, 3, 16, 16)]
    assert len(twins) == 12
    assert all((a != b).any() for n, a in enumerate(twins) for b in twins[:n])


def test_both_generators_start_apart_and_the_seed_decides_how(tiny):
    first, same, other = (CycleGAN(**tiny, seed=seed) for seed in (0, 0, 1))
    weights = [[ops.convert_to_numpy(w) for w in gan.trainable_variables] for gan in (first, same, other)]
    assert all((a == b).all() for a, b in zip(weights[0], weights[1], strict=True))
    assert any((a != b).any() for a, b in zip(weights[0], weights[2], strict=True))
    deep = [network.trainable_variables[4] for network in (first.G, first.F)]
    assert (ops.convert_to_numpy(deep[0]) != ops.convert_to_numpy(deep[1])).any()


def test_outputs_and_logits_are_float32_under_mixed_precision(batch):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        for build in SMALL.values():
            network = build()
            assert keras.backend.standardize_dtype(network(images(network)).dtype) == "float32"
        gray = batch["gray"] / 2
        color = ops.convert_to_numpy(colorizer(SMALL["chroma over luma"]())(gray))
        unclipped = np.abs(color).max(axis=-1, keepdims=True) < 1
        assert unclipped.mean() > 0.1
        assert np.abs(luma(color) - gray)[unclipped].max() < 1e-5
    finally:
        keras.config.set_dtype_policy("float32")


def test_reflection_padding_mirrors_without_repeating_the_edge():
    x = np.arange(9, dtype="float32").reshape(1, 3, 3, 1)
    padded = ops.convert_to_numpy(ReflectionPadding2D(1)(x))[0, :, :, 0]
    assert padded[1].tolist() == [1, 0, 1, 2, 1]
    assert padded[:, 1].tolist() == [3, 0, 3, 6, 3]


def test_the_zoos_norm_by_hand():
    x = np.random.default_rng(0).normal(3, 2, (2, 4, 4, 5)).astype("float32")
    expected = [(image - image.mean()) / (image.std() + 1e-3) for image in x]
    assert ops.convert_to_numpy(WholeImageNormalization()(x)) == pytest.approx(np.array(expected), abs=1e-5)
    constant = WholeImageNormalization()(np.ones((1, 2, 2, 1), "float32"))
    assert ops.convert_to_numpy(constant).tolist() == np.zeros((1, 2, 2, 1)).tolist()


def test_chroma_over_luma_keeps_the_luma_and_is_the_inverse_of_the_transform():
    rng = np.random.default_rng(0)
    image = rng.uniform(-0.2, 0.2, (1, 4, 4, 3)).astype("float32")
    chroma = rng.uniform(-0.2, 0.2, (1, 4, 4, 2)).astype("float32")
    rgb = ops.convert_to_numpy(ChromaOverLuma()([image, chroma]))
    assert luma(rgb) == pytest.approx(luma(image), abs=1e-6)
    y, red, blue = luma(rgb)[..., 0], rgb[..., 0], rgb[..., 2]
    assert (blue - y) / 1.772 == pytest.approx(chroma[..., 0], abs=1e-6)
    assert (red - y) / 1.402 == pytest.approx(chroma[..., 1], abs=1e-6)
    assert ops.convert_to_numpy(ChromaOverLuma()([image + 0.9, chroma * 5])).max() == 1


def test_halved_chroma_is_of_half_the_resolution_except_in_training():
    rng = np.random.default_rng(0)
    image = np.zeros((2, 8, 4, 3), "float32")
    chroma = rng.uniform(-0.2, 0.2, (2, 8, 4, 2)).astype("float32")
    plain, halved = ChromaOverLuma(), ChromaOverLuma(halved=True)
    assert (
        ops.convert_to_numpy(halved([image, chroma], training=True)) == ops.convert_to_numpy(plain([image, chroma]))
    ).all()
    # Chroma that alternates from pixel to pixel is grain; what is the same in neighbours stays.
    grain = np.indices((8, 4)).sum(axis=0)[None, ..., None] % 2 * 0.2 - 0.1 + np.zeros((2, 8, 4, 2))
    assert (
        np.abs(ops.convert_to_numpy(halved([image, grain]))).max()
        < 1e-6
        < np.ptp(ops.convert_to_numpy(plain([image, grain])))
    )
    means = chroma.reshape(2, 4, 2, 2, 2, 2).mean(axis=(2, 4))
    # Bilinear: 3/4 of the nearer of two means, 1/4 of the other.
    by_hand = (9 * means[:, 0, 0] + 3 * means[:, 0, 1] + 3 * means[:, 1, 0] + means[:, 1, 1]) / 16
    blue = ops.convert_to_numpy(halved([image, chroma]))[:, 1, 1, 2] / 1.772
    assert blue == pytest.approx(by_hand[:, 0], abs=1e-6)
    even = np.full((2, 8, 4, 2), 0.1)
    assert ops.convert_to_numpy(halved([image, even])) == pytest.approx(
        ops.convert_to_numpy(plain([image, even])), abs=1e-6
    )
    assert luma(ops.convert_to_numpy(halved([image, chroma]))) == pytest.approx(0, abs=1e-6)


def test_the_colorizer_repeats_gray_to_three_channels(gan, batch):
    repeated = np.repeat(batch["gray"], 3, axis=-1)
    assert ops.convert_to_numpy(gan.colorizer(batch["gray"])) == pytest.approx(
        ops.convert_to_numpy(gan.G(repeated)), abs=1e-6
    )


@pytest.mark.parametrize(("generator", "size"), [("resnet", 34), ("unet", 40)])
def test_a_size_that_does_not_fit_is_refused_with_one_that_does(generator, size):
    with pytest.raises(UserError, match=rf"--image-size {size} .* use \d+"):
        CycleGAN(image_size=size, generator=generator)
