"""Figures of pictures as runs colour them, and the strips that keep such colourings.

Runs end one by one, and not all on the same machine: a tier keeps a strip of each run, from which a figure of several
systems is drawn when the run itself is gone.
"""

import shlex
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from data_loader.images import UnusableImage, luma, read_image, to_uint8, to_unit
from experiments.plots import PRINT_DPI
from experiments.tiers import configuration_of
from models.files import replacing
from models.option_table import typed
from models.presets import PRESETS, beyond_preset

FIGURES = {"cyclegan": "figure-4", "capsule_cyclegan": "figure-5", "pix2pix": "figure-7"}
COMPARED = ("cyclegan", "capsule_cyclegan")


def with_kept(folder, colorings, runs, shape):
    """Keep runs' colourings of the shown pictures, and add those that were kept of the others.

    Args:
        folder: of the strips, a picture RUN.png of each run: what is shown, side by side.
        colorings: name of a run to its colourings, of `shape` (n, S, S, 3) and in [0, 1].
        runs: names of all runs, in their order.
        shape: of the colourings.

    Returns:
        name to colourings of all runs of which there are any, in their order.
    """
    files = {name: Path(folder) / f"{name}.png" for name in runs}
    for name, coloring in colorings.items():
        write_strip(files[name], coloring)
    found = {name: colorings[name] if name in colorings else read_strip(files[name], shape) for name in runs}
    lacking = [name for name, coloring in found.items() if coloring is None]
    if lacking:
        told = f"Figures are not drawn of {', '.join(lacking)}: {folder} holds no such pictures of them."
        print(told, file=sys.stderr)
    return {name: coloring for name, coloring in found.items() if coloring is not None}


def write_strip(file, coloring):
    """Keep a run's colourings (n, S, S, 3) in [0, 1]."""
    with replacing(file) as scratch:
        imageio.imwrite(scratch, np.hstack(to_uint8(coloring)))


def read_strip(file, shape):
    """A run's colourings of a shape (n, S, S, 3), in [0, 1]; None where there are none, or of another shape."""
    images, side = shape[:2]
    try:
        pictures = np.asarray(read_image(file))
    except UnusableImage:
        return None
    return to_unit(np.stack(np.hsplit(pictures, images))) if pictures.shape == (side, images * side, 3) else None


class ColoringFigures:
    """Draws the shown pictures into a folder, and notes the caption of each figure in `captions`.

    A run is a dict of its model, preset, options, training, precision and made_with, as in config.json or in a report
    of `score_runs`; its colourings are (n, S, S, 3) in [0, 1].

    Args:
        folder: of the figures.
        color: originals (n, S, S, 3) in [0, 1] of the shown pictures.
        photographs: whether the gray pictures and the originals are drawn beside the colourings.
        dataset: what the runs learned from, as one types it.
    """

    def __init__(self, folder, color, photographs, dataset):
        self.folder, self.dataset, self.captions = Path(folder), dataset, {}
        self.before, self.after = ({"gray x": luma(color)}, {"original": color}) if photographs else ({}, {})
        shown = ", between the gray pictures and the originals"
        self.between = shown if photographs else "; the photographs themselves are not published here"

    def one_run(self, name, run, coloring):
        """The paper's figure 4, 5 or 7, by the run's model."""
        if run["model"] in FIGURES:
            caption = f"Colourings{self.between}. {self._configuration(run)}"
            self._draw(f"{FIGURES[run['model']]}-{name}.png", {"G(x)": coloring}, caption)

    def samples(self, name, run, samples):
        """Several colourings a picture, uint8 (n, samples, S, S, 3); the originals have no place there."""
        columns = {f"sample {number + 1}": one for number, one in enumerate(to_unit(samples).swapaxes(0, 1))}
        caption = f"{len(columns)} colourings a picture. {self._configuration(run)}"
        self._draw(f"diversity-{name}.png", columns, caption, after={})

    def patchgan_and_capsules(self, runs, colorings):
        """The paper's figure 6, where there are both: of each seed that both have or, if they share none, of the first.

        Of several runs of a kind and seed it is the first.
        """
        by_seed = {model: {} for model in COMPARED}
        for name, run in runs.items():
            by_seed.get(run["model"], {}).setdefault(run["options"]["seed"], name)
        patchgans, capsules = by_seed.values()
        shared = [(patchgans[seed], capsules[seed]) for seed in patchgans if seed in capsules]
        for pair in shared or list(zip(patchgans.values(), capsules.values(), strict=False))[:1]:
            told = " ".join(f"{name}: {self._configuration(runs[name])}" for name in pair)
            columns = {name: colorings[name] for name in pair}
            self._draw(f"figure-6-{'-'.join(pair)}.png", columns, f"The same pictures by both{self.between}. {told}")

    def systems(self, runs, colorings):
        """The first seed of each system, where there are several."""
        first_seed = min(run["options"]["seed"] for run in runs.values())
        first = [name for name, run in runs.items() if run["options"]["seed"] == first_seed]
        if len(first) < 2:
            return
        # The caption names the seed: above ten columns there is no room for it.
        short = [configuration_of(name) for name in first]
        titles = short if len(set(short)) == len(first) else first
        columns = {title: colorings[name] for title, name in zip(titles, first, strict=True)}
        self._draw("systems.png", columns, f"The same pictures by all systems, seed {first_seed}{self.between}.")

    def _draw(self, picture, columns, caption, after=None):
        from models.sample_grid import draw

        after = self.after if after is None else after
        draw(self.before | columns | after, self.folder / picture, PRINT_DPI)
        self.captions[picture] = caption

    def _configuration(self, run):
        """A run's configuration as the command that trains it, and the backend."""
        # Of a preset that is no more, all that differs from the paper's.
        preset = run["preset"] if run["preset"] in PRESETS else "paper"
        own = beyond_preset(run["model"], preset, run["options"] | run["training"])
        chosen = {"preset": preset, "dataset": self.dataset} | own | {"precision": run["precision"]}
        # Always named, and last.
        chosen.pop("seed", None)
        chosen |= {"seed": run["options"]["seed"]}
        words = [word for name, value in chosen.items() if value is not None for word in typed(name, value)]
        return f"`{run['model']}.py {shlex.join(words)}`, {run['made_with']['backend']}."
