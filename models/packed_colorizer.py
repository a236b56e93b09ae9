"""Trained colorizers small enough to ship: weights in half precision, and the network's description, in one .npz."""

import zipfile
from pathlib import Path

import keras
import numpy as np

from data_loader.errors import UserError
from models.files import DAMAGED, replacing

DESCRIPTION = "network"


def pack(network, file):
    """Write a colorizer's weights as float16, half of what a .keras file takes.

    Args:
        network: of float32 weights.
        file: path of the .npz.

    Raises:
        UserError: a weight is beyond float16's range.
    """
    with np.errstate(over="ignore"):
        halves = [weight.astype("float16") for weight in network.get_weights()]
    if not all(np.isfinite(half).all() for half in halves):
        raise UserError(f"{network.name} has weights beyond 65504, which half precision cannot hold: ship another.")
    arrays = {f"weight{number:04d}": half for number, half in enumerate(halves)}
    arrays[DESCRIPTION] = np.array(network.to_json())
    with replacing(file) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        for name, array in arrays.items():
            # Without the time of day, which `np.savez` would note: the same network gives the same bytes.
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def unpack(file):
    """The colorizer in a file that `pack` wrote; it computes in float32.

    Raises:
        UserError: the file is missing, or damaged, or not of this kind.
    """
    # Registers our layers, so that they can be built again.
    import models.generators  # noqa: F401

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
