"""The pictures on which two runs differ most, in either direction (4.2: each is better on other pictures)."""

from pathlib import Path

from data_loader.images import luma
from evaluation.baselines import originals
from evaluation.comparison import most_different
from experiments.trained_run import opened_run

PICTURES_A_SIDE = 4


def draw_most_different(file, split, run_dirs, first_errors, second_errors):
    """Draw gray, both colourings and the original: first where the first run is nearer, then where the second is.

    Args:
        file: path of the PNG.
        split: the pictures that were scored.
        run_dirs: name to directory of the two runs.
        first_errors, second_errors: (pictures,) of each.
    """
    from models.sample_grid import draw

    chosen = [place for side in most_different(first_errors, second_errors, PICTURES_A_SIDE) for place in side]
    if not chosen:
        # The same run twice, say.
        chosen = list(range(min(PICTURES_A_SIDE, len(split))))
    color = originals(split, chosen)
    columns = {"gray x": luma(color)}
    for name, run_dir in run_dirs.items():
        with opened_run(run_dir) as trained:
            columns[name] = trained.coloring(chosen, color)
    draw(columns | {"original": color}, Path(file))
