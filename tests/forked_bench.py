"""A bench's process, forked by tests/bench_forker.py; the same to a test as one that ``subprocess`` started."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parent.parent


class ForkedBench:
    """``python -m fixtures.sim ARGUMENTS``, with its output and errors as text."""

    def __init__(self, arguments: Sequence[str]) -> None:
        ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)
        self.stdout: TextIO = os.fdopen(ours[0], encoding="utf-8")
        self.stderr: TextIO = os.fdopen(ours[1], encoding="utf-8")
        self._answers = os.fdopen(ours[2], "rb", buffering=0)
        socket.send_fds(_forker(), [json.dumps(list(arguments)).encode()], list(theirs))
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
                raise subprocess.TimeoutExpired("fixtures.sim", timeout or 0)
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
                raise RuntimeError("the process that forks benches has ended")
            line += byte
        return line.decode()

    def close(self) -> None:
        """Close what was held of it; it has ended."""
        for stream in (self.stdout, self.stderr, self._answers):
            stream.close()


@cache
def _forker() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([sys.executable, "-m", "tests.bench_forker"], cwd=ROOT, stdin=theirs)
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours
