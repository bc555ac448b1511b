"""The one exception that means "the user can mend this": shown as one line, exit code 2."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake in what the user gave us; its text is one complete line, ready to be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def did_you_mean(found: object, known: Iterable[str]) -> str:
    """A closing phrase that names the nearest of `known`, or lists them where none is near.

    Args:
        found: what the user wrote.
        known: the accepted spellings.

    Returns:
        `"; did you mean 'x'?"`, or `"; expected one of a, b, c"`.
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(found), names, n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else f"; expected one of {', '.join(names)}"
