"""Colour photographs of any size and shape: chroma that a network sees for a small copy, over the photograph's luma."""

import json
from functools import cached_property

import keras
import numpy as np
from keras import ops
from PIL import Image

from data_loader.files import UserError
from data_loader.images import cb_cr, chroma_of, from_network, in_gamut, luma, to_network, to_uint8, to_unit
from data_loader.photographs import read_image
from models.colorizing import load_network, noise_of, predict_colors, reads_noise
from models.efficientnet import STRIDE
from models.joint_upsampling import Enlargement, in_threads

MOST_STRENGTH = 2.0
MOST_SIZE = 2048


def load_colorizer(source):
    """A `Colorizer` by name, as "flowers", or of a packed file or a run's directory; see `colorizing.load_network`."""
    return Colorizer(load_network(source))


class Colorizer:
    """A trained network that colours photographs.

    Attributes:
        network: Keras model from gray (n, S, S, 1), and maybe z (n, d), to colour (n, S, S, 3), all in [−1, 1].
        size: the side S that it was trained for.
        keeps_shape: whether it sees a photograph in its own shape, as networks with a pretrained encoder do; the others
            were trained on whole photographs squeezed into squares, and see them so.
    """

    def __init__(self, network):
        self.network, self.size = network, network.inputs[0].shape[1]
        inner = _layer(_layer(network, "G"), "chroma")
        self.keeps_shape = _layer(inner, "encoder") is not None

    def colorize(self, photograph, size=None, strength=1.0, samples=None, seed=0):
        """Colour a photograph; of its own colours nothing but their luma is looked at.

        Args:
            photograph: path, Pillow image, or array of any depth, as in `data_loader.photographs.read_photograph`.
            size: the network sees about size² pixels; None for as many as it was trained on.
            strength: of the colours, from 0 for gray to 2.
            samples: number of colourings, where the network has several; None for one.
            seed: of the noise.

        Returns:
            uint8 (H, W, 3), upright; with `samples` a list of them.

        Raises:
            UserError: an argument is beyond its range, or asks for what the network has not.
            UnusableImage: the photograph is none.
        """
        if not 0 <= strength <= MOST_STRENGTH:
            raise UserError(
                f"--strength {strength:g} is beyond 0 to {MOST_STRENGTH:g}: use a number between, such as 1."
            )
        image = read_image(photograph)
        colorings = self.chroma(luma(to_unit(np.asarray(self._small(image, size)))), samples, seed)
        enlargement = Enlargement(np.concatenate(strength * colorings, axis=-1), image)
        colored = np.empty((len(colorings), image.height, image.width, 3), np.uint8)

        def color(rows):
            strip = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
            gray = luma(to_unit(strip))
            planes = enlargement.rows(rows, gray[..., 0])
            for number, own in enumerate(np.split(planes, len(colorings), axis=-1)):
                colored[number, rows.start : rows.stop] = to_uint8(in_gamut(gray, chroma_of(own)))

        in_threads(color, enlargement.strips())
        return colored[0] if samples is None else list(colored)

    def chroma(self, gray, samples=None, seed=0):
        """Cb and Cr that the network sees for a gray image (h, w, 1) in [0, 1]: float32 (samples or 1, h', w', 2)."""
        gray = gray[None]
        if not self.keeps_shape:
            return cb_cr(from_network(predict_colors(self.network, to_network(gray), samples, seed)))
        image = np.repeat(to_network(gray).repeat(3, axis=-1), samples or 1, axis=0)
        if reads_noise(self.network):
            inputs = [image, noise_of(self.network, 1, samples, seed)]
        elif samples is not None:
            raise UserError("this colorizer has one colouring for a photograph: leave --samples out.")
        else:
            inputs = image
        generator = _layer(self._of_any_shape, "G")
        # Called as it is, not by `predict`, which would compile it for each shape.
        chroma = generator.layers[-1].shown(_layer(generator, "chroma")(inputs, training=False))
        return ops.convert_to_numpy(chroma) / 2

    @cached_property
    def _of_any_shape(self):
        """The network for images of any height and width that are multiples of `STRIDE`."""
        network = keras.models.model_from_json(json.dumps(_without_sides(json.loads(self.network.to_json()))))
        network.set_weights(self.network.get_weights())
        return network

    def _small(self, image, size):
        """The copy of a photograph that the network sees."""
        if not self.keeps_shape:
            if size not in (None, self.size):
                told = f"this colorizer sees {self.size}x{self.size} pixels and nothing else"
                raise UserError(f"--size {size} cannot be: {told}; leave it out.")
            return image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        size = self.size if size is None else size
        if not STRIDE <= size <= MOST_SIZE:
            raise UserError(
                f"--size {size} is beyond {STRIDE} to {MOST_SIZE}: use a number between, such as {self.size}."
            )
        scale = size / (image.width * image.height) ** 0.5
        sides = (max(1, round(side * scale / STRIDE)) * STRIDE for side in image.size)
        return image.resize(tuple(sides), Image.Resampling.BILINEAR)


def _layer(network, name):
    """A network's own layer of a name; None where there is none."""
    return next((layer for layer in getattr(network, "layers", ()) if layer.name == name), None)


def _without_sides(config):
    """A network's description with inputs of any height and width."""
    if isinstance(config, list):
        return [_without_sides(part) for part in config]
    if not isinstance(config, dict):
        return config
    kept = {name: _without_sides(part) for name, part in config.items() if name != "build_config"}
    if config.get("class_name") == "InputLayer" and len(shape := config["config"]["batch_shape"]) == 4:
        kept["config"]["batch_shape"] = [None, None, None, shape[-1]]
    return kept
