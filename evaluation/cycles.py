"""What goes around: the cycle's errors, and probes of whether F hides the colours in its gray pictures."""

import io

import numpy as np
from PIL import Image

from data_loader.images import luma, to_uint8, to_unit
from evaluation.baselines import originals, pieces
from evaluation.metrics import l1
from evaluation.statistics import mean_with_interval

NOISE = (0.01, 0.02, 0.05, 0.1)
JPEG_QUALITIES = (95, 75)


def cycle_errors(to_color, to_gray, split, progress=lambda pieces: pieces):
    """How well both cycles of Eq. 2 bring a picture back, as pixel-L1.

    Args:
        to_color, to_gray: G and F as functions of (pictures, seed) to pictures, (n, S, S, 1) and (n, S, S, 3), in
            [0, 1], without rounding to 8 bits, since what F hides may be smaller.
        split: `data_loader.flowers.Split`.
        progress: wraps the list of pieces in a progress bar.

    Returns:
        dict of `gray`, ‖F(G(x)) − x‖₁ over H×W values, and `color`, ‖G(F(y)) − y‖₁ over H×W×3, with 95 % intervals.
    """
    found = {"gray": [], "color": []}
    for piece in progress(pieces(split)):
        color = originals(split, piece)
        gray, seed = luma(color), (2, piece.start)
        found["gray"].append(l1(to_gray(to_color(gray, seed), seed), gray))
        found["color"].append(l1(to_color(to_gray(color, seed), seed), color))
    return {name: mean_with_interval(np.concatenate(values)) for name, values in found.items()}


def hidden_color(to_color, to_gray, split, progress=lambda pieces: pieces):
    """Pixel-L1 of G's colouring of F(y), of F(y) disturbed, and of the true luma of y.

    Where F hides no colour, G does as well from the luma as from F(y), and a disturbance costs both the same. Where
    "F(y)" is far nearer than "luma(y)" and noise or JPEG undoes that, at little cost to "luma(y)" (the control), the
    colours were written into F(y). Noise is Gaussian, its deviation in units of [0, 1].

    Args:
        to_color, to_gray, split, progress: as in `cycle_errors`.

    Returns:
        name of the probe to its mean with 95 % interval.
    """
    found = {}
    for piece in progress(pieces(split)):
        color = originals(split, piece)
        seed = (2, piece.start)
        for name, gray in _probes(to_gray(color, seed), luma(color), seed).items():
            found.setdefault(name, []).append(l1(to_color(gray, seed), color))
    return {name: mean_with_interval(np.concatenate(values)) for name, values in found.items()}


def _probes(fake_gray, true_gray, seed):
    """Name to gray pictures: F(y) and the control, as they are and disturbed."""
    noise = np.random.default_rng((*seed, 1)).standard_normal(fake_gray.shape, dtype=np.float32)
    found = {}
    for name, gray in (("luma(y)", true_gray), ("F(y)", fake_gray)):
        found[name] = gray
        found[f"{name} in 8 bits"] = to_unit(to_uint8(gray))
        found |= {f"{name} + noise of {deviation}": gray + np.float32(deviation) * noise for deviation in NOISE}
        found |= {f"JPEG of {name}, quality {quality}": _as_jpeg(gray, quality) for quality in JPEG_QUALITIES}
    return found


def _as_jpeg(gray, quality):
    """Gray pictures (n, S, S, 1) in [0, 1] as they come back from a JPEG file."""
    decoded = []
    for picture in to_uint8(gray[..., 0]):
        with io.BytesIO() as file:
            Image.fromarray(picture).save(file, "JPEG", quality=quality)
            decoded.append(np.asarray(Image.open(file)))
    return to_unit(np.stack(decoded)[..., None])
