"""A Python that holds Keras in memory already: `python -SE ready.py SOCKET ...` is `python ...`, seconds sooner.

`ready.py --serve SOCKET` imports Keras once, with what else a run loads, and computes nothing. For every call it forks,
and the fork takes over the caller's arguments, folder, environment, open files and signals; the caller ends as the fork
does, and the fork with the caller. What Keras reads while it is imported (backend, `keras.json`) is the server's: tests
about that start a Python of their own.
"""

import atexit
import contextlib
import fcntl
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
from pathlib import Path

FILES = 200  # open files of a caller that are handed over at most
ABOVE = 500  # file numbers that no caller has
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def call(address: str, arguments: list[str]) -> int:
    """Have a fork of the server run `python ARGUMENTS`; its exit code. Dies of the signal that the fork died of."""
    files = []
    for number in (int(one.name) for one in Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(OSError):
            os.fstat(number)
            files.append(number)
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    for one in SIGNALS:
        signal.signal(one, lambda number, _: server.send(bytes([number])))
    wanted = json.dumps(
        [str(Path(address).parent), arguments, str(Path.cwd()), dict(os.environ), files]
    ).encode()
    socket.send_fds(server, [len(wanted).to_bytes(4)], files)
    server.sendall(wanted)
    answer = server.recv(4)
    code = int.from_bytes(answer, signed=True) if answer else 1
    if code < 0:
        with contextlib.suppress(OSError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def serve(address: str) -> None:
    """Answer calls until standard input ends, as it does with the last process that may call."""
    import jinja2  # noqa: F401
    import keras  # noqa: F401
    import pydantic  # noqa: F401
    import rich.table  # noqa: F401
    import scipy.special  # noqa: F401
    import yaml  # noqa: F401

    gc.freeze()  # a fork's collector would write to, and so copy, all that Keras made
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, _reap)
    print("ready", flush=True)
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        caller = listener.accept()[0]
        if os.fork() == 0:
            listener.close()
            _watch(caller)
        caller.close()
    shutil.rmtree(Path(address).parent)


def _reap(*_: object) -> None:
    """Wait for the forks that have ended, so that their processor time counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _watch(caller: socket.socket) -> None:
    """Start the fork that runs, hand it the caller's signals, tell its exit code, and kill it with the caller."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, sent, _, _ = socket.recv_fds(caller, 4, FILES)
    wanted = b""
    while len(wanted) < int.from_bytes(length):
        wanted += caller.recv(1 << 20)
    process = os.fork()
    if process == 0:
        caller.close()
        _run(sent, *json.loads(wanted))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(process, process)
    ended = os.pidfd_open(process)
    for one in sent:
        os.close(one)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    while ended not in select.select([ended, caller], [], [])[0]:
        number = caller.recv(1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, number[0] if number else signal.SIGKILL)
        if not number:
            break
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    with contextlib.suppress(OSError):
        caller.sendall(code.to_bytes(4, signed=True))
    os._exit(0)


def _run(
    sent: list[int],
    home: str,
    arguments: list[str],
    folder: str,
    environment: dict[str, str],
    files: list[int],
) -> None:
    """What `python ARGUMENTS` does, and the end of this process."""
    import multiprocessing
    import runpy
    import traceback
    import types

    os.setpgid(0, 0)
    kept = [fcntl.fcntl(one, fcntl.F_DUPFD, ABOVE) for one in sent]
    os.closerange(0, ABOVE)
    for one, number in zip(kept, files, strict=True):
        os.dup2(one, number)
        os.close(one)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", 1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.path[:1] = ["", *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    multiprocessing.set_executable(f"{home}/python")
    while arguments[0].startswith(("-B", "-u", "-X")):
        del arguments[0]
    code: object = 0
    try:
        match arguments:
            case ["-m", module, *rest]:
                sys.argv = [module, *rest]
                runpy.run_module(module, run_name="__main__", alter_sys=True)
            case ["-c", text, *rest]:
                sys.argv = ["-c", *rest]
                sys.modules["__main__"] = main = types.ModuleType("__main__")
                exec(compile(text, "<string>", "exec"), vars(main))
            case ["-", *rest]:
                sys.argv = ["-", *rest]
                sys.modules["__main__"] = main = types.ModuleType("__main__")
                exec(compile(sys.stdin.read(), "<stdin>", "exec"), vars(main))
            case [file, *rest]:
                sys.argv, sys.path[0] = [file, *rest], str(Path(file).resolve().parent)
                runpy.run_path(file, run_name="__main__")
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[1], sys.argv[2:]))
