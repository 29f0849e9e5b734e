"""Forks programs off a process that has imported them once: importing takes half a second to two of a processor.

``python -m tests.forker PROGRAM`` with a socket as standard input. A request is one packet: arguments and environment
as JSON, with descriptors for standard output, standard error and the answers. The answers are the pid, and later the
exit code as ``subprocess`` gives it, each on a line.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parent.parent
PRELOADED = {
    "fixtures.sim": (("fixtures/sim",), ("can", "numpy", "serial.rfc2217", "usb.core")),
    "server.cli": (("server",), ("uvicorn",)),
    "station.cli": (("station/console",), ("uvicorn",)),
}
"""Of each program the folders of its modules, and what they import only where it is needed."""

ROOMS_OF_ITS_OWN = ("__main__", "env", "versions")
"""The program itself, and what Alembic loads."""

MAX_REQUEST = 262144


def main(program: str) -> None:
    """Serve until the socket's other end is closed; what still runs is killed then."""
    folders, needed = PRELOADED[program]
    for name in (*needed, *(name for folder in folders for name in _modules(folder) if name != program)):
        importlib.import_module(name)
    door = socket.socket(fileno=0)
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(ended, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    answers: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([door, ended], [], [])
        if ended in readable:
            os.read(ended, MAX_REQUEST)
            _tell_ends(answers)
        if door in readable:
            request, descriptors, _, _ = socket.recv_fds(door, MAX_REQUEST, 3)
            if not request:
                break
            _fork(program, json.loads(request), descriptors, answers)
    for pid in answers:
        os.kill(pid, signal.SIGKILL)


def _modules(folder: str) -> list[str]:
    """Every module below a folder of the repository."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if not set(parts) & set(ROOMS_OF_ITS_OWN):
            found.append(".".join(part for part in parts if part != "__init__"))
    return found


def _fork(program: str, request: dict[str, Any], descriptors: list[int], answers: dict[int, int]) -> None:
    output, errors, answer = descriptors
    pid = os.fork()
    if pid == 0:
        _play(program, request, output, errors)
    os.close(output)
    os.close(errors)
    answers[pid] = answer
    os.write(answer, b"%d\n" % pid)


def _play(program: str, request: dict[str, Any], output: int, errors: int) -> NoReturn:
    """The program itself, as ``python -m PROGRAM`` would play it."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (errors, 2)):
            os.dup2(source, target)
        os.closerange(3, 256)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = [program, *request["arguments"]]
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as problem:  # noqa: BLE001 (nothing may go back into the process that forks)
        sys.excepthook(type(problem), problem, problem.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _tell_ends(answers: dict[int, int]) -> None:
    for pid in list(answers):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            answer = answers.pop(pid)
            try:
                os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(status))
            except BrokenPipeError:
                pass  # nobody waits for it any more
            os.close(answer)


if __name__ == "__main__":
    main(sys.argv[1])
