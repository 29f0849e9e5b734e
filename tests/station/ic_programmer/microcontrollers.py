"""A microcontroller at its bootloader on a line in modelled time, with the chip that the station burns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fixtures.sim.modelled_wire import ModelledWire, WireClock
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.stm32_rom import Stm32Rom
from fixtures.sim.uart_line import UartLine
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnEvent, BurnJob, BurnOptions, BurnOutcome, StageStarted
from station.ic_programmer.programmers.stm32_usart import Stm32Usart
from station.ic_programmer.stm32_chip import Stm32Chip
from station.ic_programmer.stm32_target import read_stm32
from station.link.link import Link

Watch = Callable[[BurnEvent], None]
PRODUCTION = BurnOptions()


@dataclass
class Mcu:
    """The microcontroller, its line, and the client at the other end."""

    kind: str
    clock: WireClock
    rom: Stm32Rom
    wires: list[ModelledWire]
    lines: list[UartLine]
    link: Link
    client: Stm32Usart

    @property
    def flash(self) -> Stm32Flash:
        return self.rom.flash

    def chip(self, target: str = "") -> Stm32Chip:
        """The client has begun; ``target`` is what the clerk says that it is."""
        self.client.begin()
        return Stm32Chip(self.client, read_stm32()[target or self.kind], self.clock)

    def burned(
        self, image: Image, watch: Watch = lambda _: None, target: str = "", options: BurnOptions = PRODUCTION
    ) -> BurnOutcome:
        job = BurnJob(image, read_stm32()[target or self.kind], options)
        return burn(job, self.chip(target), self.clock, watch)

    def bursts(self) -> int:
        return sum(line.bursts for line in self.lines)


def microcontroller(kind: str = "STM32F103x8", baud: int = 115200, latency_s: float = 0.001) -> Mcu:
    clock, rom = WireClock(), Stm32Rom(Stm32Flash(stm32_kinds()[kind]))
    wires: list[ModelledWire] = []
    lines: list[UartLine] = []

    def opened(_timeout_s: float) -> ModelledWire:
        lines.append(UartLine(rom, clock, baud, latency_s))
        wires.append(ModelledWire(lines[-1], clock))
        return wires[-1]

    link = Link("mcu", opened, clock)
    link.open(1.0)
    return Mcu(kind, clock, rom, wires, lines, link, Stm32Usart(link, clock))


def content(length: int, seed: int = 1) -> bytes:
    return hashlib.shake_128(b"%d" % seed).digest(length)


def image_of(data: bytes, start: int = 0) -> Image:
    return Image("a.bin", "1.4.2", hashlib.sha256(data).hexdigest(), (Segment(start, data),))


def at_stage(name: str, act: Callable[[], object]) -> Watch:
    """Act once, when the stage begins."""

    def watch(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == name:
            act()

    return watch
