"""An IC type as data: what it says it is, how it is laid out, how long it takes, where that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from station.config.toml_file import TomlFile, read_toml
from station.model.evidence import EVIDENCE

BUILT_IN = Path(__file__).with_name("targets.toml")

MAX_BYTES = 1 << 24
"""What three address bytes reach."""

_JEDEC = re.compile(r"[0-9A-F]{6}")


class EraseKind(msgspec.Struct, frozen=True):
    """One erase instruction: sets ``size_bytes`` from an aligned address to 0xFF."""

    opcode: int
    size_bytes: int
    typical_s: float
    max_s: float


class Target(msgspec.Struct, frozen=True):
    """One IC type; ``erases`` are smallest first, ``protection`` has the bits of each status register that protect."""

    name: str
    jedec: str
    size_bytes: int
    page_bytes: int
    program_typical_s: float
    program_max_s: float
    erases: tuple[EraseKind, ...]
    protection: tuple[int, int, int]
    unique_id_bytes: int
    supply_v: tuple[float, float]
    evidence: str
    source: str


class _Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    opcode: int
    size_bytes: int
    typical_ms: float
    max_ms: float


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    jedec: str
    size_bytes: int
    page_bytes: int
    page_program_typical_ms: float
    page_program_max_ms: float
    erase: tuple[_Erase, ...]
    protection1: int
    protection2: int
    protection3: int
    unique_id_bytes: int
    supply_v: tuple[float, float]
    evidence: str
    source: str


def read_targets(path: Path = BUILT_IN) -> Mapping[str, Target]:
    """All rows of ``path`` by name; raises ConfigError with file, line and field for one that cannot be right."""
    toml = read_toml(path)
    return {name: _target(toml, name) for name in toml.content}


def _target(toml: TomlFile, name: str) -> Target:
    row = toml.convert_part((name,), _Row)
    problems = {
        "jedec": None if _JEDEC.fullmatch(row.jedec) else "must be six upper-case hex digits",
        "size_bytes": _size_problem(row.size_bytes),
        "page_bytes": None if _is_power_of_two(row.page_bytes) else "must be a power of two",
        "erase": _erase_problem(row),
        "page_program_max_ms": _time_problem(row.page_program_typical_ms, row.page_program_max_ms),
        "supply_v": None if 0 < row.supply_v[0] <= row.supply_v[1] else "must be lowest and highest volts",
        "evidence": None if row.evidence in EVIDENCE else f"must be one of {', '.join(EVIDENCE)}",
        "source": None if row.source.strip() else "must say where the figures are from",
    }
    for field, problem in problems.items():
        if problem is not None:
            raise toml.error((name, field), problem)
    return Target(
        name=name,
        jedec=row.jedec,
        size_bytes=row.size_bytes,
        page_bytes=row.page_bytes,
        program_typical_s=row.page_program_typical_ms / 1000,
        program_max_s=row.page_program_max_ms / 1000,
        erases=tuple(EraseKind(e.opcode, e.size_bytes, e.typical_ms / 1000, e.max_ms / 1000) for e in row.erase),
        protection=(row.protection1, row.protection2, row.protection3),
        unique_id_bytes=row.unique_id_bytes,
        supply_v=row.supply_v,
        evidence=row.evidence,
        source=row.source,
    )


def _size_problem(size_bytes: int) -> str | None:
    if not _is_power_of_two(size_bytes):
        return "must be a power of two"
    return None if size_bytes <= MAX_BYTES else f"at most {MAX_BYTES} bytes: commands have three address bytes"


def _erase_problem(row: _Row) -> str | None:
    sizes = [erase.size_bytes for erase in row.erase]
    if not sizes or sizes != sorted(set(sizes)) or not all(_is_power_of_two(size) for size in sizes):
        return "must list sizes that are powers of two, smallest first"
    if sizes[0] < row.page_bytes or sizes[-1] > row.size_bytes:
        return "sizes must lie between page and chip"
    return next((problem for e in row.erase if (problem := _time_problem(e.typical_ms, e.max_ms))), None)


def _time_problem(typical_ms: float, max_ms: float) -> str | None:
    return None if 0 < typical_ms <= max_ms else "typical and maximum must be above 0, maximum not below typical"


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
