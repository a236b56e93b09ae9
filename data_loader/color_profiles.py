"""What a picture's numbers mean as colours, which its profile (ICC) tells: brought to sRGB."""

import contextlib
import io

import numpy as np
from PIL import Image, ImageCms

# The colours that a profile must be of to be a picture's, by the picture's mode.
COLORS_OF = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
# Levels of 255 by which a profile's colours may differ from sRGB's and still be called the same.
SAME_COLOR = 2


def in_srgb(image, profile):
    """A picture without transparency as RGB in sRGB; and its profile where it may stay: one of RGB that says sRGB."""
    if image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGB")
    if image.mode == "LAB":
        return ImageCms.profileToProfile(image, ImageCms.createProfile("LAB"), _srgb(), outputMode="RGB"), None
    if profile:
        with contextlib.suppress(Exception):  # a broken profile, or one of another kind of colours than the picture's
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if own.profile.xcolor_space.strip() != COLORS_OF[image.mode]:
                return _as_rgb(image), None
            transform = ImageCms.buildTransform(own, _srgb(), image.mode, "RGB")
            if _is_srgb(transform, image.mode):
                return _as_rgb(image), profile if image.mode == "RGB" else None
            return ImageCms.applyTransform(image, transform), None
    return _as_rgb(image), None


def fine_in_srgb(fine, image, rgb, profile):
    """The 16 bits of a picture whose 8 bits, `image`, its profile has brought to `rgb`; None where they are lost.

    What a profile makes of gray is known for its 256 levels; between them is a line.
    """
    if rgb is image:
        return fine
    if image.mode == "RGB":
        return None
    levels = np.arange(256, dtype=np.uint8)
    curve = np.asarray(in_srgb(Image.fromarray(levels[None]), profile)[0].getchannel(0))[0]
    if (curve == levels).all():
        return fine
    of_each = np.interp(np.arange(2**16), levels * 257.0, curve * 257.0).round().astype(np.uint16)
    return Image.fromarray(of_each[np.asarray(fine)])


def _as_rgb(image):
    """A picture in mode RGB, without a copy of one that is: it may be large."""
    return image if image.mode == "RGB" else image.convert("RGB")


def _srgb():
    return ImageCms.createProfile("sRGB")


def _is_srgb(transform, mode):
    """Whether a profile says of all colours of a mode what sRGB says."""
    levels = np.linspace(0, 255, 6).astype(np.uint8)
    if mode == "RGB":
        probe = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3))
    elif mode == "L":
        probe = Image.fromarray(levels[None])
    else:
        return False
    apart = np.subtract(ImageCms.applyTransform(probe, transform), probe.convert("RGB"), dtype=np.int16)
    return np.abs(apart).max() <= SAME_COLOR
