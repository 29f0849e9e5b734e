"""A microcontroller of the STM32 family that a program burns through a debug probe, as a chip that can be burned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from station.ic_programmer.chip import Progress, Stretch, Wear
from station.ic_programmer.memory import Erase, Memory
from station.ic_programmer.stm32_target import KIB, Stm32Target
from station.model.burn_record import ChipIdentity
from station.model.errors import ConfigError, ContactError, WrongChip

SAMPLE_BYTES = 256
UNIQUE_ID_BYTES = 12
PRODUCT_BITS = 0xFFF
SLOWEST_BYTES_PER_S = 4000
"""Of any probe; estimate, for the time after which a process is given up."""
_LOOK = "look at SWDIO, SWCLK, GND and the unit's supply"


class ProbeTool(Protocol):
    """The program, as ``station.ic_programmer.programmers.pyocd``; ``target`` is its name for the microcontroller."""

    def describe(self) -> str: ...

    def read(
        self, target: str, stretches: Sequence[Stretch], longest_s: float, wanted: Callable[[], None] = ...
    ) -> list[bytes]: ...

    def erase(self, target: str, sectors: Sequence[Stretch], longest_s: float, wanted: Callable[[], None]) -> None: ...

    def write(
        self, target: str, parts: Sequence[tuple[int, bytes]], longest_s: float, wanted: Callable[[], None]
    ) -> None: ...


class SwdChip:
    """A station.ic_programmer.chip.BurnableChip of type ``target``, which the program calls ``called``.

    Who it is, its debug port tells: the product of DBGMCU_IDCODE, and from system memory the size of its flash and its
    unique id.
    """

    def __init__(self, tool: ProbeTool, target: Stm32Target, called: str) -> None:
        self._tool = tool
        self._row = target
        self._called = called
        self._product = 0

    def describe(self) -> str:
        """The program with its version."""
        return self._tool.describe()

    def contact(self) -> ChipIdentity:
        """The same product three times, and samples from all over the flash twice, by two processes."""
        where = self._row.family.idcode
        if not where:
            raise ConfigError(
                self.describe(), 0, self._row.name, "its family's row does not say where a debugger asks it"
            )
        last = self._row.size_bytes - SAMPLE_BYTES
        samples = [(self._row.base + (last * part // 3 & -SAMPLE_BYTES), SAMPLE_BYTES) for part in range(4)]
        first = self._tool.read(self._called, [(where, 4), (where, 4), *samples], 0.0)
        again = self._tool.read(self._called, [(where, 4), *samples], 0.0)
        products = {int.from_bytes(code, "little") & PRODUCT_BITS for code in (*first[:2], again[0])}
        if len(products) > 1 or products & {0, PRODUCT_BITS}:
            said = " and ".join(f"0x{each:03X}" for each in sorted(products))
            raise ContactError(self.describe(), f"the microcontroller says {said}: {_LOOK}")
        for (address, _), one, other in zip(samples, first[2:], again[1:], strict=True):
            if one != other:
                raise ContactError(self.describe(), f"0x{address:08X} reads differently the second time: {_LOOK}")
        self._product = products.pop()
        return ChipIdentity(f"{self._product:04X}", "", "")

    def identify(self) -> ChipIdentity:
        """With the unique id, empty where the family's row has no address of it."""
        if self._product != self._row.product:
            says = f"the microcontroller says product 0x{self._product:03X}"
            raise WrongChip(f"{says}, a {self._row.name} says 0x{self._row.product:03X}")
        self.require_readable()
        where = self._row.family.unique_id
        unique_id = self._tool.read(self._called, [(where, UNIQUE_ID_BYTES)], 0.0)[0] if where else b""
        return ChipIdentity(self._row.identity, "", unique_id.hex().upper())

    def require_readable(self) -> None:
        """The size that the microcontroller tells must be the row's."""
        where = self._row.family.size_register
        told = int.from_bytes(self._tool.read(self._called, [(where, 2)], 0.0)[0], "little") if where else 0
        if where and told != self._row.size_bytes // KIB:
            has = f"a {self._row.name} has {self._row.size_bytes // KIB}"
            raise WrongChip(f"the microcontroller says that it has {told} KiB, {has}")

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """By one process; what was read counts only if the same product still answers."""
        stretches = [(self._row.base + start, length), (self._row.family.idcode, 4)]
        content, code = self._tool.read(self._called, stretches, length / SLOWEST_BYTES_PER_S, lambda: progress(0))
        product = int.from_bytes(code, "little") & PRODUCT_BITS
        if product != self._product:
            raise ContactError(self.describe(), f"the microcontroller now says 0x{product:03X}: {_LOOK}")
        progress(length)
        return content

    def learn_memory(self) -> Memory:
        """By its row, sector by sector."""
        self.require_readable()
        memory = self._row.memory()
        return replace(memory, levels=memory.levels[:1])

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """All of them by one process."""
        if erases:
            sectors = [(self._row.base + offset, kind.size_bytes) for kind, offset in erases]
            self._tool.erase(self._called, sectors, sum(kind.max_s for kind, _ in erases), lambda: progress(0))
        progress(sum(kind.size_bytes for kind, _ in erases))

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """All of them by one process, which erases each sector anew."""
        total = sum(len(content) for _, content in pages)
        if pages:
            kinds = self._row.family.erase_ms
            slowest_ms_per_byte = max(most / size for size, _, most in kinds)
            span = pages[-1][0] + len(pages[-1][1]) - pages[0][0] + max(size for size, _, _ in kinds)
            longest_s = (
                span * slowest_ms_per_byte / 1000 + total / SLOWEST_BYTES_PER_S + len(pages) * self._row.write_max_s
            )
            parts = [(self._row.base + offset, content) for offset, content in _joined(pages)]
            self._tool.write(self._called, parts, longest_s, lambda: progress(0))
        progress(total)

    def wear(self) -> Wear:
        """Not told by the program."""
        return Wear(0, 0.0)


def _joined(pages: Sequence[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Neighbours put together."""
    parts: list[tuple[int, bytearray]] = []
    for offset, content in pages:
        if parts and parts[-1][0] + len(parts[-1][1]) == offset:
            parts[-1][1].extend(content)
        else:
            parts.append((offset, bytearray(content)))
    return [(offset, bytes(content)) for offset, content in parts]
