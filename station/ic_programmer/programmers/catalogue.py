"""All programmers, what each carries, and how far each has been proven."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

import msgspec

from station.ic_programmer.chip import BurnableChip
from station.ic_programmer.chip_types import ChipType
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import ProgrammerError
from station.model.roles import BootRom, BootRomProduct, FirmwareDevice, I2cBus, MicrowireBus, SpiBus, UpgradeRom


class Carrier(Protocol):
    """What has a beginning and an end."""

    def begin(self) -> object:
        """Prove that it answers, and drive the pins."""
        ...

    def end(self) -> None:
        """Let go of the pins."""
        ...


class SpiProgrammer(SpiBus, Carrier, Protocol):
    """Carries SPI to one chip select."""


class BootRomLine(BootRom, Protocol):
    """Speaks to a microcontroller's boot ROM."""

    def begin(self) -> BootRomProduct: ...

    def end(self) -> None:
        """Let go of the line."""
        ...


class I2cProgrammer(I2cBus, Carrier, Protocol):
    """Carries I2C."""


class MicrowireProgrammer(MicrowireBus, Carrier, Protocol):
    """Carries Microwire to one chip select."""


class UpgradeDevice(UpgradeRom, Carrier, Protocol):
    """Speaks to a microcontroller's boot ROM at its USB."""


class FirmwareCarrier(FirmwareDevice, Carrier, Protocol):
    """Sends a firmware to a device at the USB."""


class Tool(Protocol):
    """Another program that burns chips."""

    def look(self) -> str:
        """What can be said of it without a chip; raises ProgrammerError where it cannot be used."""
        ...

    def chip(self, target: ChipType) -> BurnableChip:
        """The chip of that type; raises ProgrammerError for a type that it does not burn."""
        ...


C = TypeVar("C", bound=Carrier)


class ProgrammerEntry(msgspec.Struct, frozen=True):
    """A programmer; what it carries it imports and makes, None what it does not. ``evidence`` as for drivers."""

    name: str
    evidence: str
    spi: Callable[[Link, Clock], SpiProgrammer] | None = None
    boot_rom: Callable[[Link, Clock], BootRomLine] | None = None
    upgrade_rom: Callable[[Link, Clock], UpgradeDevice] | None = None
    firmware: Callable[[Link, Clock], FirmwareCarrier] | None = None
    i2c: Callable[[Link, Clock], I2cProgrammer] | None = None
    microwire: Callable[[Link, Clock], MicrowireProgrammer] | None = None
    tool: Callable[[str, str, Clock], Tool] | None = None
    """Another program, by the bench file's name and the words that tell it how; it needs no link."""

    @contextmanager
    def opened(self, link: Link, clock: Clock) -> Iterator[SpiBus]:
        """Its SPI for as long as the context lasts; raises ProgrammerError where it has none."""
        with _held(self.spi, "SPI", link, clock) as bus:
            yield bus

    @contextmanager
    def opened_boot_rom(self, link: Link, clock: Clock) -> Iterator[BootRom]:
        """The boot ROM at its line, likewise; raises ContactError where none answers."""
        with _held(self.boot_rom, "line to a microcontroller's boot ROM", link, clock) as rom:
            yield rom

    @contextmanager
    def opened_upgrade_rom(self, link: Link, clock: Clock) -> Iterator[UpgradeRom]:
        """The boot ROM at its USB, likewise."""
        with _held(self.upgrade_rom, "microcontroller's boot ROM at a USB", link, clock) as rom:
            yield rom

    @contextmanager
    def opened_firmware(self, link: Link, clock: Clock) -> Iterator[FirmwareDevice]:
        """The device with plain DFU at its USB, likewise."""
        with _held(self.firmware, "device with plain DFU at a USB", link, clock) as device:
            yield device

    @contextmanager
    def opened_i2c(self, link: Link, clock: Clock) -> Iterator[I2cBus]:
        """Its I2C, likewise."""
        with _held(self.i2c, "I2C", link, clock) as bus:
            yield bus

    @contextmanager
    def opened_microwire(self, link: Link, clock: Clock) -> Iterator[MicrowireBus]:
        """Its Microwire, likewise."""
        with _held(self.microwire, "Microwire", link, clock) as bus:
            yield bus


@contextmanager
def _held(make: Callable[[Link, Clock], C] | None, what: str, link: Link, clock: Clock) -> Iterator[C]:
    if make is None:
        raise ProgrammerError(link.name, f"has no {what}: choose another programmer")
    carrier = make(link, clock)
    carrier.begin()
    try:
        yield carrier
    finally:
        carrier.end()


def _serprog(link: Link, clock: Clock) -> SpiProgrammer:
    from station.ic_programmer.programmers.serprog import Serprog

    return Serprog(link, clock)


def _ch341a(link: Link, clock: Clock) -> SpiProgrammer:
    from station.ic_programmer.programmers.ch341a import Ch341a

    return Ch341a(link, clock)


def _stm32_usart(link: Link, clock: Clock) -> BootRomLine:
    from station.ic_programmer.programmers.stm32_usart import Stm32Usart

    return Stm32Usart(link, clock)


def _dfuse(link: Link, clock: Clock) -> UpgradeDevice:
    from station.ic_programmer.programmers.dfuse import DfuSe

    return DfuSe(link, clock)


def _plain_dfu(link: Link, clock: Clock) -> FirmwareCarrier:
    from station.ic_programmer.programmers.dfu_plain import PlainDfu

    return PlainDfu(link, clock)


def _ch341a_i2c(link: Link, clock: Clock) -> I2cProgrammer:
    from station.ic_programmer.programmers.ch341a_i2c import Ch341aI2c

    return Ch341aI2c(link, clock)


def _ch341a_microwire(link: Link, clock: Clock) -> MicrowireProgrammer:
    from station.ic_programmer.programmers.ch341a_microwire import Ch341aMicrowire

    return Ch341aMicrowire(link, clock)


def _flashrom(name: str, words: str, clock: Clock) -> Tool:
    from station.ic_programmer.programmers.flashrom import Flashrom

    return Flashrom(name, words, clock)


def _minipro(name: str, words: str, clock: Clock) -> Tool:
    from station.ic_programmer.programmers.minipro import Minipro

    return Minipro(name, words, clock)


def _pyocd(name: str, words: str, clock: Clock) -> Tool:
    from station.ic_programmer.programmers.pyocd import Pyocd

    return Pyocd(name, words, clock)


PROGRAMMERS: Mapping[str, ProgrammerEntry] = {
    entry.name: entry
    for entry in (
        ProgrammerEntry("serprog", "simulated", spi=_serprog),
        ProgrammerEntry("ch341a", "simulated", spi=_ch341a, i2c=_ch341a_i2c, microwire=_ch341a_microwire),
        ProgrammerEntry("stm32_usart", "simulated", boot_rom=_stm32_usart),
        ProgrammerEntry("dfuse", "simulated", upgrade_rom=_dfuse),
        ProgrammerEntry("dfu", "simulated", firmware=_plain_dfu),
        ProgrammerEntry("flashrom", "simulated", tool=_flashrom),
        ProgrammerEntry("minipro", "datasheet", tool=_minipro),
        ProgrammerEntry("pyocd", "datasheet", tool=_pyocd),
    )
}
