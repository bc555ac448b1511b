"""The user's own images: `--dataset KIND:PLACE`, where a module of this package's `kinds` reads that kind."""

import functools
import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablation import own_code
from ablation.data.own import kinds
from ablation.errors import UserError, did_you_mean

UNSAFE = re.compile(r"[^A-Za-z0-9_.+-]+")


@dataclass(frozen=True)
class Address:
    """Where a user's images lie.

    Attributes:
        kind: a module of `kinds`.
        place: file, folder or name.
        options: what is said of them behind a `?`, e.g. `layout` and `range`.
    """

    kind: str
    place: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def stem(self) -> str:
        """The place's last part without a file's suffix, in letters, digits and `_.+-`."""
        path = Path(self.place).expanduser().absolute()
        stem = (
            path.stem
            if self.kind not in ("folder", "tfds")
            else self.place
            if self.kind == "tfds"
            else path.name
        )
        return UNSAFE.sub("-", stem).strip("-.") or self.kind


@functools.cache
def known() -> tuple[str, ...]:
    """The kinds, alphabetically."""
    return own_code.modules(kinds.__path__)


def is_own(text: str) -> bool:
    """Whether a dataset is named by its kind and place rather than by its name."""
    return ":" in text


def address(text: str) -> Address:
    """Take `folder:PATH`, `npz:FILE?layout=nchw&range=0..1` and the like apart.

    Raises:
        UserError: there is no such kind, nothing behind the colon, or an option that the kind does not have.
    """
    kind, _, rest = text.partition(":")
    if kind not in known():
        raise UserError(f"dataset: unknown kind '{kind}' in '{text}'{did_you_mean(kind, known())}")
    place, _, query = rest.partition("?")
    if not place:
        raise UserError(f"dataset {text}: expected a file or folder after '{kind}:'")
    allowed: dict[str, Any] = getattr(module(kind), "OPTIONS", {})
    options = []
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        if key not in allowed:
            known_options = did_you_mean(key, allowed) if allowed else "; it has none"
            raise UserError(f"dataset {text}: unknown option '{key}' of {kind}{known_options}")
        if not re.fullmatch(allowed[key], value):
            raise UserError(f"dataset {text}: {key}: expected {allowed[key]}, found '{value}'")
        options.append((key, value))
    return Address(kind, place, tuple(options))


def module(kind: str) -> Any:
    """The module that reads a kind: `key(address, data_dir)` and `collect(address, data_dir)`."""
    return importlib.import_module(f"{kinds.__name__}.{kind}")
