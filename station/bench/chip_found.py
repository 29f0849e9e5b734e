"""Asks whatever chip is at a programmer who it is, and which types say the same."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from station.bench.programmer import linked_programmer, programmer_row
from station.config.bench_file import BenchFile
from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.dfu_chip import DfuChip, is_laid_out
from station.ic_programmer.dfu_target import DfuTarget
from station.ic_programmer.firmware_chip import FirmwareChip
from station.ic_programmer.nor import SpiNor
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.ic_programmer.stm32_chip import Stm32Chip
from station.ic_programmer.stm32_target import Stm32Target
from station.ic_programmer.target import Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import ProgrammerError, WrongChip
from station.model.roles import BootRom, FirmwareDevice, SpiBus, UpgradeRom


class ChipFound(msgspec.Struct, frozen=True):
    """What answers at a programmer; ``targets`` are the IC types that say so."""

    programmer: str
    identity: ChipIdentity
    targets: tuple[str, ...]


def identify_chip(bench: BenchFile, name: str, clock: Clock, targets: Iterable[ChipType]) -> ChipFound:
    """Ask the chip who it is; raises ContactError where none answers, or not the same three times.

    Raises WrongChip for one that none of ``targets`` is, ProgrammerError at a programmer that is another program.
    """
    if PROGRAMMERS[programmer_row(bench, name).driver].tool is not None:
        raise ProgrammerError(name, "is another program, which must be told the type: read or verify with --target")
    with linked_programmer(bench, name, clock) as (link, entry):
        if entry.upgrade_rom is not None:
            with entry.opened_upgrade_rom(link, clock) as upgrade_rom:
                return _upgraded(upgrade_rom, clock, [each for each in targets if isinstance(each, Stm32Target)])
        if entry.firmware is not None:
            with entry.opened_firmware(link, clock) as device:
                return _firmware(device, [each for each in targets if isinstance(each, DfuTarget)])
        if entry.boot_rom is not None:
            with entry.opened_boot_rom(link, clock) as rom:
                return _microcontroller(rom, clock, [each for each in targets if isinstance(each, Stm32Target)])
        with entry.opened(link, clock) as bus:
            return _flash(bus, clock, [each for each in targets if isinstance(each, Target)])


def _flash(bus: SpiBus, clock: Clock, targets: list[Target]) -> ChipFound:
    jedec = SpiNor(bus, targets[0], clock).read_jedec()
    known = [target for target in targets if target.jedec == jedec]
    if not known:
        raise _unknown(f"the chip says {jedec}")
    identity = SpiNor(bus, known[0], clock).read_identity(jedec)
    return ChipFound(bus.describe(), identity, tuple(target.name for target in known))


def _microcontroller(rom: BootRom, clock: Clock, targets: list[Stm32Target]) -> ChipFound:
    """By its product, and by the size of its flash where it tells it."""
    product = rom.product().product
    known = [target for target in targets if target.product == product]
    if not known:
        raise _unknown(f"the microcontroller says product 0x{product:03X}")
    chip = Stm32Chip(rom, known[0], clock)
    chip.contact()
    identity = chip.identify()
    fitting = [target for target in known if _fits(Stm32Chip(rom, target, clock))]
    return ChipFound(chip.describe(), identity, tuple(target.name for target in fitting or known))


def _upgraded(rom: UpgradeRom, clock: Clock, targets: list[Stm32Target]) -> ChipFound:
    """By the map of its flash, which is all that a boot ROM at the USB tells."""
    found = rom.product()
    known = [target for target in targets if is_laid_out(found, target)]
    if not known:
        sectors = ", ".join(f"{count} of {size} bytes" for count, size in found.memory.sectors)
        raise _unknown(f"the bootloader maps {sectors}")
    chip = DfuChip(rom, known[0], clock)
    chip.contact()
    return ChipFound(chip.describe(), chip.identify(), tuple(target.name for target in known))


def _firmware(device: FirmwareDevice, targets: list[DfuTarget]) -> ChipFound:
    """By vendor and product of its bootloader."""
    found = device.product()
    known = [target for target in targets if (target.vendor, target.product) == (found.vendor, found.product)]
    if not known:
        raise _unknown(f"the bootloader says {found.vendor:04X}:{found.product:04X}")
    chip = FirmwareChip(device, known[0])
    chip.contact()
    return ChipFound(chip.describe(), chip.identify(), tuple(target.name for target in known))


def _fits(chip: Stm32Chip) -> bool:
    try:
        chip.require_readable()
    except WrongChip:
        return False
    return True


def _unknown(said: str) -> WrongChip:
    return WrongChip(f"{said}, which is no target: add a row with its data sheet's figures")
