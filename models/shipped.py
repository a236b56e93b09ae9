"""The colorizers that come with the project, by name; to be asked without waiting for Keras."""

from importlib.util import find_spec
from pathlib import Path

from data_loader.files import UserError, exists

FOLDER = Path(__file__).parent / "colorizers"
# What colours photographs when nothing else is named.
DEFAULT = "flowers"


def shipped():
    """Name to packed file of the colorizers that come with the project."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.npz"))}


def default():
    """The file of the colorizer that is used when none is named."""
    if DEFAULT not in shipped():
        raise UserError(f"the colorizer '{DEFAULT}' is missing: install the project anew, or name a run.")
    return shipped()[DEFAULT]


def soonest(file):
    """What colours photographs soonest, of a file that comes along: its ONNX twin, where onnxruntime is installed."""
    twin = file.with_suffix(".onnx")
    return twin if file.parent == FOLDER and twin.is_file() and find_spec("onnxruntime") else file


def named(source):
    """The path of a colorizer: `source`, or where it is no path the file that comes along under this name."""
    path = Path(source)
    return path if exists(path) else shipped().get(str(source), path)
