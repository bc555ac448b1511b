"""Ctrl-C during a run: nothing that is finished is lost."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

from ablation.runner.display import Watching


@contextlib.contextmanager
def deferred(display: Watching) -> Iterator[Callable[[], bool]]:
    """Ctrl-C (or a polite kill) asks to stop after the epoch; the second time it stops at once."""
    asked = False

    def handle(signum: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        display.note("stopping after this epoch (once more: stop now; nothing finished is lost either way)")

    signals = (signal.SIGINT, signal.SIGTERM)
    try:
        before = [signal.signal(one, handle) for one in signals]
    except ValueError:  # not the main thread: whoever runs us there handles signals
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
