"""An IC type as data: what it says it is, how it is laid out, how long it takes, where that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from station.config.toml_file import TomlFile, read_toml
from station.ic_programmer.memory import EraseKind as EraseKind
from station.ic_programmer.memory import Memory, uniform
from station.model.evidence import EVIDENCE

BUILT_IN = Path(__file__).with_name("targets.toml")

MAX_BYTES = 1 << 32
"""What four address bytes reach."""

THREE_BYTES_REACH = 1 << 24

_JEDEC = re.compile(r"[0-9A-F]{6}")


class Target(msgspec.Struct, frozen=True):
    """One IC type; ``erases`` are smallest first, ``protection`` has the bits of each status register that protect.

    Figures that the row leaves to the chip's own table (SFDP) are 0, ``erases`` empty: ``is_complete`` says whether
    all are there; ``station.ic_programmer.layout`` completes them. ``same_jedec`` are the other names that answer with
    this identity: no burn can tell them apart. ``four_byte_from`` is the revision of SFDP from which on the chip knows
    4-byte instructions though its table does not list them. ``not_burned`` says why no burn is possible, empty where
    one is.
    """

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
    same_jedec: tuple[str, ...] = ()
    four_byte_from: tuple[int, int] | None = None
    not_burned: str = ""

    @property
    def address_bytes(self) -> int:
        """How many bytes of address each instruction has: more than 16 MiB take the dedicated 4-byte instructions."""
        return 3 if self.size_bytes <= THREE_BYTES_REACH else 4

    @property
    def base(self) -> int:
        """The address that image files give its first byte."""
        return 0

    @property
    def identity(self) -> str:
        """As the record has it."""
        return self.jedec

    @property
    def erased(self) -> int:
        """The byte that an erase leaves."""
        return 0xFF

    @property
    def is_complete(self) -> bool:
        """Whether page, erase kinds and all times are known."""
        return bool(self.page_bytes and self.program_max_s and self.erases) and all(e.max_s for e in self.erases)

    def memory(self) -> Memory:
        """How its memory is laid out; only where it ``is_complete``."""
        return uniform(self.size_bytes, self.page_bytes, self.program_typical_s, self.erases)


class _Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    opcode: int
    size_bytes: int
    typical_ms: float = 0.0
    max_ms: float = 0.0


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    jedec: str
    size_bytes: int
    protection: tuple[int, int, int]
    unique_id_bytes: int
    supply_v: tuple[float, float]
    evidence: str
    source: str
    also: tuple[str, ...] = ()
    sfdp: bool = False
    page_bytes: int = 0
    page_program_typical_ms: float = 0.0
    page_program_max_ms: float = 0.0
    erase: tuple[_Erase, ...] = ()
    four_byte_from: tuple[int, int] | None = None
    not_burned: str = ""


def read_targets(path: Path = BUILT_IN) -> Mapping[str, Target]:
    """All rows of ``path`` by name, and by each name that a row says to be the same to a programmer.

    Raises ConfigError with file, line and field for one that cannot be right.
    """
    toml = read_toml(path)
    found: dict[str, Target] = {}
    for row in toml.content:
        for target in _targets(toml, row):
            if target.name in found:
                raise toml.error((row, "also"), f"{target.name} is there already")
            found[target.name] = target
    names: dict[str, list[str]] = {}
    for target in found.values():
        names.setdefault(target.jedec, []).append(target.name)
    return {
        name: replace(target, same_jedec=tuple(other for other in names[target.jedec] if other != name))
        for name, target in found.items()
    }


def _targets(toml: TomlFile, name: str) -> Iterator[Target]:
    row = toml.convert_part((name,), _Row)
    for field, problem in _problems(row).items():
        if problem is not None:
            raise toml.error((name, field), problem)
    target = Target(
        name=name,
        jedec=row.jedec,
        size_bytes=row.size_bytes,
        page_bytes=row.page_bytes,
        program_typical_s=row.page_program_typical_ms / 1000,
        program_max_s=row.page_program_max_ms / 1000,
        erases=tuple(EraseKind(e.opcode, e.size_bytes, e.typical_ms / 1000, e.max_ms / 1000) for e in row.erase),
        protection=row.protection,
        unique_id_bytes=row.unique_id_bytes,
        supply_v=row.supply_v,
        evidence=row.evidence,
        source=row.source,
        four_byte_from=row.four_byte_from,
        not_burned=row.not_burned,
    )
    yield target
    for other in row.also:
        yield replace(target, name=other)


def _problems(row: _Row) -> Mapping[str, str | None]:
    """What is wrong with each field, None where nothing is."""
    return {
        "jedec": None if _JEDEC.fullmatch(row.jedec) else "must be six upper-case hex digits",
        "size_bytes": _size_problem(row.size_bytes),
        "page_bytes": _page_problem(row),
        "erase": _erase_problem(row),
        "page_program_max_ms": _time_problem(row, row.page_program_typical_ms, row.page_program_max_ms),
        "protection": None if all(0 <= bits <= 0xFF for bits in row.protection) else "must be one byte each",
        "supply_v": None if 0 < row.supply_v[0] <= row.supply_v[1] else "must be lowest and highest volts",
        "evidence": None if row.evidence in EVIDENCE else f"must be one of {', '.join(EVIDENCE)}",
        "source": None if row.source.strip() else "must say where the figures are from",
    }


def _size_problem(size_bytes: int) -> str | None:
    if not _is_power_of_two(size_bytes):
        return "must be a power of two"
    return None if size_bytes <= MAX_BYTES else f"at most {MAX_BYTES} bytes: instructions have four address bytes"


def _page_problem(row: _Row) -> str | None:
    if row.page_bytes == 0 and (row.sfdp or row.not_burned):
        return None
    return None if _is_power_of_two(row.page_bytes) else "must be a power of two"


def _erase_problem(row: _Row) -> str | None:
    sizes = [erase.size_bytes for erase in row.erase]
    if not sizes:
        return None if row.sfdp or row.not_burned else "must list sizes, or leave them to the chip (sfdp = true)"
    if sizes != sorted(set(sizes)) or not all(_is_power_of_two(size) for size in sizes):
        return "must list sizes that are powers of two, smallest first"
    if sizes[0] < row.page_bytes or sizes[-1] > row.size_bytes:
        return "sizes must lie between page and chip"
    return next((problem for e in row.erase if (problem := _time_problem(row, e.typical_ms, e.max_ms))), None)


def _time_problem(row: _Row, typical_ms: float, max_ms: float) -> str | None:
    if typical_ms == max_ms == 0 and (row.sfdp or row.not_burned):
        return None
    return None if 0 < typical_ms <= max_ms else "typical and maximum must be above 0, maximum not below typical"


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
