"""The parser: every command of `ablation.cli.commands`, in the order in which help tells them."""

import argparse
import importlib

import ablation
from ablation.cli.exit_codes import DONE
from ablation.errors import UserError

COMMANDS = (
    "run", "tune", "report", "compare", "check", "bench", "surface", "lectures", "list", "show", "plan",
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """argparse with one line an error."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message}; see `{self.prog} --help`")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; what it parsed has `carry_out(parsed, arguments) -> exit code`.

    A command is a module with `HELP`, `add_options(parser)` and `carry_out(given, arguments)`.
    """
    whole = _Parser(
        prog="ablation", description="What every generalisation trick really buys.", allow_abbrev=False
    )
    whole.add_argument("--version", action="version", version=f"ablation {ablation.__version__}")
    whole.set_defaults(carry_out=lambda given, arguments: _help(whole))
    commands = whole.add_subparsers(metavar="COMMAND", parser_class=_Parser)
    for name in COMMANDS:
        module = importlib.import_module(f"ablation.cli.commands.{name}")
        command = commands.add_parser(name, help=module.HELP, allow_abbrev=False)
        module.add_options(command)
        command.set_defaults(carry_out=module.carry_out)
    return whole


def _help(whole: argparse.ArgumentParser) -> int:
    whole.print_help()
    return DONE
