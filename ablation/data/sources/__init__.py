"""The data sets: one module each, which holds a `Dataset` of the module's name as `DATASET`.

A module dropped into this folder is a data set: nothing else has to be edited. `ablation.data.drawn.Drawn` is one that
a function draws, `ablation.data.published.Published` one that lies in files.
"""

import functools

from ablation import own_code
from ablation.data.dataset import Dataset
from ablation.errors import UserError, did_you_mean

__path__ += own_code.paths("data")


@functools.cache
def names() -> tuple[str, ...]:
    """All data sets, alphabetically."""
    return own_code.modules(__path__)


def get(name: str) -> Dataset:
    """A data set by name.

    Raises:
        UserError: there is none of that name.
    """
    if name not in names():
        raise UserError(f"dataset: unknown name {name!r}{did_you_mean(name, names())}")
    return own_code.member(f"{__name__}.{name}", "DATASET")
