"""A program's process, forked by tests/forker.py; the same to a test as one that ``subprocess`` started."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parent.parent


class Forked:
    """``python -m PROGRAM ARGUMENTS``, with its output and, where they are ``heard``, its errors as text."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        are_errors_heard: bool = False,
    ) -> None:
        output, output_end = os.pipe()
        answers, answers_end = os.pipe()
        errors, errors_end = os.pipe() if are_errors_heard else (os.open(os.devnull, os.O_RDONLY), os.dup(2))
        self.program = program
        self.stdout: TextIO = os.fdopen(output, encoding="utf-8")
        self.stderr: TextIO = os.fdopen(errors, encoding="utf-8")
        self._answers = os.fdopen(answers, "rb", buffering=0)
        request = {
            "arguments": list(arguments),
            "environment": dict(os.environ if environment is None else environment),
        }
        theirs = [output_end, errors_end, answers_end]
        socket.send_fds(_forker(program), [json.dumps(request).encode()], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self.pid = int(self._answer())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self._answers], [], [], 0)[0]:
            self.returncode = int(self._answer())
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired after ``timeout`` seconds."""
        if self.returncode is None:
            if not select.select([self._answers], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.program, timeout or 0)
            self.returncode = int(self._answer())
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _answer(self) -> str:
        line = b""
        while not line.endswith(b"\n"):
            byte = self._answers.read(1)
            if not byte:
                raise RuntimeError("the process that forks has ended")
            line += byte
        return line.decode()

    def close(self) -> None:
        """Close what was held of it; it has ended."""
        for stream in (self.stdout, self.stderr, self._answers):
            stream.close()


@cache
def _forker(program: str) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, "-m", "tests.forker", program], cwd=ROOT, stdin=theirs)
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours
