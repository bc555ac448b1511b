"""Text from a results folder on its way out: nothing in it steers a terminal or becomes markup."""

import re

from ablation.wording import printable


def printable_lines(text: str) -> str:
    """The same with its line breaks and indents kept, as a trick's card needs."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)


def markdown(text: object) -> str:
    """Text that Markdown shows as it is, on one line: none of it becomes markup, HTML or a new cell."""
    return re.sub(r"([\\`*_\[\]<>|#!~$&])", _entity, printable(text))


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};" if match[0] in "<>&|" else f"\\{match[0]}"
