"""Loss curves, and the plane of fidelity and colourfulness, in colours that the colour-blind can tell apart."""

from evaluation.baselines import PERFECT
from models.files import replacing

# Okabe & Ito 2008.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "os^Dv*PX"
PANELS_ACROSS = 3
PRINT_DPI = 200


def loss_curves(file, metrics):
    """The mean of each term of the objective an epoch, a panel a run.

    Args:
        file: path of the PNG.
        metrics: name of a run to the rows of its metrics.csv, at least one, as `read_metrics` gives them.
    """
    from matplotlib.figure import Figure

    across = min(PANELS_ACROSS, len(metrics))
    down = -(-len(metrics) // across)
    figure = Figure((4.5 * across, 3.5 * down), layout="constrained", dpi=PRINT_DPI)
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for unused in axes[len(metrics) :]:
        unused.set_axis_off()
    for axis, (name, rows) in zip(axes, metrics.items(), strict=False):
        epochs = [row["epoch"] for row in rows]
        terms = [term for term in rows[0] if term not in ("epoch", "step", "loss", "seconds", "images_per_second")]
        for number, term in enumerate(terms):
            axis.plot(epochs, [row[term] for row in rows], label=term, markersize=4, **_look(number))
        axis.set(title=name, xlabel="epoch", ylabel="weighted term", yscale="log")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(fontsize=7, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    _save(figure, file)


def fidelity_plane(file, rows, systems, trivial):
    """Pixel-L1 against colourfulness, trivial rows beside the systems: dull is cheap, so both must be read.

    Args:
        file: path of the PNG.
        rows: as in a report of `score_runs`.
        systems: label of each point to the names of its rows; where it has several, the point is their mean.
        trivial: names of the rows that no run is; they are drawn in gray.
    """
    from matplotlib.figure import Figure

    figure = Figure((7, 4.5), layout="constrained", dpi=PRINT_DPI)
    axis = figure.subplots()
    looks = (_look(number) for number in range(len(systems)))
    for number, (label, names) in enumerate(systems.items()):
        gray = {"marker": MARKERS[number % len(MARKERS)], "color": "gray", "markerfacecolor": "white"}
        style = {"linestyle": "none"} | (gray if names[0] in trivial else next(looks))
        across, up = ([rows[name][measure] for name in names] for measure in ("colorfulness", "ratio_to_gray"))
        point = [sum(value["mean"] for value in values) / len(values) for values in (across, up)]
        arms = {"xerr": _arms(across[0]), "yerr": _arms(up[0]), "capsize": 2} if len(names) == 1 else {}
        axis.errorbar(*point, label=label, **style, **arms)
        if len(names) > 1:
            seeds = [[value["mean"] for value in values] for values in (across, up)]
            axis.plot(*seeds, **style, markersize=3, alpha=0.6)
    axis.axhline(1, color="gray", linewidth=0.8, linestyle=":")
    axis.axvline(rows[PERFECT]["colorfulness"]["mean"], color="gray", linewidth=0.8, linestyle=":")
    axis.set(xlabel="colourfulness (dotted: the originals')", ylabel="pixel-L1, multiple of the gray row's")
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, file)


def _look(number):
    """Marker and colour change at different turns, so that no two of many lines or points look the same."""
    turn = number // len(PALETTE)
    return {"marker": MARKERS[(number + turn) % len(MARKERS)], "color": PALETTE[number % len(PALETTE)]}


def _arms(value):
    return [[value["mean"] - value["low"]], [value["high"] - value["mean"]]]


def _save(figure, file):
    with replacing(file) as scratch:
        figure.savefig(scratch)
