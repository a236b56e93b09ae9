"""The colorizers that come with the project: of the systems that a tier ships, if they are small enough."""

import json
from pathlib import Path

from data_loader.errors import UserError
from experiments.cli import PROJECT
from experiments.run_directory import read_config
from experiments.tiers import configuration_of
from models.files import sha256_of_file, write_text
from models.presets import MODELS

# What colours photographs when no run is named.
DEFAULT = PROJECT / "results" / "reduced-oxford17" / "colorizers" / "best.npz"
MOST_BYTES = 10_000_000
INDEX = "index.json"


def ship(folder, run_dirs):
    """Pack the last colorizer of seed 0 of each system, and list what there is in index.json.

    Args:
        folder: of the packed colorizers; those of other systems stay.
        run_dirs: of finished runs, named SYSTEM-seedN.

    Returns:
        name of each run whose colorizer was packed to the file.

    Raises:
        UserError: a colorizer is missing, damaged or beyond half precision.
    """
    from models.colorizing import load_colorizer
    from models.packed_colorizer import pack

    folder = Path(folder)
    index, packed = read_index(folder), {}
    for run_dir in (Path(directory) for directory in run_dirs if str(directory).endswith("-seed0")):
        config = read_config(run_dir)
        network = load_colorizer(run_dir, MODELS[config["model"]][0])
        file = folder / f"{configuration_of(run_dir.name)}.npz"
        # Half precision, before compression.
        if 2 * network.count_params() > MOST_BYTES:
            index.pop(file.name, None)
            file.unlink(missing_ok=True)
            continue
        pack(network, file)
        packed[run_dir.name] = file
        index[file.name] = {
            "run": run_dir.name,
            "image_size": config["options"]["image_size"],
            "bytes": file.stat().st_size,
            "sha256": sha256_of_file(file),
        }
    write_text(folder / INDEX, json.dumps(index, indent=1) + "\n")
    return packed


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


def wrong_files(folder, runs):
    """Names of packed colorizers of a folder that are missing, another than listed or scored, or not listed.

    Args:
        folder: of the packed colorizers.
        runs: the tier's runs, name to what scores.json tells of each.
    """
    folder, index = Path(folder), read_index(folder)
    return [
        name
        for name in sorted({file.name for file in folder.glob("*.npz")} | set(index))
        if name not in index or not _is_listed(folder / name, index[name]) or not _is_scored(index[name], runs)
    ]


def _is_listed(file, entry):
    return file.is_file() and (file.stat().st_size, sha256_of_file(file)) == (entry["bytes"], entry["sha256"])


def _is_scored(entry, runs):
    return runs.get(entry["run"], {}).get("shipped", {}).get("sha256") == entry["sha256"]
