"""An STM32 as data: which product its boot ROM says, how its flash is laid out, how long it takes (stm32.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from station.config.toml_file import TomlFile, read_toml
from station.ic_programmer.memory import EraseKind, Memory, Zone
from station.model.evidence import EVIDENCE

BUILT_IN = Path(__file__).with_name("stm32.toml")
FLASH_START = 0x08000000
KIB = 1024
MOST_BYTES_AT_ONCE = 256
READOUT = "RDP"
"""What the readout protection is called; 1 is the only level that is set from here."""

_PRODUCT = re.compile(r"0x([0-9A-F]{3})(-.*)?")


class Stm32Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The option bytes of a family: ``size_bytes`` from ``start`` on, written all at once.

    ``readout`` is where in them the readout protection is, ``open`` its value for none. ``has_complements``: behind
    each byte comes its complement. ``fields`` says where each that may be set is, ``guards`` which bits of which are 0
    for a sector that cannot be written.
    """

    start: int
    size_bytes: int
    readout: int
    open: int
    has_complements: bool
    fields: dict[str, int]
    guards: dict[str, int]
    source: str


class Stm32Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What products have in common; times as pairs of typical and maximum, in the unit of their name.

    ``page_bytes`` is what one WRITE carries, ``erase_ms`` has a triple for each size of sector. ``mass_ms`` is empty
    where all of the flash is never erased at once. ``idcode`` is where a debugger reads the product (DBGMCU_IDCODE).
    Addresses are 0 where none is known.
    """

    page_bytes: int
    program_bytes: int
    program_us: tuple[float, float]
    erase_ms: tuple[tuple[int, float, float], ...]
    supply_v: tuple[float, float]
    source: str
    mass_ms: tuple[float, float] | None = None
    erased: int = 0xFF
    size_register: int = 0
    unique_id: int = 0
    options: Stm32Options | None = None
    idcode: int = 0


class Stm32Target(msgspec.Struct, frozen=True):
    """One microcontroller; addresses of its memory are from the beginning of the flash, ``base``, on.

    ``sectors`` are pairs of count and bytes. ``same_identity`` are the other names whose boot ROM says this product.
    """

    name: str
    product: int
    size_bytes: int
    sectors: tuple[tuple[int, int], ...]
    family: Stm32Family
    evidence: str
    source: str
    same_identity: tuple[str, ...] = ()
    not_burned: str = ""

    @property
    def base(self) -> int:
        """The address that image files give its first byte."""
        return FLASH_START

    @property
    def identity(self) -> str:
        """The product id as the record has it: four upper-case hex digits."""
        return f"{self.product:04X}"

    @property
    def supply_v(self) -> tuple[float, float]:
        """Lowest and highest volts at its pins."""
        return self.family.supply_v

    @property
    def erased(self) -> int:
        """The byte that an erase leaves."""
        return self.family.erased

    @property
    def write_max_s(self) -> float:
        """The longest that programming one page may take."""
        return self._program_s(self.family.program_us[1])

    def memory(self) -> Memory:
        """Its sectors, and above them all of the flash where that is erased at once."""
        family, start = self.family, 0
        kinds = {size: EraseKind(0, size, typical / 1000, most / 1000) for size, typical, most in family.erase_ms}
        zones: list[Zone] = []
        for count, size in self.sectors:
            zones.append(Zone(kinds[size], start, count))
            start = zones[-1].end
        levels: tuple[tuple[Zone, ...], ...] = (tuple(zones),)
        if family.mass_ms is not None and sum(count for count, _ in self.sectors) > 1:
            typical, most = family.mass_ms
            levels += ((Zone(EraseKind(0, self.size_bytes, typical / 1000, most / 1000), 0, 1),),)
        typical_s = self._program_s(family.program_us[0])
        return Memory(self.size_bytes, family.page_bytes, typical_s, levels, family.erased)

    def _program_s(self, unit_us: float) -> float:
        return self.family.page_bytes / self.family.program_bytes * unit_us / 1e6


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    family: str
    names: dict[str, int]
    sectors: tuple[tuple[int, int], ...]
    evidence: str
    not_burned: str = ""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: dict[str, Stm32Family]
    products: dict[str, _Row]


def read_stm32(path: Path = BUILT_IN) -> Mapping[str, Stm32Target]:
    """All microcontrollers of ``path`` by name; raises ConfigError with file, line and field for a wrong one."""
    toml = read_toml(path)
    table = toml.convert(_Table)
    for name, family in table.families.items():
        for field, problem in _family_problems(family).items():
            if problem:
                raise toml.error(("families", name, field), problem)
    found: dict[str, Stm32Target] = {}
    for product, row in table.products.items():
        for target in _targets(toml, product, row, table.families):
            if target.name in found:
                raise toml.error(("products", product, "names"), f"{target.name} is there already")
            found[target.name] = target
    names: dict[int, list[str]] = {}
    for target in found.values():
        names.setdefault(target.product, []).append(target.name)
    return {
        name: replace(target, same_identity=tuple(other for other in names[target.product] if other != name))
        for name, target in found.items()
    }


def _targets(toml: TomlFile, product: str, row: _Row, families: Mapping[str, Stm32Family]) -> Iterator[Stm32Target]:
    number, family = _PRODUCT.fullmatch(product), families.get(row.family)
    if number is None:
        raise toml.error(("products", product), "must be a product id as 0x410")
    if family is None:
        raise toml.error(("products", product, "family"), f"must be one of {', '.join(families)}")
    if row.evidence not in EVIDENCE:
        raise toml.error(("products", product, "evidence"), f"must be one of {', '.join(EVIDENCE)}")
    sizes = {size for size, _, _ in family.erase_ms}
    if not row.sectors or any(count < 1 or size not in sizes for count, size in row.sectors):
        raise toml.error(("products", product, "sectors"), "must be counts of sizes whose times the family has")
    for name, kib in row.names.items():
        sectors = _cut(row.sectors, kib * KIB)
        if not sectors:
            raise toml.error(("products", product, "names"), f"{name}: no sector ends at {kib} KiB")
        source = f"list of AN2606's product ids, geometry by the reference manual; {family.source}"
        yield Stm32Target(
            name=name,
            product=int(number[1], 16),
            size_bytes=kib * KIB,
            sectors=sectors,
            family=family,
            evidence=row.evidence,
            source=source,
            not_burned=row.not_burned,
        )


def _cut(sectors: tuple[tuple[int, int], ...], size_bytes: int) -> tuple[tuple[int, int], ...]:
    """The first of ``sectors`` that have so many bytes together; empty where none ends there."""
    kept: list[tuple[int, int]] = []
    left = size_bytes
    for count, size in sectors:
        here = min(count, left // size)
        if here:
            kept.append((here, size))
            left -= here * size
        if here < count:
            break
    return tuple(kept) if left == 0 else ()


def _family_problems(family: Stm32Family) -> Mapping[str, str]:
    """What is wrong with each field, empty where nothing is."""
    is_whole_page = 0 < family.page_bytes <= MOST_BYTES_AT_ONCE and family.page_bytes % family.program_bytes == 0
    times = [family.program_us, *((typical, most) for _, typical, most in family.erase_ms)]
    times += [family.mass_ms] if family.mass_ms is not None else []
    sizes = [size for size, _, _ in family.erase_ms]
    is_timed = all(0 < typical <= most for typical, most in times)
    return {
        "page_bytes": "" if is_whole_page else "must be whole program units, at most 256 bytes",
        "erase_ms": "" if sizes and all(size % family.page_bytes == 0 for size in sizes) else "must be whole pages",
        "program_us": "" if is_timed else "typical and maximum must be above 0, maximum not below typical",
        "erased": "" if family.erased in (0x00, 0xFF) else "must be 0x00 or 0xFF",
        "supply_v": "" if 0 < family.supply_v[0] <= family.supply_v[1] else "must be lowest and highest volts",
        "source": "" if family.source.strip() else "must say where the figures are from",
        "options": _options_problem(family.options),
    }


def _options_problem(options: Stm32Options | None) -> str:
    if options is None:
        return ""
    step = 2 if options.has_complements else 1
    places = [options.readout, *options.fields.values()]
    if any(not 0 <= place < options.size_bytes or place % step for place in places) or len(set(places)) < len(places):
        return "fields and readout must be bytes of their own, in front of their complements"
    if not options.guards.keys() <= options.fields.keys() or not 0 < options.size_bytes <= MOST_BYTES_AT_ONCE:
        return "guards must be of fields, and all is at most 256 bytes"
    return "" if options.source.strip() else "must say where the figures are from"
