"""The figures of runs and tiers, and their captions.

Runs end one by one, and not all on the same machine: from the strip of a run, results/TIER/RUN/coloring.png, a figure
of several systems is drawn when the run itself is gone.
"""

import shlex
import sys
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from data_loader.files import replacing
from data_loader.images import luma, to_uint8, to_unit
from data_loader.oxford_flowers import OXFORD_SETS
from data_loader.photographs import UnusableImage, read_image
from evaluation.baselines import PERFECT, originals
from evaluation.statistics import most_different
from experiments import import_keras
from experiments.support.runs import opened_run
from experiments.support.tiers import by_configuration, configuration_of
from models.option_tables import typed
from models.presets import PRESETS, beyond_preset

FIGURES = {"cyclegan": "figure-4", "capsule_cyclegan": "figure-5", "pix2pix": "figure-7"}
STRIP = "coloring.png"
SHOWN_SAMPLES = 5
PICTURES_A_SIDE = 4
# Pictures a figure of a tier.
TIER_IMAGES = 4
PRINT_DPI = 200
# Okabe & Ito 2008: the colour-blind can tell them apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "os^Dv*PX"
PANELS_ACROSS = 3
LEGEND_ACROSS = 5
# Columns of metrics.csv that are no terms of the objective.
NO_TERMS = ("epoch", "step", "loss", "seconds", "images_per_second")
# The range of the second panel of the plane.
NEAR_GRAY = (0.5, 1.5)


def draw_tier(folder, tier, run_dirs, split):
    """Draw the figures of a tier into its folder, and the strips of those runs whose directories are given by name."""
    draw(Path(folder) / "figures", tier, run_dirs, split, TIER_IMAGES, _are_ours(tier), strips=Path(folder))


def _are_ours(tier):
    """Whether a tier's photographs may stand in published results; those of others may not."""
    return not set(OXFORD_SETS) & set(tier.setting["dataset"].split("+"))


def draw(folder, tier, run_dirs, split, images, photographs, strips=None):
    """Draw all figures of a `StoredTier` into a folder: `images` pictures of a `Split`, evenly spaced over its classes.

    `run_dirs` are name to directory of its runs. `photographs`: are the gray pictures and the originals drawn beside
    the colourings? `strips` is a folder for strips, written of these runs and read of the tier's others.
    """
    import_keras()
    from models.record import draw_grid

    places = split.spread(images)
    color = originals(split, places)
    before, after = ({"gray x": luma(color)}, {"original": color}) if photographs else ({}, {})
    colorings = {}
    for name, run_dir in run_dirs.items():
        with opened_run(run_dir) as trained:
            colorings[name] = trained.coloring(places, color)
            if trained.samples:
                samples = to_unit(trained.samples(luma(color), SHOWN_SAMPLES, 0)).swapaxes(0, 1)
                columns = {f"sample {number + 1}": sample for number, sample in enumerate(samples)}
                draw_grid(before | columns, folder / f"diversity-{name}.png", PRINT_DPI)
    if strips:
        colorings = _exchange_strips(strips, tier.runs, colorings, color.shape)
    drawable = {name: tier.runs[name] for name in colorings}
    for file, (columns, _) in grids(drawable, tier.setting["dataset"], photographs).items():
        columns = {title: colorings[name] for title, name in columns.items()}
        draw_grid(before | columns | after, folder / file, PRINT_DPI)
    if panels := tier.systems_in(tier.losses):
        loss_curves(folder / "loss-curves.png", tier.losses, panels)
    if points := tier.systems_in(tier.rows):
        fidelity_plane(folder / "fidelity-plane.png", tier.rows, points, set(tier.rows) - set(tier.runs))


def draw_most_different(file, split, run_dirs, first_errors, second_errors):
    """Draw gray, both runs' colourings and the original where they differ most: each is better on other pictures (4.2).

    `split` holds the pictures that were scored, `run_dirs` name to directory of both; the errors are (pictures,) each.
    """
    import_keras()
    from models.record import draw_grid

    chosen = [place for side in most_different(first_errors, second_errors, PICTURES_A_SIDE) for place in side]
    # The same run twice, say, differs nowhere.
    chosen = chosen or list(range(min(PICTURES_A_SIDE, len(split))))
    color = originals(split, chosen)
    columns = {"gray x": luma(color)}
    for name, run_dir in run_dirs.items():
        with opened_run(run_dir) as trained:
            columns[name] = trained.coloring(chosen, color)
    draw_grid(columns | {"original": color}, Path(file))


def _exchange_strips(folder, runs, colorings, shape):
    """Keep runs' colourings (n, S, S, 3) in [0, 1] in a folder; these and those that it holds of the other `runs`."""
    for name, coloring in colorings.items():
        with replacing(folder / name / STRIP) as scratch:
            imageio.imwrite(scratch, np.hstack(to_uint8(coloring)))
    strips = {name: _read_strip(folder / name / STRIP, *shape[:2]) for name in runs}
    if lacking := [name for name, strip in strips.items() if strip is None]:
        told = f"Figures are not drawn of {', '.join(lacking)}: {folder} holds no such pictures of them."
        print(told, file=sys.stderr)
    return {name: strip for name, strip in strips.items() if strip is not None}


def _read_strip(file, images, side):
    """A run's colourings (images, side, side, 3); None where there is no strip, or one of another shape."""
    try:
        pictures = np.asarray(read_image(file))
    except UnusableImage:
        return None
    return to_unit(np.stack(np.hsplit(pictures, images))) if pictures.shape == (side, images * side, 3) else None


def grids(runs, dataset, photographs):
    """The figures of colourings: file to title of each column to the run that colours it, and caption.

    `runs` are name to facts, `dataset` is as one types it; `photographs` as in `draw`.
    """
    between = "; the photographs themselves are not published here"
    between = ", between the gray pictures and the originals" if photographs else between
    trained_as = {name: _trained_as(run, dataset) for name, run in runs.items()}
    planned = {
        f"{FIGURES[run['model']]}-{name}.png": ({"G(x)": name}, f"Colourings{between}. {trained_as[name]}")
        for name, run in runs.items()
        if run["model"] in FIGURES
    }
    for pair in _patchgan_and_capsules(runs):
        told = " ".join(f"{name}: {trained_as[name]}" for name in pair)
        columns = {name: name for name in pair}
        planned[f"figure-6-{'-'.join(pair)}.png"] = columns, f"The same pictures by both{between}. {told}"
    first = _first_seeds(runs)
    if len(first) > 1:
        seeds = {runs[name]["options"]["seed"] for name in first.values()}
        told = f"seed {min(seeds)}" if len(seeds) == 1 else f"the first seed of each ({', '.join(first.values())})"
        planned["systems.png"] = first, f"The same pictures by all systems, {told}{between}."
    return planned


def _first_seeds(runs):
    """Title to name of the runs with the lowest seed of their configuration, each; that, where unique, is the title."""
    # Above ten columns there is no room for a seed.
    seeds = {name: run["options"]["seed"] for name, run in runs.items()}
    groups = by_configuration(runs).values()
    first = [name for group in groups for name in group if seeds[name] == min(map(seeds.get, group))]
    columns = {configuration_of(name): name for name in sorted(first, key=seeds.get)}
    return columns if len(columns) == len(first) else {name: name for name in first}


def _patchgan_and_capsules(runs):
    """Pairs for figure 6: of each seed that both have the first run of each kind; else the first run of each."""
    by_seed = {"cyclegan": {}, "capsule_cyclegan": {}}
    for name, run in runs.items():
        by_seed.get(run["model"], {}).setdefault(run["options"]["seed"], name)
    patchgans, capsules = by_seed.values()
    shared = [(patchgans[seed], capsules[seed]) for seed in patchgans if seed in capsules]
    return shared or list(zip(patchgans.values(), capsules.values(), strict=False))[:1]


def _trained_as(run, dataset):
    """A run's configuration as the command that trains it, and the backend."""
    # Of a preset that is no more, all that differs from the paper's.
    preset = run["preset"] if run["preset"] in PRESETS[run["model"]] else "paper"
    values = run["options"] | run["training"]
    # Named in any case.
    always = {"precision": run["precision"], "seed": values.pop("seed")}
    # The name of joined sets has a plus where one types a comma.
    chosen = {"preset": preset, "dataset": dataset.replace("+", ",")}
    chosen |= beyond_preset(run["model"], preset, values) | always
    words = [word for name, value in chosen.items() if value is not None for word in typed(name, value)]
    backends = [part["backend"] for part in (run["made_with"], run["made_with"].get("then")) if part]
    return f"`{run['model']}.py {shlex.join(words)}`, {', then '.join(backends)}."


def captions_of(tier, photographs):
    """Name to caption of each figure of a `StoredTier`; `photographs` as in `draw`."""
    dataset = tier.setting["dataset"]
    captions = {file: told for file, (_, told) in grids(tier.runs, dataset, photographs).items()}
    for name, run in tier.runs.items():
        # Where noise comes from: z, or dropout, which a pretrained generator has not.
        options = run["options"]
        if "noise_size" in options or (options.get("dropout") and options.get("generator") != "pretrained"):
            captions[f"diversity-{name}.png"] = f"{SHOWN_SAMPLES} colourings a picture. {_trained_as(run, dataset)}"
    if panels := tier.systems_in(tier.losses):
        told = "; of several seeds the first is drawn thick" if max(map(len, panels.values())) > 1 else ""
        captions["loss-curves.png"] = f"Mean of each weighted term of the objective in each epoch{told}."
    if points := tier.systems_in(tier.rows):
        told = "; of a system with several seeds the mean over them, without an interval, and small each seed"
        told = told if max(map(len, points.values())) > 1 else ""
        captions["fidelity-plane.png"] = (
            f"Means over the scored pictures with 95 % bootstrap intervals over them{told}. Right: those between "
            f"{NEAR_GRAY[0]} and {NEAR_GRAY[1]} times gray's error again; the others are on the left alone."
        )
    return captions


def captions_page(captions):
    """captions.md: a paragraph a figure."""
    return "\n".join(f"**{name}** {caption}\n" for name, caption in sorted(captions.items()))


def tier_captions(folder, tier):
    """Name to caption of all figures of a `StoredTier` in its folder."""
    captions = captions_of(tier, _are_ours(tier))
    # That of all systems is drawn from strips, which tiers did not have at first.
    if not any((Path(folder) / run / STRIP).exists() for run in tier.runs):
        captions.pop("systems.png", None)
    return captions


def loss_curves(file, losses, systems):
    """The mean of each term an epoch, a panel a system, whose runs but the first are drawn small; one range for all."""
    from matplotlib.figure import Figure

    across = min(PANELS_ACROSS, len(systems))
    down = -(-len(systems) // across)
    figure = Figure((4 * across, 3 * down + 0.8), layout="constrained", dpi=PRINT_DPI)
    axes = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for unused in axes[len(systems) :]:
        unused.set_axis_off()
    first_rows = [losses[name][0] for names in systems.values() for name in names]
    terms = list(dict.fromkeys(term for row in first_rows for term in row if term not in NO_TERMS))
    lines = {}
    for axis, (title, names) in zip(axes, systems.items(), strict=False):
        for number, name in enumerate(names):
            size = {"markersize": 2, "linewidth": 0.6} if number else {"markersize": 4}
            for term in [term for term in terms if term in losses[name][0]]:
                epochs, values = zip(*((row["epoch"], row[term]) for row in losses[name]), strict=True)
                lines.setdefault(term, axis.plot(epochs, values, **_look(terms.index(term)), **size)[0])
        axis.set(title=title, xlabel="epoch", yscale="log")
        axis.xaxis.get_major_locator().set_params(integer=True)
    figure.supylabel("weighted term")
    figure.legend(lines.values(), lines, ncols=LEGEND_ACROSS, loc="outside lower center")
    with replacing(file) as scratch:
        figure.savefig(scratch)


def fidelity_plane(file, rows, systems, trivial):
    """Pixel-L1 against colourfulness, trivial rows, in gray, beside the systems: dull is cheap, so both must be read.

    The left panel shows all points, the right one those with about gray's error. `trivial` names those of no run.
    """
    from matplotlib.figure import Figure

    figure = Figure((11, 4.5), layout="constrained", dpi=PRINT_DPI)
    whole, near_gray = figure.subplots(1, 2)
    for axis in (whole, near_gray):
        looks = (_look(number) for number in range(len(systems)))
        for number, (label, names) in enumerate(systems.items()):
            gray = {"marker": MARKERS[number % len(MARKERS)], "color": "gray", "markerfacecolor": "white"}
            style = {"linestyle": "none"} | (gray if names[0] in trivial else next(looks))
            _plane_point(axis, label, [rows[name] for name in names], style)
        axis.axhline(1, color="gray", linewidth=0.8, linestyle=":")
        axis.axvline(rows[PERFECT]["colorfulness"]["mean"], color="gray", linewidth=0.8, linestyle=":")
        axis.set(xlabel="colourfulness (dotted: the originals')")
    whole.set(ylabel="pixel-L1, multiple of the gray row's")
    near_gray.set(ylim=NEAR_GRAY, title="the same, near gray's error")
    near_gray.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    with replacing(file) as scratch:
        figure.savefig(scratch)


def _plane_point(axis, label, rows, style):
    """A system's mean: with its interval over pictures if it has one seed, else with its seeds, small."""
    measures = [[row[measure] for row in rows] for measure in ("colorfulness", "ratio_to_gray")]
    means = [[value["mean"] for value in values] for values in measures]
    arms = [[[one["mean"] - one["low"]], [one["high"] - one["mean"]]] for one, *_ in measures]
    interval = {} if len(rows) > 1 else {"xerr": arms[0], "yerr": arms[1], "capsize": 2}
    axis.errorbar(*(sum(values) / len(values) for values in means), label=label, **style, **interval)
    if len(rows) > 1:
        axis.plot(*means, **style, markersize=3, alpha=0.6)


def _look(number):
    """Marker and colour change at different turns, so that no two of many lines or points look the same."""
    turn = number // len(PALETTE)
    return {"marker": MARKERS[(number + turn) % len(MARKERS)], "color": PALETTE[number % len(PALETTE)]}
