"""`ablation watch`: the report of a run under way, live."""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from ablation.cli import exit_codes

HELP = "the report of a run under way, live in a browser of this machine"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument(
        "--port", type=int, default=8000, metavar="N", help="of the loopback (8000), 0 for any"
    )


def carry_out(given: argparse.Namespace, _: Sequence[str]) -> int:
    from ablation.errors import UserError
    from ablation.report.watch import server

    if not given.folder.is_dir():
        raise UserError(f"{given.folder}: no such folder")
    if not 0 <= given.port < 65536:
        raise UserError(f"--port {given.port}: expected 0 to 65535")
    with server(given.folder, given.port) as serving:
        print(
            f"http://127.0.0.1:{serving.server_address[1]}/ shows {given.folder}; Ctrl-C ends it", flush=True
        )
        with contextlib.suppress(KeyboardInterrupt):
            serving.serve_forever()
    return exit_codes.DONE
