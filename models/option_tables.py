"""Tables of options: dataclasses whose fields say what they mean and may be, and options as one types them."""

import math
from dataclasses import dataclass, field, fields

from data_loader.files import UserError


def option(default, meaning, choices=None, at_least=None, below=None, at_most=None):
    """A dataclass field with its meaning (for --help) and what values it may take; None means no limit."""
    rules = {"choices": choices, "at_least": at_least, "below": below, "at_most": at_most}
    return field(default=default, metadata={"meaning": meaning, **rules})


@dataclass(frozen=True)
class Options:
    """Base of the option tables: checks every value against its field, and values against each other."""

    def __post_init__(self):
        for entry in fields(self):
            _check(entry, getattr(self, entry.name))
        self.check_together()

    def check_together(self):
        """Raise a `UserError` where two values contradict each other."""

    def settle(self, **values):
        """Give these values to options that were left at None, so that what is stored of a run is what it has."""
        for name, value in values.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)


def _check(entry, value):
    name, rules = flag(entry.name), entry.metadata
    if value is None and entry.default is None:
        return
    if rules["choices"]:
        require_choice(name, value, rules["choices"])
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{name} {value} is not a finite number: use one that is.")
    if rules["at_least"] is not None:
        require_at_least(name, value, rules["at_least"])
    if rules["below"] is not None and value >= rules["below"]:
        raise UserError(f"{name} {value} is too large: use a number below {rules['below']}.")
    if rules["at_most"] is not None and value > rules["at_most"]:
        raise UserError(f"{name} {value} is too large: use a number of at most {rules['at_most']}.")


def require_choice(flag, value, choices):
    """Raise a `UserError` that lists the choices, unless the value is one of them."""
    if value not in choices:
        raise UserError(f"{flag} {value} does not exist: use one of {', '.join(choices)}.")


def require_at_least(flag, value, least):
    """Raise a `UserError` where a number is below the least that it may be."""
    if value < least:
        raise UserError(f"{flag} {value} is too small: use a number of at least {least}.")


def require_multiple(image_size, factor, what):
    """Raise a `UserError` that says which size to use, unless the images' side is a multiple that suits `what`."""
    if image_size % factor:
        nearest = max(32, round(image_size / factor) * factor)
        size = f"--image-size {image_size} does not suit {what}"
        raise UserError(f"{size}, which needs a multiple of {factor}: use {nearest}.")


def flag(name):
    """The name of an option as one types it."""
    return "--" + name.replace("_", "-")


def typed(name, value):
    """An option with a value as one types it, word by word; a switch is a word alone."""
    if value is None:
        return ("no", flag(name))
    if isinstance(value, bool):
        return (flag(name) if value else flag(f"no_{name}"),)
    return flag(name), str(value)
