"""A device that takes its firmware by plain DFU, as data (dfu_devices.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from station.config.toml_file import read_toml
from station.ic_programmer.memory import Memory
from station.model.evidence import EVIDENCE

BUILT_IN = Path(__file__).with_name("dfu_devices.toml")
PAGE_BYTES = 64
"""What a difference is looked for in: estimate, nothing of the device."""


class DfuTarget(msgspec.Struct, frozen=True):
    """One type; ``vendor`` and ``product`` are those of its bootloader, times in seconds end each wait."""

    name: str
    vendor: int
    product: int
    size_bytes: int
    block_max_s: float
    manifest_max_s: float
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
        """How the record's begins: vendor and product in upper-case hex."""
        return f"{self.vendor:04X}{self.product:04X}"

    @property
    def erased(self) -> int:
        """What a place without content is taken for."""
        return 0xFF

    def memory(self) -> Memory:
        """Written whole, without any erase from here."""
        return Memory(self.size_bytes, PAGE_BYTES, 0.0, (), is_stream=True)


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    vendor: int
    product: int
    size_bytes: int
    block_max_s: float
    manifest_max_s: float
    supply_v: tuple[float, float]
    evidence: str
    source: str


def read_dfu_devices(path: Path = BUILT_IN) -> Mapping[str, DfuTarget]:
    """All rows by name; raises ConfigError with file, line and field for one that cannot be right."""
    toml = read_toml(path)
    found: dict[str, DfuTarget] = {}
    for name in toml.content:
        row = toml.convert_part((name,), _Row)
        for field, problem in _problems(row).items():
            if problem:
                raise toml.error((name, field), problem)
        found[name] = DfuTarget(name, **msgspec.structs.asdict(row))
    return found


def _problems(row: _Row) -> Mapping[str, str]:
    """What is wrong with each field, empty where nothing is."""
    return {
        "vendor": "" if 0 < row.vendor <= 0xFFFF and 0 <= row.product <= 0xFFFF else "must be ids of 16 bits",
        "size_bytes": "" if row.size_bytes > 0 else "must be above 0",
        "block_max_s": "" if row.block_max_s > 0 and row.manifest_max_s > 0 else "must be above 0",
        "supply_v": "" if 0 < row.supply_v[0] <= row.supply_v[1] else "must be lowest and highest volts",
        "evidence": "" if row.evidence in EVIDENCE else f"must be one of {', '.join(EVIDENCE)}",
        "source": "" if row.source.strip() else "must say where the figures are from",
    }
