"""Colour gray images with a trained colorizer: load it, and colour arrays of its size.

A colorizer is a network from gray (n, S, S, 1), and maybe noise z (n, d), to colour (n, S, S, 3); images in [-1, 1].
"""

from pathlib import Path

import keras
import numpy as np

# Our layers register themselves there, so that they can be read back.
import models.chroma
import models.convolutions
import models.layers
import models.normalization  # noqa: F401
from data_loader.files import DAMAGED, UserError, write_arrays
from data_loader.images import from_network, to_network, to_uint8
from models.draws import sampled_z
from models.option_tables import require_at_least
from models.shipped import named, shipped

CHUNK = 8  # images at a time
DESCRIPTION = "network"  # name of the architecture in a packed file


def load_network(source, class_name=None, file=None):
    """The colorizer that comes along under a name, as "flowers", that of a run's directory, its last or another `file`
    of `generators_of`, or that of an .npz file of `pack`.

    A `UserError` where there is none, it cannot be read, is no colorizer, or that of a class other than `class_name`.
    """
    source = named(source)
    if source.suffix == ".npz" and not source.is_dir():
        return unpack(source)
    if not source.exists():
        raise UserError(f"{source} does not exist: name a run, a packed file, or one of {', '.join(shipped())}.")
    if not source.is_dir():
        raise UserError(f"{source} is no colorizer: name the directory of a training, or a packed file.")
    file = Path(file or source / "generator.keras")
    if not file.is_file():
        raise UserError(f"{source} has no {file.name} yet: train until the first checkpoint.")
    try:
        network = keras.models.load_model(file, compile=False)
    except Exception as error:  # Keras raises almost any class here on a damaged file.
        remedy = "the run's training command, typed again, writes it anew."
        raise UserError(f"{file} is damaged or no Keras file: {remedy}") from error
    channels = [tensor.shape[-1] for tensor in (*network.inputs[:1], *network.outputs)]
    if channels != [1, 3] or len(network.inputs) > 2:
        raise UserError(f"{file} is no colorizer, from gray to colour: name the run directory of a training.")
    if class_name and network.name != colorizer_name(class_name):
        remedy = "the run's training command, typed again, writes its own."
        raise UserError(f"{file} is {network.name} and the run trained a {class_name}: {remedy}")
    return network


def colorizer_name(class_name):
    """What a class calls its colorizer, so that a file tells whose it is."""
    return f"{class_name}_colorizer"


def generators_of(run_dir):
    """The colorizers of a run's last finished epochs, oldest first, as files generators/epoch_NNN.keras."""
    # By number: epoch 1000 is later than epoch 999.
    return sorted(Path(run_dir).glob("generators/epoch_*.keras"), key=lambda file: int(file.stem.split("_")[1]))


def unpack(file):
    """The colorizer in a file that `pack` wrote, in float32; a `UserError` where it is missing or damaged."""
    try:
        with np.load(Path(file), allow_pickle=False) as arrays:
            description = str(arrays[DESCRIPTION])
            weights = [arrays[name].astype("float32") for name in sorted(arrays.files) if name != DESCRIPTION]
        network = keras.models.model_from_json(description)
        network.set_weights(weights)
    except FileNotFoundError:
        raise UserError(f"{file} does not exist: check the spelling.") from None
    except (*DAMAGED, TypeError, AttributeError) as error:
        raise UserError(f"{file} is damaged or no packed colorizer: restore it.") from error
    return network


def pack(network, file):
    """Write a colorizer in half a .keras file's size; a `UserError` where a weight is beyond half precision's range.

    Kernels are float16. Biases and norms, which are few, stay float32: variances may be large, and rounding counts.
    """
    with np.errstate(over="ignore"):
        halves = [weight.astype("float16" if weight.ndim > 1 else "float32") for weight in network.get_weights()]
    if not all(np.isfinite(half).all() for half in halves):
        raise UserError(f"{network.name} has weights beyond 65504, which half precision cannot hold: ship another.")
    arrays = {f"weight{number:04d}": half for number, half in enumerate(halves)}
    write_arrays(file, arrays | {DESCRIPTION: np.array(network.to_json())})


def colorize(network, gray, samples=None, seed=0, z=None):
    """Colour gray images of a colorizer's size S: one colouring each, or several where the colorizer has noise.

    Where a colorizer reads z, it is drawn from N(0, I) by the seed. The noise of pix2pix is its dropout, which is left
    out unless samples are asked for; batch norms use moving statistics in any case.

    Args:
        network: the colorizer.
        gray: (n, S, S) or (n, S, S, 1), uint8, or float in [0, 1]; another shape is a `ValueError`.
        samples: colourings an image, uint8 (n, samples, S, S, 3); None for one, (n, S, S, 3).
        seed: whole number, or a tuple of them; the same seed gives the same colours.
        z: (n, d) or, with samples, (n, samples, d): the noise itself, instead of a seed.

    Raises:
        UserError: of `samples` below 1 or a network without noise, `z` of another shape, colours that are not finite.
    """
    gray = np.asarray(gray)
    gray = gray if gray.ndim == 4 else gray[..., None]
    side = network.inputs[0].shape[1]
    if gray.ndim != 4 or gray.shape[1:] != (side, side, 1):
        raise ValueError(f"gray images must be (n, {side}, {side}) or with a last axis of 1, not {gray.shape}.")
    color = to_uint8(from_network(predict_colors(network, to_network(gray), samples, seed, z)))
    return color if samples is None else color.reshape(len(gray), samples, *color.shape[1:])


def predict_colors(network, images, samples=None, seed=0, z=None):
    """As `colorize`, but of images (n, S, S, 1) in [-1, 1], and not rounded: (n · samples, S, S, 3) in [-1, 1]."""
    if samples is not None:
        require_at_least("samples", samples, 1)
    repeated = np.repeat(images, samples or 1, axis=0)
    if reads_noise(network):
        return predict_images(network, [repeated, noise_of(network, len(images), samples, seed, z)])
    if z is not None:
        raise UserError("this colorizer reads no noise: leave z out.")
    if samples is None:
        return predict_images(network, images)
    return _predict_with_dropout(network, repeated, seed)


def reads_noise(network):
    """Whether a colorizer has an input for z."""
    return len(network.inputs) == 2


def has_noise(network):
    """Whether a colorizer has more than one colouring for an image."""
    return reads_noise(network) or bool(_dropouts(network))


def predict_images(network, inputs):
    """Run a network on images in [-1, 1] as at test time, without dropout; a `UserError` where they come out NaN."""
    return _finite(network.predict(inputs, batch_size=CHUNK, verbose=0))


def _finite(images):
    """The images; a `UserError` where a value is not finite."""
    if not np.isfinite(images).all():
        raise UserError("the network puts out values that are not finite: train it again, or use an older one.")
    return images


def noise_of(network, images, samples=None, seed=0, z=None):
    """The noise of every image and sample, (n · samples, d)."""
    return sampled_z(network.inputs[1].shape[-1], images, samples, seed, z)


def _dropouts(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.Dropout) and layer.rate]


def _predict_with_dropout(network, images, seed):
    """Colour with dropout as at training, but with moving statistics; no state of the network is changed."""
    if not _dropouts(network):
        raise UserError("this colorizer has one colouring for an image: leave out --samples (samples, in Python).")

    def call(layer, *inputs, **arguments):
        if isinstance(layer, (keras.layers.Dropout, keras.layers.BatchNormalization)):
            arguments["training"] = isinstance(layer, keras.layers.Dropout)
        return layer(*inputs, **arguments)

    sampler = keras.models.clone_model(network, clone_function=lambda layer: layer, call_function=call)
    states = [layer.seed_generator.state for layer in _dropouts(network)]
    seeds = np.random.default_rng(seed).integers(2**32, size=(len(states), 2), dtype="uint32")
    with keras.StatelessScope(zip(states, map(keras.ops.convert_to_tensor, seeds), strict=True)):
        # Not `predict`, which would set every layer to test time again.
        chunks = [sampler(images[start : start + CHUNK]) for start in range(0, len(images), CHUNK)]
    return _finite(np.concatenate([keras.ops.convert_to_numpy(chunk) for chunk in chunks]))
