"""A SPI NOR flash that another program burns: the same gates as for every chip, and a reading of our own at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from station.ic_programmer.chip import Progress, Wear
from station.ic_programmer.memory import Erase, EraseKind, Memory, uniform
from station.ic_programmer.target import Target
from station.model.burn_record import ChipIdentity
from station.model.errors import ConfigError, ContactError, ProtectedError, WrongChip

PROBES = 3
SLOWEST_BYTES_PER_S = 5760
"""57,600 baud, the slowest wire whose end is waited for."""


class ChipTool(Protocol):
    """The program; ``station.ic_programmer.programmers.flashrom`` is one."""

    def describe(self) -> str: ...

    def probe(self, chip: str = "") -> tuple[str, tuple[str, ...]]: ...

    def status(self, chip: str) -> int | None: ...

    def read(self, chip: str, longest_s: float, wanted: Callable[[], None]) -> bytes: ...

    def write(self, chip: str, content: bytes, longest_s: float, wanted: Callable[[], None]) -> None: ...


class FlashromChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target``.

    The program erases as it sees fit, up to the whole chip where a block does not erase. So the whole chip is what is
    planned, kept and read back: whatever it did outside of the image is found or put right.
    """

    def __init__(self, tool: ChipTool, target: Target) -> None:
        self._tool = tool
        self._row = target
        self._found = ""
        self._chip = ""
        self._content = b"\xff" * target.size_bytes

    def describe(self) -> str:
        """The program with its version, and its words for the programmer."""
        return self._tool.describe()

    def contact(self) -> ChipIdentity:
        """The identity three times, by three processes."""
        self._found, names = self._tool.probe()
        for _ in range(PROBES - 1):
            again, _ = self._tool.probe(names[-1] if names else "")
            if again != self._found:
                raise ContactError(self.describe(), f"the chip says {self._found} and {again}: reseat it")
        if self._found in ("FFFFFF", "000000"):
            raise ContactError(self.describe(), f"no chip answers ({self._found}): reseat it in its socket or clip")
        self._chip = names[-1] if names else ""
        return ChipIdentity(self._found, "", "")

    def identify(self) -> ChipIdentity:
        """JEDEC alone: the program tells neither the chip's own table nor its unique id."""
        if self._found != self._row.jedec:
            raise WrongChip(f"the chip says {self._found}, a {self._row.name} says {self._row.jedec}")
        if not self._chip:
            raise ConfigError(self.describe(), 0, self._row.name, "flashrom does not know this chip")
        return ChipIdentity(self._found, "", "")

    def require_readable(self) -> None:
        """By the row alone."""

    def learn_memory(self) -> Memory:
        """One block, the whole chip; raises ProtectedError where it is protected or nobody can say."""
        row = self._row
        if not row.is_complete:
            raise ConfigError(self.describe(), 0, row.name, "the row does not say how long the chip takes")
        status = self._tool.status(self._chip)
        if status is None:
            raise ProtectedError("flashrom cannot say whether the chip is protected: use a programmer of this station")
        if status & row.protection[0]:
            raise ProtectedError(f"the chip is write protected (status 0x{status:02X}): nothing here takes that away")
        return uniform(row.size_bytes, row.page_bytes, row.program_typical_s, (self._whole(),))

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """The whole chip is read, each time by a process of its own."""
        content = self._tool.read(self._chip, self._wire_s(), lambda: progress(0))
        if len(content) != self._row.size_bytes:
            raise ContactError(self.describe(), f"flashrom gave {len(content)} of {self._row.size_bytes} bytes")
        self._content = content
        progress(length)
        return content[start : start + length]

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """The whole chip, by writing the content of an erased one: what comes next reads whether it is."""
        if erases:
            self._write(b"\xff" * self._row.size_bytes, progress)
        progress(sum(kind.size_bytes for kind, _ in erases))

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """All pages at once, within what the data sheet and the slowest wire allow."""
        content = bytearray(self._content)
        for address, page in pages:
            content[address : address + len(page)] = page
        if bytes(content) == self._content:
            return
        self._write(bytes(content), progress)
        progress(sum(len(page) for _, page in pages))

    def wear(self) -> Wear:
        """Not told by the program."""
        return Wear(0, 0.0)

    def _write(self, content: bytes, progress: Progress) -> None:
        row = self._row
        chip_s = self._whole().max_s + row.size_bytes / row.page_bytes * row.program_max_s
        self._tool.write(self._chip, content, 2 * self._wire_s() + chip_s, lambda: progress(0))
        self._content = content

    def _whole(self) -> EraseKind:
        """The whole chip by its largest blocks, one after the other."""
        largest, size = self._row.erases[-1], self._row.size_bytes
        blocks = size / largest.size_bytes
        return EraseKind(0, size, blocks * largest.typical_s, blocks * largest.max_s)

    def _wire_s(self) -> float:
        return 3 * self._row.size_bytes / SLOWEST_BYTES_PER_S
