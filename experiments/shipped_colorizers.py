"""The colorizers that come with the project: one of each system that a tier trained, if it is small enough."""

import hashlib
import json
from pathlib import Path

from data_loader.errors import UserError
from experiments.cli import PROJECT
from experiments.run_directory import read_config
from experiments.tier_files import configuration_of
from models.files import write_text
from models.presets import MODELS

# What colours photographs when no run is named.
DEFAULT = PROJECT / "results" / "reduced-oxford17" / "colorizers" / "cyclegan.npz"
MOST_BYTES = 10_000_000
INDEX = "index.json"


def ship(folder, run_dirs):
    """Pack the last colorizer of the first seed of each system, and list what there is in index.json.

    Args:
        folder: of the packed colorizers; those of other systems stay.
        run_dirs: of finished runs, named SYSTEM-seedN.
    """
    from models.colorizing import load_colorizer
    from models.packed_colorizer import pack

    folder, first_seeds = Path(folder), {}
    for run_dir in sorted(run_dirs):
        first_seeds.setdefault(configuration_of(Path(run_dir).name), run_dir)
    index = read_index(folder)
    for system, run_dir in first_seeds.items():
        config = read_config(run_dir)
        network = load_colorizer(run_dir, MODELS[config["model"]][0])
        # Half precision, before compression.
        if 2 * network.count_params() > MOST_BYTES:
            continue
        file = folder / f"{system}.npz"
        pack(network, file)
        index[file.name] = {
            "run": Path(run_dir).name,
            "image_size": config["options"]["image_size"],
            "bytes": file.stat().st_size,
            "sha256": sha256(file),
        }
    write_text(folder / INDEX, json.dumps(index, indent=1) + "\n")


def read_index(folder):
    """Name of each packed colorizer of a folder to its run, image size, bytes and SHA-256; empty where there is none.

    Raises:
        UserError: the file is damaged.
    """
    file = Path(folder) / INDEX
    if not file.exists():
        return {}
    try:
        index = json.loads(file.read_text())
        if not all({"run", "image_size", "bytes", "sha256"} <= set(entry) for entry in index.values()):
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        raise UserError(f"{file} is damaged: restore it, or move it away and type the same command again.") from None
    return index


def wrong_files(folder):
    """Names in a folder's index whose file is missing or another."""
    folder = Path(folder)
    return [
        name
        for name, entry in read_index(folder).items()
        if not (folder / name).is_file() or sha256(folder / name) != entry["sha256"]
    ]


def sha256(file):
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
