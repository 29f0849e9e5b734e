"""flashrom as a process of its own: the second tier, for programmers that are not driven here themselves.

Every call has a time after which the process is killed; its exit code proves nothing, what is read back does. Written
for 1.3 to 1.6 (its manual page); it starts anew, and synchronises anew, for each call.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.flashrom_chip import FlashromChip
from station.ic_programmer.programmers.program import Program, Wanted, nothing
from station.ic_programmer.programmers.program import last_line as _last
from station.ic_programmer.target import Target
from station.model.clock import Clock
from station.model.errors import ContactError, ProgrammerError

START_S = 30.0
"""For starting, synchronising and probing; estimate: ten times what a slow serial line takes."""
MOST_STARTS, LET_GO_S = 3, 1.0
_NOT_STARTED = "Programmer initialization failed"
_FOUND = re.compile(r'Found \S.* flash chip "([^"]+)"')
_IDENTITY = re.compile(r"compare_id: id1 0x([0-9a-f]{1,4}), id2 0x([0-9a-f]{1,4})")
_VERSION = re.compile(r"^flashrom (\S+)", re.MULTILINE)
_STATUS = re.compile(r"[Cc]hip status register is 0x([0-9a-f]{2})")


class Flashrom:
    """flashrom with ``programmer``, the words that it has after -p."""

    def __init__(self, name: str, programmer: str, clock: Clock, program: Path | None = None) -> None:
        """``name`` is the bench file's; raises ProgrammerError where flashrom is not installed."""
        self._program = Program(name, "flashrom", "apt-get install flashrom", program)
        self._name = name
        self._clock = clock
        self._programmer = programmer
        self._version = ""

    def look(self) -> str:
        """That it is there; who is at the other end is only known with a chip."""
        return "the program is installed"

    def chip(self, target: ChipType) -> FlashromChip:
        """The chip of type ``target``; raises ProgrammerError for a type that it does not burn."""
        if not isinstance(target, Target):
            raise ProgrammerError(self._name, f"burns SPI NOR flashes alone, and a {target.name} is none")
        return FlashromChip(self, target)

    def describe(self) -> str:
        """Program, version and the words for its programmer."""
        return f"flashrom {self._version} {self._programmer}".replace("  ", " ")

    def probe(self, chip: str = "") -> tuple[str, tuple[str, ...]]:
        """The chip's JEDEC identity as upper-case hex, and flashrom's names for it; raises ContactError for none.

        Looked for as every type that flashrom knows, or as ``chip`` alone.
        """
        told = self._run(["-VV", *(["-c", chip] if chip else [])], START_S, nothing, is_judged=False)
        self._version = match[1] if (match := _VERSION.search(told)) else ""
        identity = _IDENTITY.search(told)
        names = tuple(dict.fromkeys(_FOUND.findall(told)))
        if identity is None:
            raise ContactError(self._name, f"flashrom finds no chip: {_last_line(told)}")
        return f"{int(identity[1], 16):02X}{int(identity[2], 16):04X}", names

    def status(self, chip: str) -> int | None:
        """The chip's first status register, None where flashrom does not tell. (It clears protection as it writes.)"""
        match = _STATUS.search(self._run(["-V", "-c", chip, "--flash-size"], START_S, nothing))
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
        return self._program.run(["-p", self._programmer, *words], longest_s, wanted)


def _last_line(told: str) -> str:
    return _last("\n".join(line for line in told.splitlines() if "incompatible" not in line))
