"""Another program as a process: every call has a time after which it is killed, and what it said is all that is kept.

Its exit code proves nothing; what is read back does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from station.model.errors import ProgrammerError

FOLDERS = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"
LOOK_S = 0.1

Wanted = Callable[[], None]
"""Called again and again while the process runs; may raise, which ends it."""


def nothing() -> None:
    """Nobody wants it to stop."""


class Program:
    """``called`` in the usual folders, or what ``command`` starts; ``name`` is the bench file's.

    ``module`` is the Python module that is the program where it is installed beside Fanji.
    """

    def __init__(
        self, name: str, called: str, install: str, command: Sequence[str] | Path | None = None, module: str = ""
    ) -> None:
        """Raises ProgrammerError where it is not installed; ``install`` says how that is done."""
        found = _found(called, module) if command is None else command
        if found is None:
            raise ProgrammerError(name, f"{called} is not installed on this PC ({install})")
        self._name = name
        self._called = called
        self._command = [str(found)] if isinstance(found, Path) else list(found)

    def run(self, words: Sequence[str], longest_s: float, wanted: Wanted = nothing) -> tuple[int, str]:
        """Exit code and what it said on both streams; raises ProgrammerError where it did not end in time."""
        command, pipe = [*self._command, *words], subprocess.PIPE
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, text=True, errors="replace"
            )
        except OSError as error:
            raise ProgrammerError(self._name, f"{self._called} cannot be started: {error.strerror}") from None
        with process:
            try:
                told = self._listen(process, time.monotonic() + longest_s, wanted)
            finally:
                process.kill()
        return process.returncode, told

    def judged(self, words: Sequence[str], longest_s: float, wanted: Wanted = nothing) -> str:
        """What it said; raises ProgrammerError where it did not end in time, or not with 0."""
        code, told = self.run(words, longest_s, wanted)
        if code:
            raise self.failed(code, told)
        return told

    def failed(self, code: int, told: str) -> ProgrammerError:
        """The error for an end with ``code``."""
        return ProgrammerError(self._name, f"{self._called} ended with {code}: {last_line(told)}")

    def _listen(self, process: subprocess.Popen[str], until: float, wanted: Wanted) -> str:
        while True:
            try:
                told, _ = process.communicate(timeout=LOOK_S)
            except subprocess.TimeoutExpired:
                wanted()
                if time.monotonic() > until:
                    raise ProgrammerError(
                        self._name, f"{self._called} does not end: the chip or the programmer hangs"
                    ) from None
            else:
                return told


def _found(called: str, module: str) -> list[str] | None:
    if module and find_spec(module) is not None:
        return [sys.executable, "-m", module]
    path = shutil.which(called, path=FOLDERS)
    return None if path is None else [path]


def last_line(told: str) -> str:
    """The last thing that a program said."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"
