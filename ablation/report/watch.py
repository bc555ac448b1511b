"""The report of a run under way, served to this machine's own browser alone."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from markupsafe import escape

from ablation.errors import UserError
from ablation.report import findings, page
from ablation.results.read import load

LOOPBACK = "127.0.0.1"
EVERY = 10  # seconds between two looks
REFRESH = f'<meta http-equiv="refresh" content="{EVERY}">'


def current(folder: Path) -> str:
    """The page as the folder stands, which asks for itself anew."""
    try:
        return page.html(findings.collect(load(folder))).replace("<head>", f"<head>\n{REFRESH}", 1)
    except UserError as error:
        return f'<!doctype html><html lang="en"><head>{REFRESH}<title>waiting</title></head><p>{escape(str(error))}</p>'


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the page; `serve_forever` runs it.

    Args:
        port: 0 for any that is free.

    Raises:
        UserError: the port is taken.
    """

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = (self.headers.get("Host") or LOOPBACK).rpartition(":")[0] or LOOPBACK
            ours = self.path == "/" and asked in (LOOPBACK, "localhost")  # no page of another name reads it
            content = current(folder).encode() if ours else b""
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Requests are no news."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A browser that leaves before it has the page is no news either."""
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)

    try:
        return Server((LOOPBACK, port), Page)
    except OSError as error:
        raise UserError(f"--port {port}: {error.strerror}; expected a free port, or 0 for any") from error
