"""Which photographs a command line means, and which files they become."""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from data_loader import UserError
from data_loader.files import at_home
from data_loader.folders import pictures_below

# Format to its file ending and how it is written: nothing that one sees is lost.
FORMATS = {
    "png": (".png", {"compress_level": 3}),
    "jpeg": (".jpg", {"quality": 95, "subsampling": 0}),
    "webp": (".webp", {"quality": 95}),
    "tiff": (".tif", {"compression": "tiff_adobe_deflate"}),
}
ENDINGS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".tif": "tiff", ".tiff": "tiff"}
VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv"}
WRITTEN_BY_US = re.compile(r"(.+)-color(-\d+)?")


@dataclass(frozen=True)
class Photo:
    """A photograph: its file, and the folder within an --out that it goes to, as where it lies below a named folder."""

    file: Path
    below: Path = Path()


@dataclass
class Photos:
    """All that a command line means, in order, each file once; and what was left aside, a sentence each."""

    found: list = field(default_factory=list)
    notes: list = field(default_factory=list)


def find_photos(paths):
    """The photographs of files, folders and patterns; a folder's with all below it that is not hidden.

    A `UserError` where a name means nothing, or a film.
    """
    photos, seen = Photos(), set()
    for named in paths:
        for photo in _photos_of(named, photos.notes):
            real = os.path.realpath(photo.file)
            if real not in seen:
                seen.add(real)
                photos.found.append(photo)
    if not photos.found:
        raise UserError(f"{', '.join(map(str, paths))} holds no photograph: name JPEG, PNG or other images.")
    return photos


def _photos_of(named, notes):
    path = at_home(named)
    if path.suffix.lower() in VIDEOS:
        frames = f"ffmpeg -i {path.name} frames/%05d.png"
        raise UserError(f"{path} is a film: take its pictures out with '{frames}', then colour the folder frames.")
    if path.is_dir():
        return _photos_below(path, notes)
    if path.exists():
        return [Photo(path)]
    matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not matches:
        raise UserError(f"{path} does not exist: check the spelling.")
    return [photo for match in matches for photo in (_photos_below(match, notes) if match.is_dir() else [Photo(match)])]


def _photos_below(folder, notes):
    """The photographs of a folder and all below it, but for what this command wrote there."""
    pictures, told = pictures_below(folder)
    named = {picture.with_suffix("") for picture in pictures}
    found = [picture for picture in pictures if not _is_ours(picture, named)]
    ours = len(pictures) - len(found)
    notes += told
    notes += [f"{folder}: {ours} pictures that were written by this command are left out."] if ours else []
    return [Photo(picture, picture.parent.relative_to(folder)) for picture in found]


def _is_ours(picture, named):
    """Whether a picture was made from another of the same folder; `named` are all, without their endings."""
    written = WRITTEN_BY_US.fullmatch(picture.stem)
    return bool(written) and picture.with_name(written[1]) in named


def targets_of(photos, out, form, samples):
    """Each `Photo` to the files that it becomes: NAME-color.ENDING, or several that are numbered.

    Args:
        out: None for beside each photo; a folder; or, for a single photo, a file, whose ending says the format.
        form: a key of `FORMATS`, or "same" as the photo has, where that can be written.
        samples: number of colourings, or None for one.
    """
    out = at_home(out) if out else None
    if out and out.suffix.lower() in ENDINGS and not out.is_dir():
        if len(photos) > 1 or samples is not None:
            raise UserError(f"--out {out} is one file, and there will be more: name a folder.")
        if os.path.realpath(out) == os.path.realpath(photos[0].file):
            raise UserError(f"--out {out} is the photo itself: choose another name.")
        return {photos[0]: [out]}
    if out and out.is_file():
        raise UserError(f"--out {out} is a file: name a folder, or a file that ends in {', '.join(ENDINGS)}.")
    folders = {photo: (out / photo.below if out else photo.file.parent) for photo in photos}
    endings = {photo: FORMATS[_form(photo.file, form)][0] for photo in photos}
    numbers = [""] if samples is None else [f"-{number + 1}" for number in range(samples)]
    plain = Counter((folders[photo], photo.file.stem, endings[photo]) for photo in photos)
    targets, taken = {}, Counter()
    for photo in photos:
        folder, stem, ending = folders[photo], photo.file.stem, endings[photo]
        if plain[folder, stem, ending] > 1:
            # rose.jpg beside rose.png; or roses of several folders, that go into one.
            stem = f"{stem}-{photo.file.suffix[1:]}"
            taken[folder, stem, ending] += 1
            again = taken[folder, stem, ending]
            stem = f"{stem}-{again}" if again > 1 else stem
        targets[photo] = [folder / f"{stem}-color{number}{ending}" for number in numbers]
    return targets


def _form(file, form):
    return ENDINGS.get(file.suffix.lower(), "png") if form == "same" else form


def save(color, file, photograph):
    """Write an RGB array with what belongs to the `Photograph` that it was made of; JPEG has no opacity."""
    form = ENDINGS[file.suffix.lower().replace(".writing", "")]
    image = Image.fromarray(color)
    if photograph.alpha and form != "jpeg" and photograph.alpha.size == image.size:
        image.putalpha(photograph.alpha)
    image.save(file, **FORMATS[form][1], **photograph.metadata)
