"""The parser: every command of `ablation.cli.commands`, in the order in which help tells them."""

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ablation
from ablation.cli.exit_codes import DONE
from ablation.cli.groups import add_code
from ablation.errors import UserError

COMMANDS = (
    "run", "tune", "report", "watch", "overview", "export", "compare", "evaluate", "check", "bench", "surface",
    "lectures", "list", "show", "plan", "new",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """argparse with one line an error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message}; see `{self.prog} --help`")


class _Command(_Parser):
    """A command's parser, its options added when it is first used: to list the designs, say, imports much."""

    add_options: Callable[[argparse.ArgumentParser], None] | None = None

    def _complete(self) -> None:
        add, self.add_options = self.add_options, None
        if add is not None:
            add(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._complete()
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        self._complete()
        return super().format_help()


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; what it parsed has `carry_out(parsed, arguments) -> exit code`.

    A command is a module with `HELP`, `add_options(parser)` and `carry_out(given, arguments)`.
    """
    whole = _Parser(
        prog="ablation", description="What every generalisation trick really buys.", allow_abbrev=False
    )
    whole.add_argument("--version", action="version", version=f"ablation {ablation.__version__}")
    whole.set_defaults(carry_out=lambda given, arguments: _help(whole))
    commands = whole.add_subparsers(metavar="COMMAND", parser_class=_Command)
    for name in COMMANDS:
        module = importlib.import_module(f"ablation.cli.commands.{name}")
        command = commands.add_parser(name, help=module.HELP, allow_abbrev=False)
        command.add_options = module.add_options
        add_code(command)
        command.set_defaults(carry_out=module.carry_out)
    return whole


def code_of(arguments: Sequence[str]) -> Path | None:
    """The folder that `--code` names: the rest of the command line is read with what it holds.

    Raises:
        UserError: the option has no value.
    """
    first = _Parser(prog="ablation", add_help=False, allow_abbrev=False)
    add_code(first)
    return first.parse_known_args(arguments)[0].code


def _help(whole: argparse.ArgumentParser) -> int:
    whole.print_help()
    return DONE
