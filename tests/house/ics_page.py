"""``make pages`` writes docs/ics.md: which ICs the station knows, by maker, and where each row's figures are from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from station.ic_programmer.dfu_target import read_dfu_devices
from station.ic_programmer.eeprom_target import read_eeproms
from station.ic_programmer.nor_protection import read_protections
from station.ic_programmer.stm32_target import Stm32Target, read_stm32
from station.ic_programmer.target import Target, read_targets

MAKERS: Mapping[str, str] = {
    "W25": "Winbond",
    "MX": "Macronix",
    "GD25": "GigaDevice",
    "M25": "Micron",
    "N25": "Micron",
    "MT25": "Micron",
    "IS25": "ISSI",
    "XM25": "XMC",
    "EN25": "EON",
    "SST2": "SST (Microchip)",
}
HEAD = """# ICs · 芯片

Made from the table `targets.toml` (`make pages`). Names in one row, and rows with the same JEDEC identity, answer
alike: identification names them all, and a burn does not claim to know which of them it was. *Times*: `row` as written
in the table, `chip` from the chip's own table (SFDP, JESD216A or newer); an IC whose chip has none is identified, read
and verified, and a burn is refused until a data sheet's times are in its row. What the chip says and what the row says
must agree in size and erase blocks. *Evidence*: `listed` from a public list, `datasheet` written by the data sheet,
`simulated` burned at the bench in a box, `recorded` against a recording of the IC, `proven` on the IC itself.

"""


DFU_DEVICES = """## Devices with plain DFU

Whole firmwares over USB (`driver = "dfu"`), read back where the device gives them back; *bootloader* is the vendor and
the product that it says.
"""


PROTECTION = """## Protection that can be set

Of a flash: the names of its status registers' bits (`--protect`), for the types whose data sheet is in
`nor_protection.toml`. Of a microcontroller: `RDP=1` of every type, option bytes of those whose family has them in
`stm32.toml`, in front of its name.
"""


MICROCONTROLLERS = """## STM32 microcontrollers

Burned through their boot ROM at a serial line. *Product* is what the boot ROM says, *sectors* are erased whole; the
size of the flash that the microcontroller tells must be that of its name.
"""


EEPROMS = """## Serial EEPROMs

Burned at a CH341A. They say nothing of themselves: the type is what is printed on them, and a 93C is named with the
width of its words, which its pin ORG makes (low: 8, high: 16). *Written*: what is written at once.
"""


def page() -> str:
    """The whole page."""
    rows = _rows()
    makers = dict.fromkeys(maker_of(target) for target, _ in rows)
    lines = [line for maker in makers for line in _section(maker, rows)]
    return (
        HEAD
        + "\n".join([*lines, *_microcontrollers(), *_eeproms(), *_dfu_devices(), *_protection(), *_sources(rows)])
        + "\n"
    )


def maker_of(target: Target) -> str:
    """By the beginning of its name; raises StopIteration for one that is not in ``MAKERS``."""
    return next(maker for start, maker in MAKERS.items() if target.name.startswith(start))


def _rows() -> list[tuple[Target, list[str]]]:
    """Each row of the table once, with all its names."""
    rows: dict[Target, list[str]] = {}
    for target in read_targets().values():
        rows.setdefault(replace(target, name="", same_jedec=()), []).append(target.name)
    return [(replace(row, name=names[0]), names) for row, names in rows.items()]


def _section(maker: str, rows: list[tuple[Target, list[str]]]) -> Iterator[str]:
    yield f"## {maker}\n"
    yield "| names | JEDEC | size | supply | times | evidence |"
    yield "|---|---|---|---|---|---|"
    mine = [(target, names) for target, names in rows if maker_of(target) == maker]
    for target, names in sorted(mine, key=lambda row: (row[0].supply_v[1] < 2.5, row[0].size_bytes)):
        supply = "{:g}–{:g} V".format(*target.supply_v)
        yield (
            f"| {', '.join(names)} | {target.jedec} | {_size(target.size_bytes)} | {supply} | {_times(target)} "
            f"| {target.evidence} |"
        )
    yield ""


def _microcontrollers() -> Iterator[str]:
    yield MICROCONTROLLERS
    yield "| names | product | sectors (of the largest) | erased to | evidence |"
    yield "|---|---|---|---|---|"
    rows: dict[tuple[str, str], list[Stm32Target]] = {}
    for target in read_stm32().values():
        rows.setdefault((target.identity, target.not_burned), []).append(target)
    for targets in rows.values():
        first, largest = targets[0], max(targets, key=lambda each: each.size_bytes)
        names = ", ".join(f"{each.name} ({_size(each.size_bytes)})" for each in targets)
        sectors = ", ".join(f"{count} × {_size(size)}" for count, size in largest.sectors)
        evidence = f"not burned: {first.not_burned}" if first.not_burned else first.evidence
        yield f"| {names} | 0x{first.product:03X} | {sectors} | {first.erased:02X} | {evidence} |"
    yield ""


def _eeproms() -> Iterator[str]:
    yield EEPROMS
    yield "| name | size | written | supply | evidence |"
    yield "|---|---|---|---|---|"
    for target in read_eeproms().values():
        supply = "{:g}–{:g} V".format(*target.supply_v)
        size = f"{target.size_bytes} B" if target.size_bytes < 1024 else _size(target.size_bytes)
        yield f"| {target.name} | {size} | {target.memory().page_bytes} B | {supply} | {target.evidence} |"
    yield ""


def _dfu_devices() -> Iterator[str]:
    yield DFU_DEVICES
    yield "| name | bootloader | largest firmware | evidence | source |"
    yield "|---|---|---|---|---|"
    for row in read_dfu_devices().values():
        who = f"{row.vendor:04X}:{row.product:04X}"
        yield f"| {row.name} | {who} | {_size(row.size_bytes)} | {row.evidence} | {row.source} |"
    yield ""


def _protection() -> Iterator[str]:
    yield PROTECTION
    yield "| types | can be set | source |"
    yield "|---|---|---|"
    for scheme in read_protections().values():
        names = ", ".join(f"`{name}` ({field.width} bit)" for name, field in scheme.bits.items())
        yield f"| {', '.join(scheme.parts)} | {names} | {scheme.source} |"
    families = {
        target.family.options.source: target.family for target in read_stm32().values() if target.family.options
    }
    for source, family in families.items():
        begins = sorted({target.name[:7] for target in read_stm32().values() if target.family == family})
        names = ", ".join(f"`{name}`" for name in family.options.fields) if family.options else ""
        yield f"| {', '.join(begins)}… | {names}, `RDP` | {source} |"
    yield ""


def _times(target: Target) -> str:
    if target.not_burned:
        return f"not burned: {target.not_burned}"
    return "row" if target.is_complete else "chip"


def _size(size_bytes: int) -> str:
    if size_bytes & 0x3FF:
        return f"{size_bytes} B"
    if size_bytes & 0xFFFFF:
        return f"{size_bytes >> 10} KiB"
    return f"{size_bytes >> 20} MiB" if size_bytes >> 20 else f"{size_bytes >> 10} KiB"


def _sources(rows: list[tuple[Target, list[str]]]) -> Iterator[str]:
    yield "## Where the figures are from\n"
    by_source: dict[str, list[str]] = {}
    for target, names in rows:
        by_source.setdefault(target.source, []).append(names[0])
    for microcontroller in read_stm32().values():
        by_source.setdefault(microcontroller.source, []).append(microcontroller.name)
    for eeprom in read_eeproms().values():
        by_source.setdefault(eeprom.source, []).append(eeprom.name)
    for source, names in by_source.items():
        yield f"- {source}: {', '.join(names)}"


if __name__ == "__main__":
    sys.stdout.write(page())
