"""What a SPI NOR says of itself: the tables of JESD216 (revisions 1.0 to F) as a geometry.

Sources: JESD216, 6.1 (header), 6.2 (parameter headers), 6.4 (Basic Flash Parameter Table, double words 1, 2, 8 to 11),
6.5 (sector map), 6.6 (4-byte address instructions). What is read may be anything: a table that cannot be meant is
refused by BadSfdp, in words.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

SIGNATURE = b"SFDP"
HEAD_BYTES = 16
LARGEST_SPACE = 4096
"""Estimate: the tables of the parts seen end before 1 KiB; more is no pointer."""

LARGEST_CHIP = 1 << 32
"""What four address bytes reach."""

_BASIC, _SECTOR_MAP, _FOUR_BYTE = 0xFF00, 0xFF81, 0xFF84
_ERASE_UNITS_MS = (1, 16, 128, 1000)
_PROGRAM_UNITS_US = (8, 64)


class BadSfdp(Exception):
    """The table cannot be meant; the text says why."""


class SfdpErase(msgspec.Struct, frozen=True):
    """One erase instruction; times are None where the table is older than they are, as is a 4-byte opcode."""

    size_bytes: int
    opcode: int
    opcode_4_byte: int | None
    typical_s: float | None
    max_s: float | None


class Geometry(msgspec.Struct, frozen=True):
    """``revision`` is that of the basic table; ``address_bytes`` are the ways of its 3-byte instructions.

    ``has_4_byte_table`` says whether the chip lists its instructions with four address bytes at all, and
    ``has_4_byte_access`` whether read (13h) and page program (12h) are among them.
    """

    revision: tuple[int, int]
    size_bytes: int
    address_bytes: tuple[int, ...]
    page_bytes: int | None
    program_typical_s: float | None
    program_max_s: float | None
    erases: tuple[SfdpErase, ...]
    is_uniform: bool
    has_4_byte_table: bool
    has_4_byte_access: bool


class _Table(msgspec.Struct, frozen=True):
    kind: int
    revision: tuple[int, int]
    start: int
    words: int

    @property
    def end(self) -> int:
        return self.start + 4 * self.words


def space_bytes(space: bytes) -> int:
    """How much of the SFDP space is needed to say all; what ``space`` already holds decides how far that is known.

    Raises BadSfdp as ``geometry_of``.
    """
    headers_end = _headers_end(space)
    if len(space) < headers_end:
        return headers_end
    return max(headers_end, *(table.end for table in _tables(space)))


def geometry_of(space: bytes) -> Geometry:
    """What ``space`` says; raises BadSfdp where it is no SFDP, ends too early or says what cannot be."""
    if len(space) < space_bytes(space):
        raise BadSfdp("ends before its tables do")
    tables = _tables(space)
    basic = max((table for table in tables if table.kind == _BASIC), key=lambda table: (table.revision, table.words))
    words = _words(space, basic)
    if len(words) < 9:
        raise BadSfdp(f"has a basic table of {len(words)} double words, not 9")
    four_byte = next((_words(space, table) for table in tables if table.kind == _FOUR_BYTE), ())
    has_four = len(four_byte) >= 2
    size_bytes = _size_bytes(words[1])
    page_bytes, typical_s, max_s = _programming(words)
    return Geometry(
        revision=basic.revision,
        size_bytes=size_bytes,
        address_bytes=_address_bytes(words[0] >> 17 & 3),
        page_bytes=page_bytes,
        program_typical_s=typical_s,
        program_max_s=max_s,
        erases=_erases(words, four_byte if has_four else (), size_bytes),
        is_uniform=all(_is_one_region(_words(space, table)) for table in tables if table.kind == _SECTOR_MAP),
        has_4_byte_table=has_four,
        has_4_byte_access=has_four and four_byte[0] & 0x41 == 0x41,
    )


def _headers_end(space: bytes) -> int:
    if not space.startswith(SIGNATURE) or len(space) < HEAD_BYTES:
        raise BadSfdp("has no signature")
    if space[5] != 1:
        raise BadSfdp(f"is of revision {space[5]}.{space[4]}, not 1")
    return 8 + 8 * (space[6] + 1)


def _tables(space: bytes) -> tuple[_Table, ...]:
    """The parameter headers that matter here; the basic one is among them."""
    found: list[_Table] = []
    for at in range(8, _headers_end(space), 8):
        header = space[at : at + 8]
        start = int.from_bytes(header[4:7], "little")
        table = _Table(header[7] << 8 | header[0], (header[2], header[1]), start, header[3])
        if table.kind not in (_BASIC, _SECTOR_MAP, _FOUR_BYTE):
            continue
        if table.end > LARGEST_SPACE:
            raise BadSfdp(f"points to 0x{table.start:06X}, where no table can be")
        found.append(table)
    if all(table.kind != _BASIC for table in found):
        raise BadSfdp("has no basic table")
    return tuple(found)


def _words(space: bytes, table: _Table) -> tuple[int, ...]:
    return struct.unpack(f"<{table.words}I", space[table.start : table.end])


def _size_bytes(density: int) -> int:
    exponent = density & 0x7FFFFFFF
    if density >> 31 and exponent > 35:
        raise BadSfdp(f"says that the chip has 2 to the power of {exponent} bits")
    bits = 1 << exponent if density >> 31 else density + 1
    if bits % 8 or bits // 8 > LARGEST_CHIP:
        raise BadSfdp(f"says that the chip has {bits} bits")
    return bits // 8


def _address_bytes(code: int) -> tuple[int, ...]:
    if code == 3:
        raise BadSfdp("says nothing of address bytes that the standard knows")
    return ((3,), (3, 4), (4,))[code]


def _programming(words: Sequence[int]) -> tuple[int | None, float | None, float | None]:
    """Page size, typical and maximum time; double word 11 is there since revision A."""
    if len(words) < 11:
        return None, None, None
    word = words[10]
    typical_s = (1 + (word >> 8 & 0x1F)) * _PROGRAM_UNITS_US[word >> 13 & 1] / 1e6
    return 1 << (word >> 4 & 0xF), typical_s, typical_s * _times(word)


def _erases(words: Sequence[int], four_byte: Sequence[int], chip_bytes: int) -> tuple[SfdpErase, ...]:
    """Up to four kinds, smallest first."""
    kinds: list[SfdpErase] = []
    for index in range(4):
        half = words[7 + index // 2] >> 16 * (index % 2) & 0xFFFF
        exponent, opcode = half & 0xFF, half >> 8
        if not exponent:
            continue
        if exponent > 31 or 1 << exponent > chip_bytes:
            raise BadSfdp(f"says that 0x{opcode:02X} erases 2 to the power of {exponent} bytes")
        if opcode in (0x00, 0xFF):
            raise BadSfdp(f"says that 0x{opcode:02X} is an erase instruction")
        typical_s = max_s = None
        if len(words) >= 10:
            code = words[9] >> (4 + 7 * index) & 0x7F
            typical_s = (1 + (code & 0x1F)) * _ERASE_UNITS_MS[code >> 5] / 1e3
            max_s = typical_s * _times(words[9])
        has_four = bool(four_byte) and bool(four_byte[0] >> (9 + index) & 1)
        opcode_4 = four_byte[1] >> 8 * index & 0xFF if has_four else None
        kinds.append(SfdpErase(1 << exponent, opcode, opcode_4, typical_s, max_s))
    return tuple(sorted(kinds, key=lambda kind: kind.size_bytes))


def _times(word: int) -> int:
    """How many times the typical time the maximum is."""
    return 2 * ((word & 0xF) + 1)


def _is_one_region(words: Sequence[int]) -> bool:
    """Whether the sector map is a single map with a single region: bit 0 ends it, bit 1 says map, 23:16 count."""
    return bool(words) and words[0] & 3 == 3 and words[0] >> 16 & 0xFF == 0
