"""What each trick for training and regularising a CNN buys, at what price, and whether the difference is real."""

import os
from typing import TYPE_CHECKING, Any

from ablation.system import QUIET, home_of_keras

if TYPE_CHECKING:
    from ablation.library import Study, StudyResults, read, run

__all__ = ["Study", "StudyResults", "__version__", "read", "run"]
__version__ = "0.1.0"

# TensorFlow reads these when it is imported. Its oneDNN kernels, three times as fast on convolutions, are off by
# default on processors without AVX-512.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
for _name, _value in (QUIET | home_of_keras()).items():
    os.environ.setdefault(_name, _value)


def __getattr__(name: str) -> Any:
    """The library's names, imported when first asked for: the command line needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'ablation' has no attribute '{name}'")
    from ablation import library

    return getattr(library, name)
