"""What the pages of results share: tables and their cells, what a tier is, and how it was scored."""

from evaluation.baselines import GRAY
from evaluation.effects import ratio_to
from experiments.score_report import interval
from experiments.tiers import TIERS


def table(titles, rows):
    """The lines of a table; titles and each row's cells are strings."""
    lines = (titles, ["---"] * len(titles), *rows)
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in lines]


def ratio_of(scores, names):
    """A system's pixel-L1 as a multiple of gray's, with its interval; `names` are its seeds'."""
    return interval(ratio_to([scores[name] for name in names], "pixel_l1", scores[GRAY]), 3)


def ratio_of_each(scores, names):
    """A system's pixel-L1 as a multiple of gray's of each seed, where there are several."""
    ratios = [ratio_to([scores[name]], "pixel_l1", scores[GRAY])["mean"] for name in names]
    return ", ".join(f"{ratio:.3f}" for ratio in ratios) if len(ratios) > 1 else ""


def mean_of(values, digits):
    """The mean over seeds of what each has a `mean` of; empty where there is none."""
    return f"{sum(value['mean'] for value in values) / len(values):.{digits}f}" if values else ""


def how_scored(results, report):
    """What a tier's numbers are means over, in a sentence; `results` as in claims.json."""
    epochs = report["epochs_scored"]
    over = f"over the last {epochs} epochs and over" if epochs > 1 else "of the last epoch over"
    return f"Means {over} {results['images']['test']} test pictures, one seed where none are named"


def setting(results):
    """What a tier is, in a sentence or three; `results` as in claims.json."""
    counts = results["images"]
    changed = f", with {', '.join(results['changed'])}" if results["changed"] else ""
    return (
        f"Preset `{results['preset']}`{changed} on {results['dataset']}, {counts['train']} training and "
        f"{counts['test']} test pictures of {results['image_size']} pixels, {_seeds(results['seeds'])}; "
        f"{_hours(results['hours'])}.{_missing(results)}"
    )


def _hours(machines):
    """How long the runs trained, all together."""
    return "trained for " + " and ".join(f"{hours:.1f} hours ({name})" for name, hours in machines.items())


def _seeds(counts):
    fewest, most = min(counts.values()), max(counts.values())
    if most == 1:
        return "one seed: intervals are over pictures alone, and what compares errors stays undecided"
    return f"{most} seeds" if fewest == most else f"{fewest} to {most} seeds"


def _missing(results):
    """The tier's runs that are not among those scored: not begun, not at their end, or broken down."""
    plan, found = TIERS[results["preset"]], results["seeds"]
    planned = {name: plan.seeds_of(name) for name in plan.runs}
    missing = {name: count - found.get(name, 0) for name, count in planned.items() if found.get(name, 0) < count}
    if not missing:
        return ""
    told = [
        f"{name} ({count} more seed{'s' * (count > 1)})" if planned[name] > 1 else name
        for name, count in missing.items()
    ]
    ended = sum(planned.values()) - sum(missing.values())
    return f" **{ended} of {sum(planned.values())} runs are at their end; still to come: {', '.join(told)}.**"
