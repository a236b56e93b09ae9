"""Colour gray images with a trained generator: one colouring each, or several where the generator can."""

from pathlib import Path

import keras
import numpy as np

from data_loader.errors import UserError
from data_loader.images import from_network, to_network, to_uint8

CHUNK = 8


def colorize(network, gray, samples=None, seed=0, z=None):
    """Colour gray images with a colorizer.

    A colorizer that reads noise draws it from N(0, I) by the seed. One with dropout (pix2pix) colours without it
    and with moving statistics, unless samples are asked for: dropout is its noise then. Any other has one colouring.

    Args:
        network: a colorizer: gray (n, S, S, 1), and z (n, d) if it reads noise, to colour (n, S, S, 3), in [-1, 1].
        gray: (n, S, S) or (n, S, S, 1), uint8, or float in [0, 1].
        samples: number of colourings an image; None for one without an axis of its own.
        seed: whole number, or a tuple of them; the same seed gives the same colours.
        z: (n, d) or, with samples, (n, samples, d): the noise itself, instead of a seed.

    Returns:
        uint8 (n, S, S, 3), or (n, samples, S, S, 3).

    Raises:
        UserError: `samples` is below 1 or the network has one colouring only, `z` has another shape, or the colours
            are not finite.
        ValueError: the gray images have another shape.
    """
    images = _checked(network, gray)
    color = to_uint8(from_network(predict_colors(network, images, samples, seed, z)))
    return color if samples is None else color.reshape(len(images), samples, *color.shape[1:])


def predict_colors(network, images, samples=None, seed=0, z=None):
    """What a colorizer puts out, before it becomes 8 bits.

    Args:
        network, samples, seed, z: as in `colorize`.
        images: (n, S, S, 1) in [-1, 1].

    Returns:
        (n · samples, S, S, 3) in [-1, 1].

    Raises:
        UserError: as `colorize`.
    """
    if samples is not None and samples < 1:
        raise UserError(f"samples {samples} is too small: ask for at least 1.")
    repeated = np.repeat(images, samples or 1, axis=0)
    if reads_noise(network):
        return predict_images(network, [repeated, _noise(network, len(images), samples, seed, z)])
    if z is not None:
        raise UserError("this colorizer reads no noise: leave z out.")
    if samples is None:
        return predict_images(network, images)
    return _with_dropout(network, repeated, seed)


def reads_noise(network):
    """Whether a colorizer has an input for z."""
    return len(network.inputs) == 2


def has_noise(network):
    """Whether a colorizer has more than one colouring for an image."""
    return reads_noise(network) or bool(_dropouts(network))


def predict_images(network, inputs):
    """Run a network on images in [-1, 1], as at test time: no dropout, moving statistics.

    Raises:
        UserError: it puts out NaN or infinity.
    """
    return _finite(network.predict(inputs, batch_size=CHUNK, verbose=0))


def colorizer_name(class_name):
    """What a class calls its colorizer, so that a file tells whose it is."""
    return f"{class_name}_colorizer"


def load_colorizer(run_dir, class_name=None, file=None):
    """The colorizer of a run, gray (n, S, S, 1) to colour (n, S, S, 3), both in [-1, 1].

    Args:
        run_dir: where a training wrote generator.keras.
        class_name: of the model that the run trained, if that is to be checked.
        file: of an earlier colorizer of the run, as `generators_of` names them (default: its last).

    Raises:
        UserError: the run has none, it cannot be read, it is no colorizer, or that of another class.
    """
    # Registers our layers, so that they can be read back.
    import models.generators  # noqa: F401

    file = Path(file or Path(run_dir) / "generator.keras")
    if not file.is_file():
        raise UserError(f"{run_dir} has no {file.name} yet: train until the first checkpoint.")
    try:
        network = keras.models.load_model(file, compile=False)
    except Exception as error:  # Keras raises almost any class here on a damaged file.
        raise UserError(
            f"{file} is damaged or no Keras file: the run's training command, typed again, writes it anew."
        ) from error
    channels = [tensor.shape[-1] for tensor in (*network.inputs[:1], *network.outputs)]
    if channels != [1, 3] or len(network.inputs) > 2:
        raise UserError(f"{file} is no colorizer, from gray to colour: name the run directory of a training.")
    if class_name and network.name != colorizer_name(class_name):
        raise UserError(
            f"{file} is {network.name} and the run trained a {class_name}: "
            "the run's training command, typed again, writes its own."
        )
    return network


def generators_of(run_dir):
    """The colorizers of a run's last finished epochs, oldest first, as files generators/epoch_NNN.keras."""
    return sorted(Path(run_dir).glob("generators/epoch_*.keras"))


def _checked(network, gray):
    """Gray images as the network wants them."""
    gray = np.asarray(gray)
    gray = gray if gray.ndim == 4 else gray[..., None]
    side = network.inputs[0].shape[1]
    if gray.ndim != 4 or gray.shape[1:] != (side, side, 1):
        raise ValueError(f"gray images must be (n, {side}, {side}) or with a last axis of 1, not {gray.shape}.")
    return to_network(gray)


def _noise(network, images, samples, seed, z):
    """The noise of every image and sample, (n · samples, d)."""
    size = network.inputs[1].shape[-1]
    shape = (images, size) if samples is None else (images, samples, size)
    if z is None:
        z = np.random.default_rng(seed).standard_normal(shape)
    if np.shape(z) != shape:
        raise UserError(f"z has the shape {np.shape(z)}: give {shape}.")
    return np.asarray(z, "float32").reshape(-1, size)


def _with_dropout(network, images, seed):
    """Colour with dropout as at training, but with moving statistics; no state of the network is changed."""
    layers = _dropouts(network)
    if not layers:
        raise UserError("this colorizer has one colouring for an image: leave out --samples (samples, in Python).")

    def call(layer, *inputs, **arguments):
        if isinstance(layer, (keras.layers.Dropout, keras.layers.BatchNormalization)):
            arguments["training"] = isinstance(layer, keras.layers.Dropout)
        return layer(*inputs, **arguments)

    sampler = keras.models.clone_model(network, clone_function=lambda layer: layer, call_function=call)
    states = [layer.seed_generator.state for layer in layers]
    kept = [keras.ops.convert_to_numpy(state) for state in states]
    seeds = np.random.default_rng(seed).integers(2**32, size=(len(states), 2), dtype="uint32")
    try:
        for state, value in zip(states, seeds, strict=True):
            state.assign(value)
        # Not `predict`, which would set every layer to test time again.
        chunks = [sampler(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
        return _finite(np.concatenate([keras.ops.convert_to_numpy(chunk) for chunk in chunks]))
    finally:
        for state, value in zip(states, kept, strict=True):
            state.assign(value)


def _dropouts(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dropout) and layer.rate]


def _finite(images):
    if not np.isfinite(images).all():
        raise UserError("the network puts out values that are not finite: train it again, or use an older one.")
    return images
