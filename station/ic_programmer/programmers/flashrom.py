"""flashrom as a process of its own: the second tier, for programmers that are not driven here themselves.

Every call has a time after which the process is killed; its exit code proves nothing, what is read back does. Written
for 1.3 to 1.6 (its manual page); it starts anew, and synchronises anew, for each call.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from station.model.clock import Clock
from station.model.errors import ContactError, ProgrammerError

FOLDERS = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin"
START_S = 30.0
"""For starting, synchronising and probing; estimate: ten times what a slow serial line takes."""
LOOK_S = 0.1
MOST_STARTS, LET_GO_S = 3, 1.0
_NOT_STARTED = "Programmer initialization failed"
_FOUND = re.compile(r'Found \S.* flash chip "([^"]+)"')
_IDENTITY = re.compile(r"compare_id: id1 0x([0-9a-f]{1,4}), id2 0x([0-9a-f]{1,4})")
_VERSION = re.compile(r"^flashrom (\S+)", re.MULTILINE)
_STATUS = re.compile(r"[Cc]hip status register is 0x([0-9a-f]{2})")

Wanted = Callable[[], None]
"""Called again and again while the process runs; may raise, which ends it."""


class Flashrom:
    """flashrom with ``programmer``, the words that it has after -p."""

    def __init__(self, name: str, programmer: str, clock: Clock, program: Path | None = None) -> None:
        """``name`` is the bench file's; raises ProgrammerError where flashrom is not installed."""
        found = program or shutil.which("flashrom", path=FOLDERS)
        if found is None:
            raise ProgrammerError(name, "flashrom is not installed on this PC (apt-get install flashrom)")
        self._name = name
        self._clock = clock
        self._command = [str(found), "-p", programmer]
        self._version = ""

    def describe(self) -> str:
        """Program, version and the words for its programmer."""
        return f"flashrom {self._version} {self._command[2]}".replace("  ", " ")

    def probe(self, chip: str = "") -> tuple[str, tuple[str, ...]]:
        """The chip's JEDEC identity as upper-case hex, and flashrom's names for it; raises ContactError for none.

        Looked for as every type that flashrom knows, or as ``chip`` alone.
        """
        told = self._run(["-VV", *(["-c", chip] if chip else [])], START_S, _nothing, is_judged=False)
        self._version = match[1] if (match := _VERSION.search(told)) else ""
        identity = _IDENTITY.search(told)
        names = tuple(dict.fromkeys(_FOUND.findall(told)))
        if identity is None:
            raise ContactError(self._name, f"flashrom finds no chip: {_last_line(told)}")
        return f"{int(identity[1], 16):02X}{int(identity[2], 16):04X}", names

    def status(self, chip: str) -> int | None:
        """The chip's first status register, None where flashrom does not tell. (It clears protection as it writes.)"""
        match = _STATUS.search(self._run(["-V", "-c", chip, "--flash-size"], START_S, _nothing))
        return int(match[1], 16) if match else None

    def read(self, chip: str, longest_s: float, wanted: Wanted) -> bytes:
        """All of the chip."""
        with tempfile.TemporaryDirectory(prefix="fanji-flashrom-") as folder:
            file = Path(folder) / "content.bin"
            self._run(["-c", chip, "-r", str(file)], START_S + longest_s, wanted)
            return file.read_bytes()

    def write(self, chip: str, content: bytes, longest_s: float, wanted: Wanted) -> None:
        """Make the chip hold ``content``; flashrom decides what it erases for that. What it says proves nothing."""
        with tempfile.TemporaryDirectory(prefix="fanji-flashrom-") as folder:
            file = Path(folder) / "content.bin"
            file.write_bytes(content)
            self._run(["-c", chip, "--noverify", "-w", str(file)], START_S + longest_s, wanted)

    def _run(self, words: list[str], longest_s: float, wanted: Wanted, is_judged: bool = True) -> str:
        """What it said; raises ProgrammerError where it did not end in time, or, if ``is_judged``, not with 0.

        A programmer that the last process has only just let go of may not be there yet: nothing was done, it is tried
        again.
        """
        for _ in range(MOST_STARTS - 1):
            code, told = self._once(words, longest_s, wanted)
            if not code or _NOT_STARTED not in told:
                break
            self._clock.wait(LET_GO_S)
        else:
            code, told = self._once(words, longest_s, wanted)
        if is_judged and code:
            raise ProgrammerError(self._name, f"flashrom ended with {code}: {_last_line(told)}")
        return told

    def _once(self, words: list[str], longest_s: float, wanted: Wanted) -> tuple[int, str]:
        """Exit code and what it said."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            [*self._command, *words], stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                told = self._listen(process, time.monotonic() + longest_s, wanted)
            finally:
                process.kill()
        return process.returncode, told

    def _listen(self, process: subprocess.Popen[str], until: float, wanted: Wanted) -> str:
        while True:
            try:
                told, _ = process.communicate(timeout=LOOK_S)
            except subprocess.TimeoutExpired:
                wanted()
                if time.monotonic() > until:
                    raise ProgrammerError(
                        self._name, "flashrom does not end: the chip or the programmer hangs"
                    ) from None
            else:
                return told


def _nothing() -> None:
    """Nobody wants it to stop."""


def _last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip() and "incompatible" not in line]
    return lines[-1] if lines else "it says nothing"
