"""A user's own tricks, layers, data sets, networks, measures, observers, designs and figures.

They are files of a folder, found beside ours. Only the command line (`--code DIR`), `run(code=...)` or the environment
(`ABLATION_CODE`) names that folder. A study file or a results folder cannot, so a stranger's YAML still runs nothing.
"""

import ast
import contextlib
import hashlib
import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from ablation.errors import UserError, did_you_mean

VARIABLE = "ABLATION_CODE"
HERE = Path(__file__).parent
ROOMS = {
    "tricks": "tricks",
    "layers": "layers",
    "data": "data/sources",
    "networks": "networks/families",
    "designs": "study/designs",
    "figures": "report/figures",
    "measures": "measures",
    "observers": "observers",
}
OF_NO_NUMBER = ("designs", "figures", "observers")
"""Rooms whose files change no trial's numbers: what a design plans is told by the settings themselves, and what an
observer looks at is held to stay as it is."""

_CACHES = (
    ("ablation.tricks", "names"),
    ("ablation.data.sources", "names"),
    ("ablation.measures", "names"),
    ("ablation.networks.families", "names"),
    ("ablation.study.design", "names"),
    ("ablation.networks.count", "_figures"),
)
"""What else this process keeps of a folder's files, by module and function."""


def use(folder: Path) -> None:
    """Take a folder's files from now on, as they are now, in this process and in those it starts.

    Args:
        folder: holds any of the folders in `ROOMS`.

    Raises:
        UserError: it holds none of them, or a file whose name is no module's, or is one of ours.
    """
    rooms = [room for room in ROOMS if (folder / room).is_dir()]
    if not rooms:
        there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        hint = f"; found {', '.join(there[:5])}" if there else ", found no such folder"
        near = next((did_you_mean(name, ROOMS) for name in there if did_you_mean(name, ROOMS)), "")
        raise UserError(f"--code {folder}: expected one of {', '.join(ROOMS)} in it{hint}{near}")
    for room in rooms:
        for file in _files(folder / room):
            if not file.is_file():
                raise UserError(f"--code {room}/{file.name}: expected a file, found none that can be read")
            if not file.stem.isidentifier():
                raise UserError(f"--code {room}/{file.name}: expected a name of letters, digits and _")
            if taken(f"{room}/{file.name}"):
                raise UserError(f"--code {room}/{file.name}: there is one of that name here; rename yours")
    _turn_to(folder.resolve())


def leave() -> None:
    """Look into no folder any more, and forget what was imported from one."""
    _turn_to(None)


def taken(path: str) -> bool:
    """Whether one of ours, a file or what its package holds, has the name of a file, told by its path below the user's
    folder."""
    room, _, name = path.partition("/")
    if room not in ROOMS:
        return False
    package = HERE / ROOMS[room]
    return (package / name).exists() or name.removesuffix(".py") in _held(package)


def _held(package: Path) -> set[str]:
    """Names that a package's own file gives things: a module of such a name would take the thing's place."""
    found: set[str] = set()
    for node in ast.parse((package / "__init__.py").read_text(encoding="utf-8")).body:
        match node:
            case (
                ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name))
            ):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {
                    one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)
                }
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {one.asname or one.name.partition(".")[0] for one in names}
    return found


@contextlib.contextmanager
def in_use(folder: Path | None) -> Iterator[None]:
    """Take a folder's files meanwhile; None takes the one that the environment names, if it names one.

    Raises:
        UserError: as `use`; or an exception that came out of the user's own code, told with its file and line.
    """
    before = _folder()
    try:
        if chosen := folder or before:
            use(chosen)
        yield
    except (UserError, KeyboardInterrupt):
        raise
    except BaseException as error:  # `sys.exit()` in a user's file is a mistake there
        if where := place(error):
            told = str(traceback.TracebackException.from_exception(error))  # whatever its own `__str__` does
            raise UserError(f"--code {where}: {type(error).__name__}: {told}") from error
        raise
    finally:
        if _folder() != before:
            _turn_to(before)


def paths(room: str) -> list[str]:
    """Where a package looks for more modules: at most one folder.

    Args:
        room: one of `ROOMS`.
    """
    folder = _folder()
    return [str(folder / room)] if folder is not None and (folder / room).is_dir() else []


def modules(path: Iterable[str]) -> tuple[str, ...]:
    """The members of a room, alphabetically; a name that begins with _ is none.

    Args:
        path: of the room's package: our folder, and the user's where there is one.
    """
    return tuple(sorted(one.name for one in pkgutil.iter_modules(path) if not one.name.startswith("_")))


def digest() -> str:
    """sha256, in hex, of the names and contents of the files that decide numbers; empty without any."""
    total = hashlib.sha256()
    files = {name: content for name, content in sources().items() if decides(name)}
    for name, content in files.items():
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest() if files else ""


def decides(name: str) -> bool:
    """Whether a file, named as in `sources`, can change a trial's numbers."""
    return name.partition("/")[0] not in OF_NO_NUMBER


def sources() -> dict[str, bytes]:
    """Contents of the folder's Python files, by their paths below it; nothing without a folder."""
    folder = _folder()
    if folder is None:
        return {}
    files = (file for room in ROOMS for file in _files(folder / room, "**/*.py"))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _files(room: Path, pattern: str = "*.py") -> list[Path]:
    """A room's Python files; hidden ones are an editor's or the system's."""
    return sorted(
        file
        for file in room.glob(pattern)
        if not any(part.startswith(".") for part in file.relative_to(room).parts)
    )


def hashes() -> dict[str, str]:
    """sha256, in hex, of each of the folder's Python files, by their paths below it."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in sources().items()}


def unpack(files: Mapping[str, bytes], folder: Path) -> None:
    """Write what `sources` gave, on another machine, to a folder of its own."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def member(module: str, name: str, other: str = "") -> Any:
    """What a module of a room holds under a name.

    Args:
        module: its import path.
        name: of what is wanted.
        other: what else the file might have held, for the user.

    Raises:
        UserError: the user's own module has nothing of that name.
    """
    found = importlib.import_module(module)
    if not hasattr(found, name) and (folder := _folder()) is not None:
        file = Path(found.__file__ or "")
        if file.is_relative_to(folder):
            told = f"'{name}' in it" + f", or {other}" * bool(other)
            raise UserError(f"--code {file.relative_to(folder).as_posix()}: expected {told}, found none")
    return getattr(found, name)


def place(error: BaseException) -> str:
    """Where in the user's own code an exception came up: `tricks/mine.py, line 12`; empty where it did not.

    Of a file that cannot even be read as Python, such as one with null bytes, the name alone may be known.
    """
    folder = _folder()
    if folder is None:
        return ""
    spots: list[tuple[str, int | None]] = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        reader = frame.f_locals.get("self")
        if isinstance(reader, SourceFileLoader):
            spots.append((reader.path, None))
        spots.append((frame.f_code.co_filename, number))
    if isinstance(error, SyntaxError) and error.filename:
        spots.append((error.filename, error.lineno))
    own = [(Path(file), line) for file, line in spots if Path(file).is_relative_to(folder)]
    if not own:
        return next((name for name, content in sources().items() if _is_refused(name, content, error)), "")
    file, line = own[-1]
    return file.relative_to(folder).as_posix() + (f", line {line}" if line else "")


def _is_refused(name: str, content: bytes, error: BaseException) -> bool:
    """Whether Python refuses to compile a file by such an error: an `import` statement takes the compiler's frames out
    of the traceback, and not every such error names its file."""
    try:
        compile(content, name, "exec", dont_inherit=True)
    except Exception as refused:
        return (type(refused), str(refused)) == (type(error), str(error))
    return False


def _turn_to(folder: Path | None) -> None:
    """Forget what was imported from the folder so far, and look into another one."""
    before = _folder()
    packages = {room: f"ablation.{path.replace('/', '.')}" for room, path in ROOMS.items()}
    ours = [(name, one) for name, one in sys.modules.items() if name.startswith("ablation.")]
    for name, module in ours:
        file = getattr(module, "__file__", None)
        if before and file and Path(file).is_relative_to(before):
            del sys.modules[name]
            package, _, last = name.rpartition(".")
            if package in sys.modules:
                vars(sys.modules[package]).pop(last, None)
    there = {
        room: sys.modules[package].__path__ for room, package in packages.items() if package in sys.modules
    }
    for room, path in there.items():
        path[:] = [one for one in path if one not in paths(room)]
    if folder is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = str(folder)
    for room, path in there.items():
        path.extend(paths(room))
    importlib.invalidate_caches()
    for holder, function in _CACHES:
        if (cached := getattr(sys.modules.get(holder), function, None)) is not None:
            cached.cache_clear()


def _folder() -> Path | None:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None
