"""Ten steps of each system on one device, then on several; run by a test under JAX with simulated devices.

python on_devices.py DEVICES...

Prints, as JSON, name of a system to how far its weights have `moved`, and how far they are at most from those of one
device, for each of DEVICES.
"""

import json
import sys

import keras
import numpy as np

import models
from data_loader import Batches, load_flowers
from models.devices import devices_in_use, use_devices
from tests.models.three_steps import CHROMA, PATCHES, SYSTEMS, UNET

STEPS, BATCH = 10, 8
# Keras' Adam divides by a gradient's own size, and so makes much of the rounding of weights that hardly matter; and a
# GAN doubles what two runs differ by every step or two, the sooner the larger its steps are.
EPSILON, LEARNING_RATE = 1.0, 1e-3
MAGNIFIED = ("momentum", "velocity", "past")
OWN = {"CycleGAN": UNET | PATCHES | {"paired_weight": 10.0}}
OWN |= {"StochasticCycleGAN": UNET | PATCHES | CHROMA | {"pool_size": 2 * BATCH}}


def weights_after_steps(name):
    """How far a system's weights have moved after its steps, and its weights, their averages and norms' statistics."""
    gan = getattr(models, name)(**SYSTEMS[name] | OWN.get(name, {}) | {"learning_rate": LEARNING_RATE})
    gan.optimizer.epsilon = EPSILON
    flowers = load_flowers("synthetic", gan.options.image_size)
    batches = Batches(flowers.split("train"), BATCH, gan.options.seed, gan.paired)
    begun = _arrays(gan.trainable_variables)
    for step in range(STEPS):
        gan.train_on(gan.batch(batches, step))
    # Any number may be looked at, also one that cannot be split.
    assert len(gan.colorize(np.zeros((3, *[gan.options.image_size] * 2), np.uint8))) == 3
    return _apart(_arrays(gan.trainable_variables), begun), _arrays(gan.state)


def _arrays(variables):
    """Those that are floats; of gradients and of images, as Adam and pools keep them, rounding is magnified more."""
    floats = [variable for variable in variables if keras.backend.is_float_dtype(variable.dtype)]
    kept = [variable for variable in floats if not variable.path.endswith(MAGNIFIED)]
    return [keras.ops.convert_to_numpy(variable) for variable in kept]


def _apart(arrays, expected):
    """How far arrays are from the expected ones at most; of those larger than 1, as squares may be, the part."""
    pairs = zip(arrays, expected, strict=True)
    return max(float(np.abs(ours - own).max() / max(1, np.abs(own).max())) for ours, own in pairs)


if __name__ == "__main__":
    # Before any distribution is set.
    alone = {name: weights_after_steps(name) for name in SYSTEMS}
    found = {name: {"moved": moved} for name, (moved, _) in alone.items()}
    for devices in sys.argv[1:]:
        use_devices(devices, BATCH)
        assert devices_in_use() == int(devices)
        for name, (_, expected) in alone.items():
            _, weights = weights_after_steps(name)
            found[name][devices] = _apart(weights, expected)
    print(json.dumps(found))
