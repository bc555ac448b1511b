"""JSON as a results folder holds it: regular files of bearable size, numbers that are numbers."""

import json
import math
import os
import stat
from pathlib import Path
from typing import Any

from ablation.errors import UserError

MOST_BYTES = 256 * 2**20
MOST = 2**63


def read_regular(file: Path) -> bytes:
    """A file's content; a pipe, a device or a folder of that name is no file.

    Raises:
        UserError: it is none, cannot be read, or is larger than any that this project writes.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            about = os.fstat(stream.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise UserError(f"{file}: not a readable results file (expected a regular file)")
            if about.st_size > MOST_BYTES:
                raise UserError(
                    f"{file}: not a readable results file (expected {MOST_BYTES} bytes at most, found {about.st_size})"
                )
            return stream.read()
    except OSError as error:
        raise UserError(f"{file}: not a readable results file ({error.strerror})") from error


def read_json(file: Path) -> Any:
    """The content of a JSON file whose numbers are all finite.

    Raises:
        UserError: it is none.
    """
    try:
        text = read_regular(file).decode("utf-8")
        return json.loads(text, parse_constant=_number, parse_float=_number, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file}: not a readable results file ({str(error)[:200]})") from error


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected finite numbers, found {text[:40]}")
    return number


def _whole(text: str) -> int:
    if len(text) > 20 or not -MOST <= int(text) < MOST:
        raise ValueError(f"expected whole numbers of 64 bits, found {text[:40]}")
    return int(text)
