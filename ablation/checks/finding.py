"""What a check says."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of a check.

    Attributes:
        name: what was looked at.
        status: `fail` where training cannot be expected to work, `warn` where it may suffer.
        figure: what was measured, in words with its numbers.
        advice: what to do about it; empty where the check passed.
    """

    name: str
    status: Status
    figure: str
    advice: str = ""


def finding(name: str, figure: str, *, fail: bool, warn: bool, advice: str) -> Finding:
    """A finding from the two conditions that make it worse than a pass."""
    status: Status = "fail" if fail else "warn" if warn else "pass"
    return Finding(name, status, figure, "" if status == "pass" else advice)
