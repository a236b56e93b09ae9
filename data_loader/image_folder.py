"""Any folder of images as a data set: nested or not, mixed formats, sizes and modes."""

from pathlib import Path

from PIL import Image

from data_loader.errors import UserError
from data_loader.flowers import from_files


def image_files(folder):
    """Files below `folder` whose ending is an image's, sorted; hidden ones are left out."""
    endings = Image.registered_extensions()
    return sorted(
        path
        for path in Path(folder).rglob("*")
        if path.suffix.lower() in endings
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def load_folder(folder, image_size):
    """Load every image below `folder`; the first level of subfolders names the classes.

    Returns:
        `Flowers`, 20 % of each class for the test and 10 % for validation, identical pictures on one side.

    Raises:
        UserError: the folder does not exist or holds no image that can be used.
    """
    if not folder.is_dir():
        raise UserError(
            f"--dataset {folder} is neither a folder nor one of auto, oxford17, oxford102, synthetic: "
            "check the spelling of the path."
        )
    paths = image_files(folder)
    if not paths:
        raise UserError(f"--dataset {folder} holds no image file: give a folder with JPEG, PNG or other images.")
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    class_of = [name.split("/")[0] if "/" in name else "" for name in files]
    class_names = sorted(set(class_of))
    labels = [class_names.index(name) for name in class_of]
    name = folder.resolve().name
    # The names of the built-in sets mean those sets.
    name = f"folder-{name}" if name in ("synthetic", "oxford17", "oxford102") else name
    return from_files(name, str(folder.resolve()), files, labels, class_names, image_size)
