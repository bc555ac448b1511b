"""The command line: thin; what it calls can be called from Python."""

import os
import sys
from collections.abc import Sequence

from ablation import own_code, system
from ablation.cli.exit_codes import BAD_INPUT, DONE, INTERRUPTED
from ablation.cli.groups import spelling
from ablation.cli.parser import build_parser, code_of
from ablation.cli.printed import tell
from ablation.errors import UserError
from ablation.runner.options import OptionError

LONGEST_LINE = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 all done, 1 some trial failed or diverged, 2 bad input (said in one line), 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    system.prepare_streams()
    try:
        system.refuse_windows()
        with own_code.in_use(code_of(given)):
            parsed = build_parser().parse_args(given)
            with system.frameworks_silenced():
                return parsed.carry_out(parsed, given)
    except UserError as error:
        tell(f"ablation: {_printable(_as_typed(error))}", stream=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        tell("ablation: stopped; the same command goes on from the last saved epoch", stream=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        if error.filename is None:
            raise
        tell(f"ablation: {_printable(f'{error.filename}: {error.strerror}')}", stream=sys.stderr)
        return BAD_INPUT


def _as_typed(error: UserError) -> str:
    """An option under the name that it has on the command line."""
    return f"{spelling(error.option)}: {error.reason}" if isinstance(error, OptionError) else str(error)


def _printable(text: str) -> str:
    """One line of bearable length that cannot steer the terminal, whatever the user's file had in it."""
    shown = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[: LONGEST_LINE - 3]}..."
