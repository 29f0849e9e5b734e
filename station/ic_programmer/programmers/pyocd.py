"""pyOCD as a process of its own: the second tier for microcontrollers behind a debug probe (SWD).

Source: the command line of pyOCD 0.46. ``cmd`` has savemem ADDR LEN FILE, ``erase --sector`` ranges, ``load`` files
with their address; -t is the target, -u the probe, -W not to wait for one. ``load`` erases each sector that it writes,
once more than the plan; its guesses of what is there already (smart_flash) are off, and what it leaves of a sector
it writes back (keep_unwritten).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.programmers.program import Program, Wanted, last_line, nothing
from station.ic_programmer.stm32_target import Stm32Target
from station.ic_programmer.swd_chip import SwdChip
from station.model.clock import Clock
from station.model.errors import ConfigError, ContactError, ProgrammerError, ProtectedError

INSTALL = "who keeps this PC: pip install fanji[pyocd]"
START_S = 30.0
"""For loading itself, finding the probe and connecting; estimate: three times what it takes on an old PC."""
TYPE = "*"
"""What stands for the type of IC, in small letters, in the bench file's words."""

_VERSION = re.compile(r"(\d+\.\d+[^\s]*)")
_TARGET = re.compile(r"[a-z0-9_*]+")
_NO_PROBE = ("No connected debug probe", "No target device available", "No device available")
_NO_ACK = re.compile(r"\bno ack\b", re.IGNORECASE)
_FAULT = re.compile(r"\b(transfer|memory) fault\b|transfer error", re.IGNORECASE)
_OPTIONS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "probe": ("-u", re.compile(r"[A-Za-z0-9:]+")),
    "frequency": ("-f", re.compile(r"[0-9.]+[kKmM]?")),
    "connect": ("-M", re.compile(r"halt|pre-reset|under-reset|attach")),
    "pack": ("--pack", re.compile(r"/\S+")),
}
"""Words of the bench file, and how pyOCD is told them."""


class Pyocd:
    """pyOCD with ``words``: its name for the microcontroller, or ``*``, then any of ``_OPTIONS``."""

    def __init__(self, name: str, words: str, clock: Clock, command: Sequence[str] | None = None) -> None:
        """Raises ProgrammerError where it is not installed, ConfigError for words that it could not be told."""
        self._name = name
        self._clock = clock
        self._target, *options = words.split()
        self._options: list[str] = []
        for option in options:
            key, _, value = option.partition("=")
            flag, pattern = _OPTIONS.get(key, ("", re.compile("(?!)")))
            if pattern.fullmatch(value) is None:
                raise ConfigError(
                    name, 0, "address", f"{option!r}: write {', '.join(f'{each}=…' for each in _OPTIONS)}"
                )
            self._options += [flag, value]
        if _TARGET.fullmatch(self._target) is None:
            raise ConfigError(name, 0, "address", f"{self._target!r} is no name of pyOCD's: see pyocd list --targets")
        self._program = Program(name, "pyocd", INSTALL, command, "pyocd")
        self._version = ""

    def look(self) -> str:
        """Its version."""
        self._learn_version()
        return f"pyOCD {self._version} is installed"

    def chip(self, target: ChipType) -> SwdChip:
        """The microcontroller; raises ProgrammerError for another type."""
        if not isinstance(target, Stm32Target):
            raise ProgrammerError(self._name, f"burns microcontrollers by SWD, and a {target.name} is none")
        return SwdChip(self, target, self._target.replace(TYPE, target.name.lower()))

    def describe(self) -> str:
        """Program and version."""
        return f"pyOCD {self._version}".rstrip()

    def read(
        self, target: str, stretches: Sequence[tuple[int, int]], longest_s: float, wanted: Wanted = nothing
    ) -> list[bytes]:
        """What is at each address, so many bytes, by one process.

        Raises ContactError where probe or microcontroller do not answer, ProtectedError where it may not be read.
        """
        if not self._version:
            self._learn_version()
        with tempfile.TemporaryDirectory(prefix="fanji-pyocd-") as folder:
            files = [Path(folder) / f"{index}.bin" for index in range(len(stretches))]
            words: list[str] = []
            for (address, length), file in zip(stretches, files, strict=True):
                words += ["-c", f"savemem 0x{address:08X} {length} {file}"]
            self._do("cmd", target, words, longest_s, wanted)
            return [self._content(file, length) for (_, length), file in zip(stretches, files, strict=True)]

    def erase(self, target: str, sectors: Sequence[tuple[int, int]], longest_s: float, wanted: Wanted) -> None:
        """The sectors of each address and length."""
        ranges = [f"0x{address:08X}+0x{length:X}" for address, length in sectors]
        self._do("erase", target, ["--sector", *ranges], longest_s, wanted)

    def write(self, target: str, parts: Sequence[tuple[int, bytes]], longest_s: float, wanted: Wanted) -> None:
        """What goes to each address; the microcontroller stays in reset's state, its firmware is not started."""
        with tempfile.TemporaryDirectory(prefix="fanji-pyocd-") as folder:
            files = []
            for address, content in parts:
                file = Path(folder) / f"{address:08X}.bin"
                file.write_bytes(content)
                files.append(f"{file}@0x{address:08X}")
            words = ["--no-reset", "-e", "sector", "-O", "smart_flash=false", "-O", "keep_unwritten=true", *files]
            self._do("load", target, words, longest_s, wanted)

    def _do(self, verb: str, target: str, words: Sequence[str], longest_s: float, wanted: Wanted) -> None:
        command = [verb, "-W", "--no-config", "-t", target, *self._options, *words]
        code, told = self._program.run(command, START_S + longest_s, wanted)
        if any(words in told for words in _NO_PROBE):
            raise ContactError(self._name, "pyOCD finds no debug probe: look at its USB cable")
        if "not recognized" in told:
            problem = f"pyOCD knows no {target}: see pyocd list --targets, or add pack="
            raise ConfigError(self._name, 0, "address", problem)
        if _NO_ACK.search(told):
            raise ContactError(
                self._name, "the microcontroller does not answer: look at SWDIO, SWCLK, GND and its supply"
            )
        if verb == "cmd" and _FAULT.search(told):
            raise ProtectedError(f"it does not give its memory, is readout protection on? ({last_line(told)})")
        if code:
            raise self._program.failed(code, told)

    def _content(self, file: Path, length: int) -> bytes:
        content = file.read_bytes() if file.is_file() else b""
        if len(content) != length:
            raise ContactError(self._name, f"pyOCD gave {len(content)} of {length} bytes, and did not say so")
        return content

    def _learn_version(self) -> None:
        told = self._program.judged(["--version"], START_S)
        found = _VERSION.search(told)
        self._version = found[1] if found is not None else ""
