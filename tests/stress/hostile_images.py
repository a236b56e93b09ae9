"""Mutated images of every format that the reader takes."""

import io
import time

import numpy as np
import tifffile
from PIL import Image

from data_loader.photographs import READABLE, UnusableImage, is_picture, read_photograph
from experiments.support.colorings import form_of, maker_of, says_it_is_ours
from tests.stress.campaign import Part
from tests.stress.mutations import mutated

MODES = ("RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F")
SIDE = 24
# Of tifffile: deep colours, planes apart, tiles, floats, and what Pillow does not know.
DEEP = [
    {"shape": (SIDE, SIDE, 3), "dtype": "uint16", "photometric": "rgb"},
    {"shape": (3, SIDE, SIDE), "dtype": "uint16", "photometric": "rgb", "planarconfig": "separate"},
    {"shape": (32, 32, 4), "dtype": "uint16", "photometric": "rgb", "extrasamples": ["assocalpha"], "tile": (16, 16)},
    {"shape": (SIDE, SIDE), "dtype": "float32", "compression": "zlib"},
    {"shape": (SIDE, SIDE), "dtype": "int16"},
    {"shape": (SIDE, SIDE), "dtype": "float64", "byteorder": ">"},
]


class Images(Part):
    """Each mutated file is a photograph or is refused by an `UnusableImage`, soon, within bounds and in silence."""

    whole = 10_000
    gigabytes = 4

    def prepare(self):
        self.files = list(_pillow_files()) + list(_deep_files())
        self.contents = [content for _, content in self.files]

    def trial(self, rng):
        ending, content = self.files[rng.integers(len(self.files))]
        file = self.folder / f"photo{ending}"
        file.write_bytes(mutated(content, rng, self.contents))
        begun = time.monotonic()
        for asked in (is_picture, form_of, says_it_is_ours, maker_of):
            asked(file)
        try:
            photograph = read_photograph(file)
            np.asarray(photograph.image)
        except UnusableImage as error:
            if not str(error) or "\n" in str(error):
                return f"{ending}: no sentence: {error!r}"
        finally:
            file.unlink()
        took = time.monotonic() - begun
        return f"{ending}: {took:.0f} s for a picture of {SIDE} pixels" if took > 10 else None


def _pillow_files():
    """Ending and content of a picture in each format that Pillow can write and we read, in each mode that it has."""
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype="uint8")
    color = Image.fromarray(noise).resize((SIDE, SIDE))
    by_format = {}
    for ending in sorted(READABLE):
        by_format.setdefault(Image.registered_extensions()[ending], ending)
    for form, ending in by_format.items():
        for mode in MODES:
            stream = io.BytesIO()
            try:
                image = color.convert("L").convert(mode) if mode.startswith(("I", "F")) else color.convert(mode)
                exif = Image.Exif()
                exif[0x0112] = 6
                image.save(stream, form, exif=exif)
                with Image.open(io.BytesIO(stream.getvalue())) as again:
                    again.load()
            except Exception:  # a mode that a format has not, or one that needs other programs
                continue
            yield ending, stream.getvalue()


def _deep_files():
    for settings in DEEP:
        settings = dict(settings)
        values = np.random.default_rng(1).random(settings.pop("shape")) * 200
        stream = io.BytesIO()
        tifffile.imwrite(stream, values.astype(settings.pop("dtype")), **settings)
        yield ".tif", stream.getvalue()
