"""Loss curves, and the plane of fidelity and colourfulness, in colours that the colour-blind can tell apart."""

from evaluation.baselines import PERFECT
from models.files import replacing

# Okabe & Ito 2008.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = "os^Dv*PX"
PANELS_ACROSS = 3
LEGEND_ACROSS = 5
# Columns of metrics.csv that are no terms of the objective.
NO_TERMS = ("epoch", "step", "loss", "seconds", "images_per_second")
PRINT_DPI = 200
NEAR_GRAY = (0.5, 1.5)


def loss_curves(file, metrics, systems):
    """The mean of each term of the objective an epoch, a panel a system; all panels have one range of terms.

    Args:
        file: path of the PNG.
        metrics: name of a run to the rows of its metrics.csv, at least one, as `read_metrics` gives them.
        systems: title of each panel to the names of its runs; of several, all but the first are drawn thin and small.
    """
    from matplotlib.figure import Figure

    across = min(PANELS_ACROSS, len(systems))
    down = -(-len(systems) // across)
    figure = Figure((4 * across, 3 * down + 0.8), layout="constrained", dpi=PRINT_DPI)
    axes = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for unused in axes[len(systems) :]:
        unused.set_axis_off()
    terms = list(dict.fromkeys(term for rows in metrics.values() for term in rows[0] if term not in NO_TERMS))
    lines = {}
    for axis, (title, names) in zip(axes, systems.items(), strict=False):
        for number, name in enumerate(names):
            for term in [term for term in terms if term in metrics[name][0]]:
                size = {"markersize": 2, "linewidth": 0.6} if number else {"markersize": 4}
                look = _look(terms.index(term)) | size
                epochs, values = zip(*((row["epoch"], row[term]) for row in metrics[name]), strict=True)
                lines.setdefault(term, axis.plot(epochs, values, **look)[0])
        axis.set(title=title, xlabel="epoch", yscale="log")
        axis.xaxis.get_major_locator().set_params(integer=True)
    figure.supylabel("weighted term")
    figure.legend(lines.values(), lines, ncols=LEGEND_ACROSS, loc="outside lower center")
    _save(figure, file)


def fidelity_plane(file, rows, systems, trivial):
    """Pixel-L1 against colourfulness, trivial rows beside the systems: dull is cheap, so both must be read.

    Args:
        file: path of the PNG: all points, and beside them those that err about as much as gray.
        rows: as in a report of `score_runs`.
        systems: label of each point to the names of its rows; where it has several, the point is their mean.
        trivial: names of the rows that no run is; they are drawn in gray.
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
    _save(figure, file)


def _plane_point(axis, label, rows, style):
    """A system's mean: with its interval over pictures if it has one seed, else with its seeds, small."""
    means = [[row[measure]["mean"] for row in rows] for measure in ("colorfulness", "ratio_to_gray")]
    arms = {"xerr": _arms(rows[0]["colorfulness"]), "yerr": _arms(rows[0]["ratio_to_gray"]), "capsize": 2}
    axis.errorbar(*(sum(one) / len(one) for one in means), label=label, **style, **(arms if len(rows) == 1 else {}))
    if len(rows) > 1:
        axis.plot(*means, **style, markersize=3, alpha=0.6)


def _look(number):
    """Marker and colour change at different turns, so that no two of many lines or points look the same."""
    turn = number // len(PALETTE)
    return {"marker": MARKERS[(number + turn) % len(MARKERS)], "color": PALETTE[number % len(PALETTE)]}


def _arms(value):
    return [[value["mean"] - value["low"]], [value["high"] - value["mean"]]]


def _save(figure, file):
    with replacing(file) as scratch:
        figure.savefig(scratch)
