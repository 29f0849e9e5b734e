"""Forks benches off a process that has imported the simulator once, which takes half a second of a processor.

A request is one packet: the arguments as JSON, with descriptors for standard output, standard error and the answers.
The answers are the pid, and later the exit code as ``subprocess`` gives it, each on a line.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from fixtures.sim import __main__ as simulator

WHERE_NEEDED = ("can", "numpy", "serial.rfc2217", "usb.core")
"""What a device imports only where a world has it."""

MAX_REQUEST = 65536


def main() -> None:
    """Serve at the socket on standard input until its other end is closed; benches that still run are killed then."""
    for name in WHERE_NEEDED:
        importlib.import_module(name)
    package = Path(simulator.__file__).parent
    for path in package.rglob("*.py"):
        inside = path.relative_to(package).with_suffix("").parts
        importlib.import_module(".".join(("fixtures.sim", *(part for part in inside if part != "__init__"))))
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
            _fork(json.loads(request), descriptors, answers)
    for pid in answers:
        os.kill(pid, signal.SIGKILL)


def _fork(arguments: list[str], descriptors: list[int], answers: dict[int, int]) -> None:
    output, errors, answer = descriptors
    pid = os.fork()
    if pid == 0:
        _play(arguments, output, errors)
    os.close(output)
    os.close(errors)
    answers[pid] = answer
    os.write(answer, b"%d\n" % pid)


def _play(arguments: list[str], output: int, errors: int) -> NoReturn:
    """The bench itself, as ``python -m fixtures.sim`` would play it."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (errors, 2)):
            os.dup2(source, target)
        os.closerange(3, 256)
        sys.argv = ["fixtures.sim", *arguments]
        code = simulator.main()
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException as problem:  # noqa: BLE001 (nothing may go back into the process that forks)
        sys.excepthook(type(problem), problem, problem.__traceback__)
    finally:
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
    main()
