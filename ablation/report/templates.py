"""The HTML templates of this folder, filled without trust in what the results hold."""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ablation.report.escape import printable_lines

FOLDER = Path(__file__).parent


@cache
def environment() -> jinja2.Environment:
    """Where templates are found and filled: all text is escaped and printable, and no name may be missing."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _readable(value: Any) -> Any:
    """Text of the results without what is not seen; markup of our own as it is."""
    return printable_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value
