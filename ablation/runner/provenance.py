"""What a result was made with: versions, commit, command."""

import contextlib
import datetime
import os
import platform
import re
import shlex
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from ablation.places import CHECKOUT

KEPT_VERSIONS = ("keras", "tensorflow", "jax", "torch", "numpy", "pandas", "tensorflow-datasets", "ablation")


def versions() -> dict[str, str]:
    """Of Python and of the packages that decide numbers, as far as they are installed."""
    found = {"python": platform.python_version()}
    for name in KEPT_VERSIONS:
        with contextlib.suppress(Exception):
            found[name] = version(name)
    return found


def commit(checkout: Path = CHECKOUT) -> str | None:
    """The project's commit, `+` behind it where files differ; None outside a checkout of its own.

    Args:
        checkout: the folder that holds the package: of an installed copy it may lie within some other repository.
    """

    def git(*arguments: str) -> str:
        elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
        return subprocess.run(
            ["git", *arguments], cwd=checkout, check=True, capture_output=True, text=True,
            env={name: value for name, value in os.environ.items() if name not in elsewhere},
        ).stdout.strip()  # fmt: skip

    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        if Path(git("rev-parse", "--show-toplevel")).samefile(checkout) and git("ls-files", "ablation"):
            return git("describe", "--always", "--dirty=+", "--abbrev=12", "--match=") or None
    return None


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def command_line(arguments: Sequence[str]) -> str:
    """The command as one would type it; of an absolute path only the last part is told, of an address nothing."""
    shown = [_without_folder(one) for one in arguments]
    for index, one in enumerate(shown):
        if one.startswith("--ray-address="):
            shown[index] = "--ray-address=ADDRESS"
        elif index and shown[index - 1] == "--ray-address":
            shown[index] = "ADDRESS"
    return shlex.join(["ablation", *shown])


def _without_folder(argument: str) -> str:
    """`/home/me/pets`, `--out=/home/me/pets` and `folder:/home/me/pets` without `/home/me/`."""
    found = re.fullmatch(r"(--[a-z-]+=)?([a-z]+:)?(.*)", argument, re.DOTALL)
    assert found is not None
    option, kind, path = (part or "" for part in found.groups())
    return option + kind + Path(path).name if Path(path).is_absolute() else argument
