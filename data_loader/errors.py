"""The one exception that means: the user can mend this."""


class UserError(ValueError):
    """Something the user gave cannot be used.

    The message is one sentence that names the option or file, what was expected, what was found
    and what to do. Scripts print it and leave with status 2; no traceback is shown.
    """
