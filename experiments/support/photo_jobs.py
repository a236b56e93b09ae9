"""Which photographs a command line means, and which files they become."""

import contextlib
import itertools
import os
import re
from collections import Counter, namedtuple
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data_loader import UserError
from data_loader.files import at_home
from data_loader.folders import pictures_below
from data_loader.photographs import READABLE
from experiments.support.colorings import ENDINGS, FORMATS, are_anothers, form_of, says_it_is_ours

WRITTEN_BY_US = re.compile(r"(.+)-color(-\d+)?")
# All that a command line means, in order, each file once; and what was left aside, a sentence each.
Photos = namedtuple("Photos", ["found", "notes"])


@dataclass(frozen=True)
class Photo:
    """A photograph: its file, and the folder within an --out that it goes to, as where it lies below a named folder.

    `root` is the folder that the command line names, itself or by a pattern; None where it names the file.
    """

    file: Path
    below: Path = Path()
    root: Path | None = None


def find_photos(paths, out=None):
    """The photographs of files, folders and patterns; a folder's with all below it that is not hidden.

    What this command wrote earlier is left out: what lies in a folder `out` within a named one, and what says so, but
    where it alone is named. So is NAME-color beside NAME, as earlier versions wrote it, which did not say so.

    A `UserError` where a name means nothing, or nothing is left.
    """
    photos, every, names_in = Photos([], []), {}, cache(_names_in)
    if not all(map(str.strip, map(str, paths))):
        raise UserError("a word of the command line is empty: name a photo, or . for all of this folder.")
    for name in paths:
        for photo in _photos_of(name, photos.notes):
            real = os.path.realpath(photo.file)
            link, kept = photo, every.setdefault(real, photo)
            if kept.file == photo.file:
                continue
            if kept.file.is_symlink() and not photo.file.is_symlink():
                # The file's own name is the colouring's.
                link, kept = kept, photo
                every[real] = photo
            if link.file.is_symlink():
                photos.notes.append(f"{link.file} leads to {kept.file}, which is done once.")
    # Where the shell has expanded a pattern, what was written earlier is named beside what it was made of.
    together = {name for photo in every.values() for name in (photo.file, photo.file.with_suffix(""))}
    written_to = at_home(out).resolve() if out and at_home(out).is_dir() else None
    for real, photo in every.items():
        is_called_so = _is_within(written_to, real, photo.root) or _is_called_as_ours(photo, together, names_in)
        is_meant = photo.root is None and len(every) == 1
        if not (is_called_so or (not is_meant and says_it_is_ours(photo.file))):
            photos.found.append(photo)
    if left := len(every) - len(photos.found):
        photos.notes.append(f"{left} left out: written by this command, or called NAME-color as what it writes.")
    if not photos.found:
        reason = " ".join(photos.notes) or "name JPEG, PNG or other images."
        raise UserError(f"{', '.join(map(str, paths))} holds no photograph: {reason}")
    return photos


def _photos_of(name, notes):
    """The photographs that a word of the command line means."""
    path = at_home(name)
    try:
        if path.is_dir():
            return _photos_below(path, notes, path)
        if path.exists():
            return [Photo(path)]
    except OSError:  # as of a name that is too long, which whoever reads it will say
        return [Photo(path)]
    try:
        matches = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    except (ValueError, NotImplementedError) as error:
        raise UserError(f"{path} is no pattern ({error}): ** stands for folders, as in 'album/**/*.jpg'.") from error
    if not matches:
        raise UserError(f"{path} does not exist: check the spelling.")
    # As for a shell, what is hidden is meant where the pattern says so.
    matches = [match for match in matches if path.name.startswith(".") or not match.name.startswith(".")]
    root = Path(*itertools.takewhile(lambda part: not set(part) & set("*?["), path.parts))
    files = [Photo(match, root=root) for match in matches if not match.is_dir()]
    return files + [photo for match in matches if match.is_dir() for photo in _photos_below(match, notes, root)]


def _photos_below(folder, notes, root):
    pictures, told = pictures_below(folder)
    notes += told
    return [Photo(picture, picture.parent.relative_to(folder), root) for picture in pictures]


def _names_in(folder):
    """What lies in a folder, with endings and without."""
    return {name for file in folder.iterdir() for name in (file.name, file.stem)}


def _is_within(out, real, root):
    """Whether a file lies in the folder of what is written, and that in the named folder it was found in."""
    return bool(out and root) and out in Path(real).parents and root.resolve() in out.parents


def _is_called_as_ours(photo, together, names_in):
    """Whether a photo is called as what another one became: one of those `together`, or for files that are not named,
    on disk.
    """
    written = WRITTEN_BY_US.fullmatch(photo.file.stem)
    if not written:
        return False
    source = photo.file.with_name(written[1])
    return source in together or (photo.root is not None and source.name in names_in(source.parent))


def targets_of(photos, out, form, samples):
    """Each `Photo` to the files that it becomes: NAME-color.ENDING, or several that are numbered.

    Where two would become one file, the name has the photo's own ending, as rose.jpg beside rose.png, or that of its
    folder.

    Args:
        out: None for beside each photo; a folder; or, for a single photo, a file, whose ending says the format.
        form: a key of `FORMATS`, None for PNG, or "same" as the photo has, where that can be written.
        samples: number of colourings, or None for one.
    """
    out = at_home(out) if out else None
    inputs = {os.path.realpath(photo.file) for photo in photos}
    if out and not out.is_dir() and out.suffix.lower() in ENDINGS:
        _require_one_file(out, form, photos, samples)
        targets = {photos[0]: [out]}
    else:
        _require_folder(out)
        numbers = [""] if samples is None else [f"-{number + 1}" for number in range(samples)]
        folders = {photo: out / photo.below if out else photo.file.parent for photo in photos}
        names, targets, taken = _names(photos, folders), {}, set()
        for photo in photos:
            # Folders may be called alike, too.
            folder, ending = folders[photo], FORMATS[_form(photo.file, form)][0]
            named = ([folder / f"{name}-color{n}{ending}" for n in numbers] for name in _more(names[photo]))
            free = (files for files in named if not taken & set(files))
            # Beside its own photograph a colouring is no other one's, even where that has changed.
            targets[photo] = next(files for files in free if not (out and are_anothers(files, photo)))
            taken |= set(targets[photo])
    for photo, files in targets.items():
        for file in files:
            if os.path.realpath(file) in inputs:
                raise UserError(f"{photo.file} would become {file}, which is a photo itself: choose another --out.")
    return targets


def _require_one_file(out, form, photos, samples):
    if form not in (None, "same", ENDINGS[out.suffix.lower()]):
        raise UserError(f"--out {out} and --format {form} say two formats: leave --format out.")
    if len(photos) > 1 or samples is not None:
        raise UserError(f"--out {out} is one file, and there will be more: name a folder.")


def _require_folder(out):
    if not out or out.is_dir():
        return
    if out.suffix.lower() in READABLE:
        raise UserError(f"--out {out} cannot be written: use one of {', '.join(ENDINGS)}, or name a folder.")
    if out.is_file():
        raise UserError(f"--out {out} is a file: name a folder, or a file that ends in {', '.join(ENDINGS)}.")


def _names(photos, folders):
    """What each photo is called among all that go to its folder."""
    # Also beside what is not coloured now: another call may have coloured it, or will.
    files = set()
    for folder in {photo.file.parent for photo in photos}:
        with contextlib.suppress(OSError):  # one that may not be looked into, or is none
            files |= set(folder.iterdir())
    pictures = {file for file in files if file.suffix.lower() in READABLE} | {photo.file for photo in photos}
    crowd = Counter(file.with_suffix("") for file in pictures)
    names = {photo: photo.file.name if crowd[photo.file.with_suffix("")] > 1 else photo.file.stem for photo in photos}
    taken = Counter((folders[photo], names[photo]) for photo in photos)
    for photo in photos:
        if taken[folders[photo], names[photo]] > 1:
            names[photo] = f"{photo.file.resolve().parent.name}-{names[photo]}"
    return names


def _more(name):
    """A name, then the same with a number behind it, without end."""
    return itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))


def _form(file, form):
    if form != "same":
        return form or "png"
    # By what it is, whatever it is called; but Pillow does not know every TIFF.
    found = form_of(file)
    return (ENDINGS.get(file.suffix.lower()) if found is None else found) or "png"
