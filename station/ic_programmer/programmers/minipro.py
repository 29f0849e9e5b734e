"""minipro as a process of its own: the second tier for the universal programmers that it drives (TL866, T48).

Written by the manual page of 0.7.3: -D reads the chip's id and does nothing else, -z looks at the contact of each pin
where the programmer can, -E erases, -w writes (-e: without erasing, -v: without its own comparison), -r reads. It
clears write protection only when told to (-u), which it never is here; in 0.1 that word meant the opposite, so that
nothing older than that page is used.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.eeprom_target import I2cTarget, MicrowireTarget
from station.ic_programmer.minipro_chip import ChipTold, MiniproChip
from station.ic_programmer.programmers.program import Program, Wanted, last_line, nothing
from station.ic_programmer.target import Target
from station.model.clock import Clock
from station.model.errors import ConfigError, ContactError, ProgrammerError

INSTALL = "who keeps this PC builds it from gitlab.com/DavidGriffith/minipro, with its udev rules"
LEAST = (0, 7, 3)
START_S = 20.0
"""For starting and asking who the chip is; estimate: ten times what it takes."""
TYPE = "*"
"""What stands for the type of IC in the bench file's words."""

_VERSION = re.compile(r"minipro version (\d+)\.(\d+)(?:\.(\d+))?")
_PROGRAMMER = re.compile(r"^Found (\S+) (\S+)", re.MULTILINE)
_ID = re.compile(r"Chip ID:? (?:OK: )?0x([0-9A-Fa-f]+)")
_OTHER_ID = re.compile(r"Chip ID(?: mismatch)?: expected 0x[0-9A-Fa-f]+, got 0x([0-9A-Fa-f]+)")
_BAD_PINS = re.compile(r"Bad contact on pin:(\d+)")
_NO_ID = "doesn't have a chip ID"
_CONTACT = ("Overcurrent", "overcurrent")
_OPTION = re.compile(r"[a-z_]+=[0-9.]+")


class Minipro:
    """minipro with ``words``: the name that it has for the chip, ``*@SOIC8``, and options as ``spi_clock=8``."""

    def __init__(self, name: str, words: str, clock: Clock, program: Path | None = None) -> None:
        """Raises ProgrammerError where it is not installed, ConfigError for words that it could not be told."""
        device, *options = words.split()
        wrong = [option for option in options if _OPTION.fullmatch(option) is None]
        if wrong or device.startswith("-"):
            raise ConfigError(
                name, 0, "address", f"{(wrong or [device])[0]!r}: write *@SOIC8 spi_clock=8, * is the type"
            )
        self._name = name
        self._clock = clock
        self._device = device
        self._options = [word for option in options for word in ("-o", option)]
        self._program = Program(name, "minipro", INSTALL, program)
        self._version = self._programmer = ""

    def look(self) -> str:
        """Its version; raises ProgrammerError for one whose words may mean something else."""
        self._require_version()
        return f"minipro {self._version} is installed"

    def chip(self, target: ChipType) -> MiniproChip:
        """The chip of type ``target`` that it burns; raises ProgrammerError for a type that it does not."""
        if not isinstance(target, Target | I2cTarget | MicrowireTarget):
            raise ProgrammerError(self._name, f"burns flashes and EEPROMs, and a {target.name} is neither")
        return MiniproChip(self, target)

    def describe(self) -> str:
        """Program, version, and the programmer with its firmware."""
        return " ".join(filter(None, ("minipro", self._version, self._programmer)))

    def ask(self, target: str) -> ChipTold:
        """Who the chip is, after a look at its pins. Raises ContactError for a bad one, or no programmer."""
        if not self._version:
            self._require_version()
        code, told = self._program.run(["-p", self._named(target), "-z", "-D"], START_S)
        if (found := _PROGRAMMER.search(told)) is not None:
            self._programmer = f"{found[1]} {found[2]}"
        if pins := _BAD_PINS.findall(told):
            raise ContactError(self._name, f"bad contact at pin {', '.join(pins)}: reseat the chip in its socket")
        if any(word in told for word in _CONTACT):
            raise ContactError(self._name, "the chip draws too much current: take it out, is it the right way round?")
        if (other := _OTHER_ID.search(told)) is not None:
            return ChipTold(other[1].upper(), is_as_named=False)
        if (told_id := _ID.search(told)) is not None:
            return ChipTold(told_id[1].upper(), is_as_named=True)
        if _NO_ID in told:
            return ChipTold("", is_as_named=True)
        if "not found!" in told:
            raise ConfigError(
                self._name, 0, "address", f"minipro knows no {self._named(target)}: see minipro -L {target}"
            )
        raise ProgrammerError(self._name, f"minipro ended with {code} without the chip's id: {last_line(told)}")

    def read(self, target: str, longest_s: float, wanted: Wanted) -> bytes:
        """All of the chip's main memory."""
        with tempfile.TemporaryDirectory(prefix="fanji-minipro-") as folder:
            file = Path(folder) / "content.bin"
            self._do(target, ["-c", "code", "-r", str(file)], longest_s, wanted)
            if not file.is_file():
                raise ProgrammerError(self._name, "minipro read nothing, and did not say so")
            return file.read_bytes()

    def erase(self, target: str, longest_s: float, wanted: Wanted) -> None:
        """All of the chip. What it says proves nothing."""
        self._do(target, ["-E"], longest_s, wanted)

    def write(self, target: str, content: bytes, longest_s: float, wanted: Wanted) -> None:
        """All of the chip, without erasing it."""
        with tempfile.TemporaryDirectory(prefix="fanji-minipro-") as folder:
            file = Path(folder) / "content.bin"
            file.write_bytes(content)
            self._do(target, ["-c", "code", "-e", "-v", "-w", str(file)], longest_s, wanted)

    def _do(self, target: str, words: list[str], longest_s: float, wanted: Wanted) -> None:
        self._program.judged(["-p", self._named(target), *self._options, *words], START_S + longest_s, wanted)

    def _named(self, target: str) -> str:
        return self._device.replace(TYPE, target)

    def _require_version(self) -> None:
        _, told = self._program.run(["-V"], START_S, nothing)
        found = _VERSION.search(told)
        if found is None:
            raise ProgrammerError(self._name, f"minipro does not say its version: {last_line(told)}")
        self._version = ".".join(part for part in found.groups() if part is not None)
        if tuple(int(part or 0) for part in found.groups()) < LEAST:
            least = ".".join(map(str, LEAST))
            raise ProgrammerError(
                self._name,
                f"minipro is {self._version}, whose words may mean something else: {least} is needed ({INSTALL})",
            )
