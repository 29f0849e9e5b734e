"""Opens one programmer of a bench, and the chip at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from station.bench.checking import check_bench
from station.config.address import ProgramAddress, Rfc2217Address, SerialAddress
from station.config.bench_file import BenchFile, ProgrammerRow
from station.ic_programmer.chip import BurnableChip
from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.dfu_chip import DfuChip, version_of
from station.ic_programmer.dfu_target import DfuTarget
from station.ic_programmer.eeprom_target import I2cTarget, MicrowireTarget
from station.ic_programmer.firmware_chip import FirmwareChip
from station.ic_programmer.i2c_chip import I2cChip
from station.ic_programmer.microwire_chip import MicrowireChip
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.programmers.catalogue import PROGRAMMERS, ProgrammerEntry
from station.ic_programmer.stm32_chip import Stm32Chip
from station.ic_programmer.stm32_target import Stm32Target
from station.ic_programmer.target import Target
from station.link.link import Link
from station.link.opening import open_link
from station.model.clock import Clock
from station.model.errors import ContactError, LinkRefused, OperatorError
from station.model.roles import SpiBus

OPEN_S = 2.0
BOOT_ROM_FORMAT = "8E1"

Watch = Callable[[SpiBus], SpiBus]
"""Gives what carries instead of a bus, so that somebody may look on."""


@contextmanager
def open_programmer(bench: BenchFile, name: str, clock: Clock, target: ChipType | None = None) -> Iterator[SpiBus]:
    """The SPI of programmer ``name``, synchronised; its pins are let go at the end.

    Raises OperatorError for a name the bench file does not have, ConfigError where the pins' level is not what
    ``target`` bears, LinkError or ProgrammerError where the programmer does not answer.
    """
    with linked_programmer(bench, name, clock, target) as (link, entry), entry.opened(link, clock) as bus:
        yield bus


@contextmanager
def open_chip(
    bench: BenchFile, name: str, clock: Clock, target: ChipType, watch: Watch = lambda bus: bus
) -> Iterator[BurnableChip]:
    """The chip of type ``target`` at programmer ``name``, not met yet; raises what ``open_programmer`` raises.

    Raises ProgrammerError where the programmer does not carry what such a chip hangs on.
    """
    entry, row = _entry(bench, name, target), programmer_row(bench, name)
    if entry.tool is not None and isinstance(row.address, ProgramAddress):
        yield entry.tool(name, row.address.words, clock).chip(target)
        return
    with linked_programmer(bench, name, clock, target) as (link, entry):
        match target:
            case Target():
                with entry.opened(link, clock) as bus:
                    yield NorChip(watch(bus), target, clock)
            case Stm32Target() if entry.upgrade_rom is not None:
                with entry.opened_upgrade_rom(link, clock) as upgrade_rom:
                    yield DfuChip(upgrade_rom, target, clock)
            case Stm32Target():
                with entry.opened_boot_rom(link, clock) as rom:
                    yield Stm32Chip(rom, target, clock)
            case DfuTarget():
                with entry.opened_firmware(link, clock) as device:
                    yield FirmwareChip(device, target)
            case I2cTarget():
                with entry.opened_i2c(link, clock) as i2c:
                    yield I2cChip(i2c, target, clock)
            case MicrowireTarget():
                with entry.opened_microwire(link, clock) as microwire:
                    yield MicrowireChip(microwire, target, clock)


def look_at_programmer(bench: BenchFile, name: str, clock: Clock) -> str:
    """What the programmer calls itself, or the microcontroller at it; raises what ``open_programmer`` raises."""
    row = programmer_row(bench, name)
    if isinstance(row.address, ProgramAddress) and (tool := PROGRAMMERS[row.driver].tool) is not None:
        return tool(name, row.address.words, clock).look()
    if PROGRAMMERS[row.driver].upgrade_rom is not None or PROGRAMMERS[row.driver].firmware is not None:
        return _look_at_bootloader(bench, name, clock)
    with linked_programmer(bench, name, clock) as (link, entry):
        if entry.boot_rom is None:
            with entry.opened(link, clock) as bus:
                return bus.describe()
        try:
            with entry.opened_boot_rom(link, clock) as rom:
                found = rom.product()
                return f"STM32 product 0x{found.product:03X}, boot ROM {found.version >> 4}.{found.version & 0xF}"
        except ContactError:
            return f"no unit is in its bootloader{_of_parity(programmer_row(bench, name))}"


def _of_parity(row: ProgrammerRow) -> str:
    """A boot ROM has a parity bit (AN3155); without it nothing answers whatever the unit does."""
    match row.address:
        case SerialAddress(format=form) | Rfc2217Address(format=form) if form != BOOT_ROM_FORMAT:
            return f"; the port is {form}, a boot ROM speaks {BOOT_ROM_FORMAT}: add &format={BOOT_ROM_FORMAT}"
    return ""


def _look_at_bootloader(bench: BenchFile, name: str, clock: Clock) -> str:
    """It is on the USB only while a unit is in its bootloader."""
    try:
        with linked_programmer(bench, name, clock) as (link, entry):
            if entry.firmware is not None:
                with entry.opened_firmware(link, clock) as device:
                    product = device.product()
                    return f"USB bootloader {product.vendor:04X}:{product.product:04X}"
            with entry.opened_upgrade_rom(link, clock) as rom:
                return f"STM32 USB boot ROM {version_of(rom.product())}"
    except LinkRefused as error:
        return f"no unit is in its bootloader ({error.problem})"


@contextmanager
def linked_programmer(
    bench: BenchFile, name: str, clock: Clock, target: ChipType | None = None
) -> Iterator[tuple[Link, ProgrammerEntry]]:
    """The open link and the catalogue's row; raises what ``open_programmer`` raises, but for what it carries."""
    entry, row = _entry(bench, name, target), programmer_row(bench, name)
    link = open_link(name, row.address, clock, OPEN_S)
    try:
        yield link, entry
    finally:
        link.close()


def _entry(bench: BenchFile, name: str, target: ChipType | None) -> ProgrammerEntry:
    """The catalogue's row of a programmer that ``target`` bears; raises OperatorError, ConfigError."""
    check_bench(bench)
    row = programmer_row(bench, name)
    if target is not None and not target.supply_v[0] <= row.level_v <= target.supply_v[1]:
        problem = f"{row.level_v} V, but a {target.name} bears {target.supply_v[0]} to {target.supply_v[1]} V"
        raise bench.toml.error(("programmers", name, "level_v"), problem)
    return PROGRAMMERS[row.driver]


def programmer_row(bench: BenchFile, name: str) -> ProgrammerRow:
    """The bench file's row; raises OperatorError with those that there are."""
    row = bench.programmers.get(name)
    if row is None:
        raise OperatorError(
            f"no programmer {name!r} at this bench (there are: {', '.join(bench.programmers) or 'none'})"
        )
    return row
