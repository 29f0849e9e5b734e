"""A flash or an EEPROM that minipro burns: whole, with our own reading before and at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.eeprom_target import WRITE_MAX_S, I2cTarget, MicrowireTarget
from station.ic_programmer.memory import Erase, EraseKind, Memory, uniform
from station.ic_programmer.target import Target
from station.model.burn_record import ChipIdentity
from station.model.errors import ConfigError, ContactError, WrongChip

PROBES = 3
SLOWEST_BYTES_PER_S = 10_000
"""Of any chip in any such programmer; estimate, for the time after which a process is given up."""


class ChipTold(msgspec.Struct, frozen=True):
    """The chip's id as hex, empty for one that has none; ``is_as_named``: the program takes it for the type named."""

    chip_id: str
    is_as_named: bool


class WholeChipTool(Protocol):
    """The program; ``station.ic_programmer.programmers.minipro`` is one. ``target`` is the type of IC."""

    def describe(self) -> str: ...

    def ask(self, target: str) -> ChipTold: ...

    def read(self, target: str, longest_s: float, wanted: Callable[[], None]) -> bytes: ...

    def erase(self, target: str, longest_s: float, wanted: Callable[[], None]) -> None: ...

    def write(self, target: str, content: bytes, longest_s: float, wanted: Callable[[], None]) -> None: ...


class MiniproChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target``.

    A flash is one block, the whole chip, erased and written as such. Whether one is protected nobody can ask: it is
    then not written, which our own reading shows.
    """

    def __init__(self, tool: WholeChipTool, target: Target | I2cTarget | MicrowireTarget) -> None:
        self._tool = tool
        self._row = target
        self._told = ChipTold("", is_as_named=False)
        self._content = bytes((target.erased,)) * target.size_bytes

    def describe(self) -> str:
        """The program with its version, and its programmer."""
        return self._tool.describe()

    def contact(self) -> ChipIdentity:
        """The same id three times, by three processes; an EEPROM without one is read twice instead."""
        found = [self._tool.ask(self._row.name) for _ in range(PROBES)]
        if found[1:] != found[:-1]:
            said = " and ".join(sorted({each.chip_id or "nothing" for each in found}))
            raise ContactError(self.describe(), f"the chip says {said}: reseat it")
        self._told = found[0]
        chip_id = found[0].chip_id
        if (chip_id and not chip_id.strip("F")) or (chip_id and not chip_id.strip("0")):
            raise ContactError(self.describe(), f"no chip answers (id {chip_id}): reseat it in its socket")
        if not chip_id and self._read(_nobody) != self._read(_nobody):
            raise ContactError(self.describe(), "the chip reads differently the second time: reseat it")
        return ChipIdentity(self._recorded(), "", "")

    def identify(self) -> ChipIdentity:
        """By the row and by what the program expects of the type; an EEPROM says nothing of itself."""
        wanted = self._row.identity
        if wanted and self._told.chip_id != wanted:
            said = self._told.chip_id or "no id"
            raise WrongChip(f"the chip says {said}, a {self._row.name} says {wanted}")
        if not self._told.is_as_named:
            raise WrongChip(f"the chip says {self._told.chip_id}, which is no {self._row.name} to minipro")
        return ChipIdentity(self._recorded(), "", "")

    def require_readable(self) -> None:
        """By the row alone; how much is read must be the row's size."""

    def learn_memory(self) -> Memory:
        """A flash as one block, the whole chip; an EEPROM by its row."""
        row = self._row
        if not isinstance(row, Target):
            return row.memory()
        if not row.is_complete:
            raise ConfigError(self.describe(), 0, row.name, "the row does not say how long the chip takes")
        return uniform(row.size_bytes, row.page_bytes, row.program_typical_s, (self._whole(row),))

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """The whole chip is read, each time by a process of its own; what was read counts if the same one answers."""
        content = self._read(progress)
        if self._tool.ask(self._row.name) != self._told:
            raise ContactError(self.describe(), "another chip answers now: reseat it and start again")
        self._content = content
        progress(length)
        return content[start : start + length]

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """The whole chip: what comes next reads whether it is."""
        if erases:
            self._tool.erase(self._row.name, sum(kind.max_s for kind, _ in erases), lambda: progress(0))
            self._content = bytes((self._row.erased,)) * self._row.size_bytes
        progress(sum(kind.size_bytes for kind, _ in erases))

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """All at once, beside what was there."""
        content = bytearray(self._content)
        for address, page in pages:
            content[address : address + len(page)] = page
        if bytes(content) == self._content:
            return
        row = self._row
        page_s = row.program_max_s if isinstance(row, Target) else WRITE_MAX_S
        longest_s = self._wire_s() + row.size_bytes / row.memory().page_bytes * page_s
        self._tool.write(row.name, bytes(content), longest_s, lambda: progress(0))
        self._content = bytes(content)
        progress(sum(len(page) for _, page in pages))

    def wear(self) -> Wear:
        """Not told by the program."""
        return Wear(0, 0.0)

    def _read(self, progress: Progress) -> bytes:
        content = self._tool.read(self._row.name, self._wire_s(), lambda: progress(0))
        if len(content) != self._row.size_bytes:
            problem = (
                f"minipro gave {len(content)} bytes, a {self._row.name} has {self._row.size_bytes}: is its name right?"
            )
            raise WrongChip(problem)
        return content

    def _recorded(self) -> str:
        """The id in whole bytes, at most what the record carries."""
        chip_id = self._told.chip_id
        return chip_id.rjust(len(chip_id) + len(chip_id) % 2, "0")[-12:]

    def _wire_s(self) -> float:
        return self._row.size_bytes / SLOWEST_BYTES_PER_S

    def _whole(self, row: Target) -> EraseKind:
        """The whole chip by its largest blocks, one after the other."""
        largest = row.erases[-1]
        blocks = row.size_bytes / largest.size_bytes
        return EraseKind(0, row.size_bytes, blocks * largest.typical_s, blocks * largest.max_s)


def _nobody(_done: int) -> None:
    """Nobody watches."""
