"""EEPROMs at a simulated CH341A, in modelled time, with the chips that the station burns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fixtures.sim.ch341a import Ch341a
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.i2c_eeprom import I2cEeprom, i2c_kinds
from fixtures.sim.microwire import Microwire, microwire_kinds
from fixtures.sim.modelled_wire import WireClock
from station.ic_programmer.burn import burn
from station.ic_programmer.chip import BurnableChip
from station.ic_programmer.chip_types import ChipType
from station.ic_programmer.eeprom_target import I2cTarget, MicrowireTarget, read_eeproms
from station.ic_programmer.i2c_chip import I2cChip
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnEvent, BurnJob, BurnOutcome, StageStarted
from station.ic_programmer.microwire_chip import MicrowireChip
from station.ic_programmer.programmers.ch341a_i2c import Ch341aI2c
from station.ic_programmer.programmers.ch341a_microwire import Ch341aMicrowire
from station.link.link import Link

Watch = Callable[[BurnEvent], None]
FRAME_S = 0.001
"""A frame of USB, which an answer waits for."""


class UsbWire:
    """A channel of bytes to the device; ``is_cut`` from there on as an unplugged one."""

    def __init__(self, device: Ch341a, clock: WireClock) -> None:
        self._device = device
        self._clock = clock
        self.is_cut = False

    def exchange(self, out: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
        if self.is_cut:
            raise EOFError
        if out:
            self._device.bulk_out(bytes(out))
            return len(out), b""
        self._clock.wait_until(self._device.wire.at)
        arrived = self._device.bulk_in(1 << 16)
        if not isinstance(arrived, bytes):
            self._clock.wait(timeout_s)
            return 0, b""
        self._clock.wait_until(self._device.wire.at + FRAME_S)
        return 0, arrived

    def wake(self) -> None:
        """Nobody waits here."""

    def close(self) -> None:
        """The device stays as it is."""


@dataclass
class Place:
    """One CH341A; its chip is in ``i2c`` or in ``microwire``."""

    device: Ch341a
    clock: WireClock
    wire: UsbWire
    link: Link

    @property
    def i2c(self) -> I2cEeprom:
        chip = self.device.i2c.bus.chip
        assert chip is not None
        return chip

    @property
    def microwire(self) -> Microwire:
        assert self.device.microwire is not None
        return self.device.microwire

    def chip(self, target: ChipType) -> BurnableChip:
        match target:
            case I2cTarget():
                i2c = Ch341aI2c(self.link, self.clock)
                i2c.begin()
                return I2cChip(i2c, target, self.clock)
            case MicrowireTarget():
                microwire = Ch341aMicrowire(self.link, self.clock)
                microwire.begin()
                return MicrowireChip(microwire, target, self.clock)
        raise AssertionError(target.name)

    def burned(self, name: str, data: bytes, start: int = 0, watch: Watch = lambda _: None) -> BurnOutcome:
        image = Image("a.bin", "", hashlib.sha256(data).hexdigest(), (Segment(start, data),))
        target = read_eeproms()[name]
        return burn(BurnJob(image, target), self.chip(target), self.clock, watch)


def place(name: str = "", word_bits: int = 0) -> Place:
    """With a blank 24Cxx, or a 93Cxx whose ORG pin makes words of ``word_bits``; empty without a name."""
    clock = WireClock()
    device = Ch341a(ChipSocket(), clock.of_the_world)
    if name in i2c_kinds():
        device.i2c.bus.chip = I2cEeprom(i2c_kinds()[name], clock.of_the_world)
    elif name:
        device.microwire = Microwire(microwire_kinds()[name], word_bits, clock.of_the_world)
    wire = UsbWire(device, clock)
    link = Link("prog", lambda _: wire, clock)
    link.open(1.0)
    return Place(device, clock, wire, link)


def content(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def at_stage(name: str, act: Callable[[], object]) -> Watch:
    """Act once, when the stage begins."""

    def watch(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == name:
            act()

    return watch
