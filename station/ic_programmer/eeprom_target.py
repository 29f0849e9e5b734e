"""Serial EEPROMs as data: 24Cxx at an I2C bus, 93Cxx at Microwire pins (eeproms.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from station.config.toml_file import TomlFile, read_toml
from station.ic_programmer.memory import Memory
from station.model.evidence import EVIDENCE

BUILT_IN = Path(__file__).with_name("eeproms.toml")
WRITE_TYPICAL_S, WRITE_MAX_S = 0.005, 0.010
"""Of a page or a word: estimates, see ``source`` of eeproms.toml."""


class I2cTarget(msgspec.Struct, frozen=True):
    """One 24Cxx; ``block_bits`` of its device address, from ``block_shift`` on, choose a block of the memory."""

    name: str
    size_bytes: int
    page_bytes: int
    address_bytes: int
    block_bits: int
    block_shift: int
    supply_v: tuple[float, float]
    evidence: str
    source: str
    not_burned: str = ""

    @property
    def base(self) -> int:
        """The address that image files give its first byte."""
        return 0

    @property
    def identity(self) -> str:
        """It says nothing of itself."""
        return ""

    @property
    def erased(self) -> int:
        """What a maker leaves in every byte."""
        return 0xFF

    @property
    def block_bytes(self) -> int:
        """What the address bytes reach."""
        return self.size_bytes >> self.block_bits

    def memory(self) -> Memory:
        """Pages that are written over; nothing is erased."""
        return Memory(self.size_bytes, self.page_bytes, WRITE_TYPICAL_S, ())


class MicrowireTarget(msgspec.Struct, frozen=True):
    """One 93Cxx whose ORG pin makes words of ``word_bits``; the first byte of a word is the one that is shifted first.

    ``other_address_bits`` are those of the other level of ORG.
    """

    name: str
    size_bytes: int
    word_bits: int
    address_bits: int
    other_address_bits: int
    supply_v: tuple[float, float]
    evidence: str
    source: str
    not_burned: str = ""

    @property
    def base(self) -> int:
        """The address that image files give its first byte."""
        return 0

    @property
    def identity(self) -> str:
        """It says nothing of itself."""
        return ""

    @property
    def erased(self) -> int:
        """What its erase leaves in every byte."""
        return 0xFF

    @property
    def word_bytes(self) -> int:
        """One or two."""
        return self.word_bits // 8

    def memory(self) -> Memory:
        """Words that are written over; nothing is erased."""
        return Memory(self.size_bytes, self.word_bytes, WRITE_TYPICAL_S, ())


class _I2cRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size_bytes: int
    page_bytes: int
    address_bytes: int
    evidence: str
    block_bits: int = 0
    block_shift: int = 0
    supply_v: tuple[float, float] = (2.5, 5.5)


class _MicrowireRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size_bytes: int
    address_bits: tuple[int, int]
    supply_v: tuple[float, float]
    evidence: str


class _Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    i2c: str
    microwire: str


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: _Source
    i2c: dict[str, _I2cRow]
    microwire: dict[str, _MicrowireRow]


def read_eeproms(path: Path = BUILT_IN) -> Mapping[str, I2cTarget | MicrowireTarget]:
    """All of ``path`` by name, a Microwire one as NAME-8 and NAME-16; raises ConfigError for a wrong row."""
    toml = read_toml(path)
    table = toml.convert(_Table)
    found: dict[str, I2cTarget | MicrowireTarget] = {}
    for name, row in table.i2c.items():
        _check_i2c(toml, name, row)
        found[name] = I2cTarget(
            name=name,
            size_bytes=row.size_bytes,
            page_bytes=row.page_bytes,
            address_bytes=row.address_bytes,
            block_bits=row.block_bits,
            block_shift=row.block_shift,
            supply_v=row.supply_v,
            evidence=row.evidence,
            source=table.source.i2c,
        )
    for name, wire in table.microwire.items():
        _check_microwire(toml, name, wire)
        for word_bits, (bits, other) in {8: wire.address_bits, 16: wire.address_bits[::-1]}.items():
            found[f"{name}-{word_bits}"] = MicrowireTarget(
                name=f"{name}-{word_bits}",
                size_bytes=wire.size_bytes,
                word_bits=word_bits,
                address_bits=bits,
                other_address_bits=other,
                supply_v=wire.supply_v,
                evidence=wire.evidence,
                source=table.source.microwire,
            )
    return found


def _check_i2c(toml: TomlFile, name: str, row: _I2cRow) -> None:
    reach = 1 << 8 * row.address_bytes
    if row.size_bytes >> row.block_bits > reach or row.size_bytes % row.page_bytes or row.size_bytes < 1:
        raise toml.error(("i2c", name, "size_bytes"), "must be whole pages that address bytes and block bits reach")
    if row.block_bits + row.block_shift > 3:
        raise toml.error(("i2c", name, "block_bits"), "a device address has three bits for blocks")
    _check_evidence(toml, ("i2c", name), row.evidence)


def _check_microwire(toml: TomlFile, name: str, row: _MicrowireRow) -> None:
    bits_8, bits_16 = row.address_bits
    if bits_8 != bits_16 + 1 or row.size_bytes > 1 << bits_8 or row.size_bytes % 2:
        raise toml.error(("microwire", name, "address_bits"), "must reach every byte, and with one bit less every word")
    _check_evidence(toml, ("microwire", name), row.evidence)


def _check_evidence(toml: TomlFile, row: tuple[str, str], evidence: str) -> None:
    if evidence not in EVIDENCE:
        raise toml.error((*row, "evidence"), f"must be one of {', '.join(EVIDENCE)}")
