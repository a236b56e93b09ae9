"""Procedural flowers with a written colour law, so that the best reachable score is known.

The law: the shape decides the species, the species decides the petal colour (some species have one, some
draw one of two or three with the probabilities in `SPECIES`), the texture decides the background's colour.
A colour is its luma plus a zero-luma chroma as large as RGB permits, times a saturation; luma is drawn before
any colour is, so every petal colour has the same luma, to within the rounding of RGB to 8 bits, and how bright
a petal is does not give its hue away.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from data_loader.cache import cached_images
from data_loader.flowers import Flowers, stratified_split
from data_loader.images import chroma_room, to_uint8

# Chroma directions (R, G, B) minus luma; B is what makes the luma of the direction zero.
CHROMA = {
    name: np.array([red, green, -(0.299 * red + 0.587 * green) / 0.114])
    for name, (red, green) in {
        "yellow": (0.25, 0.067),
        "red": (1.0, -0.35),
        "orange": (1.0, -0.2),
        "pink": (1.0, -0.6),
        "purple": (0.35, -0.373),
        "blue": (-0.5, 0.06),
        "green": (-0.4, 0.349),
        "brown": (0.55, -0.1),
    }.items()
}


@dataclass(frozen=True)
class Species:
    """Shape and colours of a species; lengths are shares of the flower's radius.

    `petals` of them, `width` 1 where neighbours touch, `point` above 1 for pointed and below for blunt
    tips, `notch` deep at the tip, a `disc` in the middle; `colors` maps petal colours to probabilities.
    """

    petals: int
    width: float
    point: float
    notch: float
    disc: float
    disc_color: str
    colors: dict


SPECIES = {
    "sunflower": Species(18, 1.05, 1.5, 0.0, 0.45, "brown", {"yellow": 1.0}),
    "daisy": Species(13, 0.75, 0.45, 0.0, 0.25, "yellow", {"pink": 0.6, "yellow": 0.4}),
    "poppy": Species(4, 1.25, 0.4, 0.0, 0.2, "brown", {"red": 1.0}),
    "gentian": Species(5, 0.8, 1.9, 0.0, 0.1, "yellow", {"blue": 1.0}),
    "cosmos": Species(8, 1.0, 0.5, 0.14, 0.18, "yellow", {"pink": 0.6, "purple": 0.4}),
    "primrose": Species(5, 1.0, 0.5, 0.3, 0.14, "green", {"yellow": 0.5, "red": 0.3, "purple": 0.2}),
    "lily": Species(6, 0.6, 1.3, 0.0, 0.08, "brown", {"orange": 1.0}),
    "aster": Species(26, 0.6, 0.6, 0.0, 0.3, "yellow", {"purple": 1.0}),
}

# Texture: (colour, saturation, scale of the grain in image heights down and across, contrast).
BACKGROUNDS = {
    "meadow": ("green", 0.6, (0.07, 0.010), 0.07),
    "sky": ("blue", 0.5, (0.10, 0.2), 0.07),
    "soil": ("brown", 0.55, (0.018, 0.022), 0.05),
    "foliage": ("green", 0.45, (0.05, 0.05), 0.08),
}

OF_KIND = list(SPECIES.values())  # as `kinds_of` numbers them
IMAGES_PER_SPECIES = 100
FIRST = len(SPECIES) * IMAGES_PER_SPECIES
# The sets, and how many training pictures each has beside the first ones; validation and test are the same in all.
SYNTHETIC_SETS = {"synthetic": 0, "synthetic-many": 4256}
PETAL_SATURATION = 0.85
SUPERSAMPLING = 3
LAW_VERSION = 1


def draw_scene(species, size, seed):
    """Draw a picture before it is painted, at `SUPERSAMPLING` times the final size, from nothing but its arguments.

    Returns:
        luma (H, W); which material each pixel is, (H, W); and the materials, a list of (colour, saturation), of which
        the first is the petals', whose colour is still open (None).
    """
    # The noise has a generator of its own, so that the same flowers stand in the same places at every size.
    rng, noise_rng = np.random.default_rng(seed).spawn(2)
    side = size * SUPERSAMPLING
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    color, saturation, grain, contrast = BACKGROUNDS[rng.choice(list(BACKGROUNDS))]
    # Smooth noise that wraps around; filtered in the frequency domain because the grain can be wide.
    spectrum = np.fft.rfft2(noise_rng.standard_normal((side, side)))
    noise = np.fft.irfft2(scipy.ndimage.fourier_gaussian(spectrum, [g * side for g in grain], n=side), s=(side, side))
    light = rng.uniform(0.32, 0.58) + contrast * noise / noise.std() + rng.uniform(-0.15, 0.15) * (y - 0.5)
    material = np.full((side, side), 1)
    materials = [(None, PETAL_SATURATION), (color, saturation), ("green", 0.7), (species.disc_color, 0.8)]
    tones = rng.uniform(0.48, 0.72), rng.uniform(0.3, 0.6)
    for _ in range(rng.integers(2, 6)):
        center, length = rng.uniform(0, 1, 2), rng.uniform(0.15, 0.3)
        _draw_leaf(rng, length, *_window(center, length, x, y, light, material))
    flowers = rng.integers(1, 4)
    for position in rng.permutation(3)[:flowers]:
        # One big flower, or smaller ones in three corners of a triangle, so that they overlap a little at most.
        corner = np.array([[0.5, 0.27], [0.28, 0.7], [0.73, 0.7]])[position]
        center = rng.uniform(0.4, 0.6, 2) if flowers == 1 else corner + rng.uniform(-0.06, 0.06, 2)
        radius = rng.uniform(0.32, 0.44) if flowers == 1 else rng.uniform(0.2, 0.27)
        _draw_flower(rng, noise_rng, species, radius, tones, *_window(center, radius, x, y, light, material))
    return np.clip(light, 0.04, 0.96), material, materials


def _window(center, radius, x, y, light, material):
    """Coordinates about `center`, and the parts of `light` and `material`, within `radius` of it."""
    low, high = ((np.maximum(0, (center + end) * len(x))).astype(int) for end in (-radius, radius))
    here = tuple(slice(low[axis], high[axis] + 2) for axis in (1, 0))
    return x[here] - center[0], y[here] - center[1], light[here], material[here]


def _draw_leaf(rng, length, x, y, light, material):
    """Lay a lancet leaf with a midrib into `light` and `material`, in place."""
    turn = rng.uniform(0, np.pi)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    half_width = 0.28 * length * np.clip(1 - (along / length) ** 2, 0, None)
    inside = np.abs(across) < half_width
    shade = rng.uniform(0.28, 0.5) + 0.1 * across / (half_width + 1e-6)
    light[inside] = np.where(np.abs(across) < 0.006, shade + 0.1, shade)[inside]
    material[inside] = 2


def _draw_flower(rng, noise_rng, species, radius, tones, x, y, light, material):
    """Lay one flower with petals and disc of the two `tones` into `light` and `material`, in place."""
    petal_luma, disc_luma = tones
    y = y / rng.uniform(0.8, 1.0)
    distance = np.hypot(x, y) / radius
    angle = (np.arctan2(y, x) + rng.uniform(0, 2 * np.pi)) * species.petals / (2 * np.pi)
    off_axis = 2 * np.abs(angle - np.round(angle)) / species.width  # 0 on a petal's axis, 1 at its side
    outline = np.clip(1 - off_axis**2, 0, None) ** (0.5 * species.point)
    outline = 0.25 + 0.75 * outline - species.notch * np.clip(1 - 3 * off_axis, 0, None)
    petals = (distance < outline) & (off_axis < 1)
    disc = distance < species.disc
    # Petals are darker at the root and in the folds between them, and each one a little different.
    number = np.round(angle).astype(int) % species.petals
    tone = rng.uniform(-0.035, 0.035, species.petals)[number]
    shade = petal_luma + tone + 0.16 * (distance - 0.6) - 0.14 * off_axis**3
    light[petals] = shade[petals]
    material[petals] = 0
    grain = 0.05 * noise_rng.standard_normal(light.shape)
    light[disc] = (disc_luma + 0.12 * (0.5 - distance / species.disc) + grain)[disc]
    material[disc] = 3


def paint(scene, petal_color, size):
    """Colour what `draw_scene` drew and shrink it, anti-aliased, to uint8 (size, size, 3)."""
    light, material, materials = scene
    color = np.empty((*light.shape, 3))
    for number, (name, saturation) in enumerate(materials):
        here = material == number
        gray, chroma = light[here][:, None], CHROMA[name or petal_color]
        color[here] = gray + saturation * chroma_room(gray, chroma) * chroma
    blocks = color.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3)
    return to_uint8(blocks.mean(axis=(1, 3)))


def flower(number, size):
    """Picture `number` of the synthetic set: uint8 (size, size, 3)."""
    species = OF_KIND[kinds_of(number)]
    rng = np.random.default_rng((LAW_VERSION, number, 1))
    petal_color = rng.choice(list(species.colors), p=list(species.colors.values()))
    return paint(draw_scene(species, size, (LAW_VERSION, number)), petal_color, size)


def possible_flowers(number, size):
    """Every colouring that the law allows for picture `number`, uint8 (k, size, size, 3), and its probability (k,)."""
    species = OF_KIND[kinds_of(number)]
    scene = draw_scene(species, size, (LAW_VERSION, number))
    return np.stack([paint(scene, color, size) for color in species.colors]), np.array(list(species.colors.values()))


def imagined_flowers(number, size):
    """Picture `number` with petals of every colour of `CHROMA`, allowed or not, uint8 (8, size, size, 3); and the
    share of petals in each of its pixels, (size, size).
    """
    scene = draw_scene(OF_KIND[kinds_of(number)], size, (LAW_VERSION, number))
    blocks = (scene[1] == 0).reshape(size, SUPERSAMPLING, size, SUPERSAMPLING)
    return np.stack([paint(scene, color, size) for color in CHROMA]), blocks.mean(axis=(1, 3))


def kinds_of(numbers):
    """The positions in `SPECIES` of pictures: a hundred of each first, then, in turn, those that larger sets have."""
    return np.where(numbers < FIRST, numbers // IMAGES_PER_SPECIES, numbers % len(SPECIES))


def load_synthetic(image_size, name="synthetic"):
    """A built-in set: of each of 8 species 16 pictures for the test, 8 for validation, and 76 or more to learn from."""
    groups = np.arange(FIRST + SYNTHETIC_SETS[name])
    source = [[LAW_VERSION, number] for number in range(len(groups))]
    decoded = cached_images(name, source, image_size, lambda number: flower(number, image_size))
    labels = kinds_of(groups)
    numbers = np.where(groups < FIRST, groups % IMAGES_PER_SPECIES, groups)
    ids = [f"{list(SPECIES)[kind]}-{number:03d}" for kind, number in zip(labels, numbers, strict=True)]
    split_of = np.full(len(groups), "train")
    split_of[:FIRST] = stratified_split(labels[:FIRST], groups[:FIRST], test=16, val=8)
    return Flowers(name, name, decoded.images, ids, labels, list(SPECIES), split_of, groups, decoded.digest)
