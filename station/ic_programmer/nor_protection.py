"""How the block protection of a SPI NOR is written, as data (nor_protection.toml): which bits, by which instruction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from station.config.toml_file import read_toml
from station.ic_programmer.target import Target

BUILT_IN = Path(__file__).with_name("nor_protection.toml")
REGISTERS = 3


class BitField(msgspec.Struct, frozen=True, array_like=True):
    """``width`` bits of status register ``register`` (1 to 3), from bit ``low`` on."""

    register: int
    low: int
    width: int

    @property
    def mask(self) -> int:
        """Its bits in the register."""
        return ((1 << self.width) - 1) << self.low


class Protection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way; ``write`` has each register's instruction, 0 for one that is not there."""

    parts: tuple[str, ...]
    write: tuple[int, int, int]
    is_pair: bool
    write_max_ms: float
    bits: Mapping[str, BitField]
    source: str


def protection_of(target: Target) -> Protection | None:
    """How a ``target`` is protected; None where no data sheet is in the table."""
    return next((scheme for scheme in read_protections().values() if target.name in scheme.parts), None)


@cache
def read_protections(path: Path = BUILT_IN) -> Mapping[str, Protection]:
    """All ways by name; raises ConfigError with file, line and field for one that cannot be right."""
    toml = read_toml(path)
    schemes = toml.convert(dict[str, Protection])
    for name, scheme in schemes.items():
        for field, problem in _problems(scheme).items():
            if problem:
                raise toml.error((name, field), problem)
    return schemes


def _problems(scheme: Protection) -> Mapping[str, str]:
    """What is wrong with each field, empty where nothing is."""
    is_placed = all(
        1 <= each.register <= REGISTERS and each.low >= 2 and each.width >= 1 and each.low + each.width <= 8
        for each in scheme.bits.values()
    )
    is_written = all(
        scheme.write[each.register - 1] for each in scheme.bits.values() if 1 <= each.register <= REGISTERS
    )
    return {
        "bits": "" if scheme.bits and is_placed else "must be registers 1 to 3 and bits from 2 to 7",
        "write": "" if is_written else "must have the instruction of each register whose bits are set",
        "write_max_ms": "" if scheme.write_max_ms > 0 else "must be above 0",
        "source": "" if scheme.source.strip() else "must say where the figures are from",
    }
