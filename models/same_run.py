"""Whether two runs learn the same, so that one can go on where the other stopped."""

from data_loader.files import UserError
from models.option_tables import typed

# The file of a run's directory that holds its options, and all else that decides it.
CONFIG = "config.json"
# These may change when a run is resumed; whatever else changes makes it another run.
RESUMABLE = ("epochs", "sample_interval", "checkpoint_interval", "max_steps")


def what_is_learned(options, training, precision, images):
    """What decides what a run learns, name to value: the options of its model and of its `training`, two dicts, the
    name of the networks' dtype policy and the digest of the images.
    """
    values = options | training | {"precision": precision, "images": images}
    # A rate that falls over the run depends on the epochs, too.
    epochs_matter = training.get("lr_decay") == "linear"
    return {name: values[name] for name in values if name not in RESUMABLE or (name == "epochs" and epochs_matter)}


def require_same_run(before, now, where):
    """The one answer to "is it the same run?": a `UserError` that names what was another.

    Compares two `what_is_learned`, by the names that both have. `where` holds the earlier run: "--run-dir runs/roses".
    """
    changed = [name for name in now if name in before and before[name] != now[name]]
    if not changed:
        return
    values = ["other images" if name == "images" else " ".join(typed(name, before[name])) for name in changed]
    if changed == ["images"]:
        problem, remedy = "on other images", "give the same images"
    else:
        problem, remedy = f"with {', '.join(values)}, which cannot change on resume", "give these"
    raise UserError(f"{where} was trained {problem}: {remedy}, choose another directory, or use --fresh.")
