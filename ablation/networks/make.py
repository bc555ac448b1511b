"""A Keras object of what a recipe names."""

import inspect
from typing import Any

from ablation import own_code
from ablation.hardware import use_own_settings
from ablation.recipe import Layer
from ablation.streams import stream_seed

LAYOUT = "channels_last"


def class_of(spec: Layer) -> Any:
    """The class that a spec names."""
    module, _, name = spec.path.rpartition(".")
    return own_code.member(module, name)


def make(spec: Layer, seed: int, purpose: str, **given: Any) -> Any:
    """The Keras object that a spec names.

    It gets its own seed where its class takes one, and images are (height, width, channels) whatever `keras.json` says.
    """
    use_own_settings()
    cls = class_of(spec)
    options = {
        key: make(value, seed, f"{purpose}/{key}") if isinstance(value, Layer) else value
        for key, value in spec.options.items()
    }
    taken = inspect.signature(cls).parameters
    if "seed" in taken:
        options.setdefault("seed", stream_seed(seed, purpose))
    if "data_format" in taken:
        options.setdefault("data_format", LAYOUT)
    return cls(**options, **given)
