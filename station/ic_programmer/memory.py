"""How a chip's memory is laid out for a plan: pages that are programmed whole, blocks that are erased whole."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


class EraseKind(msgspec.Struct, frozen=True):
    """One way to erase: sets ``size_bytes`` from an aligned address; times are 0 where none is known.

    ``opcode`` is the instruction that does it, 0 on a chip whose blocks have numbers instead.
    """

    opcode: int
    size_bytes: int
    typical_s: float
    max_s: float


Erase = tuple[EraseKind, int]
"""A block and its address."""


class Zone(msgspec.Struct, frozen=True):
    """``count`` blocks of one kind beside each other, from ``start`` on."""

    kind: EraseKind
    start: int
    count: int

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.start + self.count * self.kind.size_bytes


class Memory(msgspec.Struct, frozen=True):
    """``levels`` has the smallest blocks first; each block is made of whole blocks of the level below.

    The lowest level covers all of the memory. Without any level a page is written over what is there, as EEPROMs do.
    ``erased`` is the byte that an erase leaves; every block is made of whole pages. A memory that ``is_stream`` is
    written whole, from its first byte to the image's last.
    """

    size_bytes: int
    page_bytes: int
    program_typical_s: float
    levels: tuple[tuple[Zone, ...], ...]
    erased: int = 0xFF
    is_stream: bool = False

    def block_around(self, address: int) -> tuple[int, int]:
        """Start and length of the smallest stretch that is erased or written whole and holds ``address``."""
        for zone in self.levels[0] if self.levels else ():
            if zone.start <= address < zone.end:
                return address - (address - zone.start) % zone.kind.size_bytes, zone.kind.size_bytes
        return address - address % self.page_bytes, self.page_bytes

    def block_at(self, level: int, address: int) -> EraseKind | None:
        """The kind of the block of ``level`` that begins at ``address``, None where none does."""
        for zone in self.levels[level]:
            if zone.start <= address < zone.end and not (address - zone.start) % zone.kind.size_bytes:
                return zone.kind
        return None

    def parts_of(self, level: int, block: Erase) -> Iterator[Erase]:
        """The blocks one level down that the block is made of."""
        kind, address = block
        end = address + kind.size_bytes
        while address < end:
            part = self.block_at(level - 1, address)
            if part is None:
                raise ValueError(f"no block of level {level - 1} begins at 0x{address:X}")
            yield part, address
            address += part.size_bytes


def uniform(size_bytes: int, page_bytes: int, program_typical_s: float, kinds: tuple[EraseKind, ...]) -> Memory:
    """A memory that each of ``kinds``, smallest first, divides evenly."""
    levels = tuple((Zone(kind, 0, size_bytes // kind.size_bytes),) for kind in kinds)
    return Memory(size_bytes, page_bytes, program_typical_s, levels)
