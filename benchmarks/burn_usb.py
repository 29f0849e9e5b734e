"""A CH341A in modelled time: our reading beside the SPI clock's limit, our writing beside flashrom's.

The same device model and the same latency of a USB transfer for both; flashrom, unmodified, sits behind umockdev.
What flashrom waits by itself (between looks at an erase) is not counted to it.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from benchmarks.result import Result
from fixtures.sim.ch341a import SPI_HZ
from fixtures.sim.ch341a import Ch341a as Device
from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.faults import LineFaults
from fixtures.sim.modelled_usb import SentAhead, WaitedFor
from fixtures.sim.modelled_wire import ModelledWire, WireClock
from fixtures.sim.nor import Nor
from fixtures.sim.usb_port import UsbPort
from station.ic_programmer.nor import SpiNor
from station.ic_programmer.programmers.ch341a import Ch341a
from station.ic_programmer.target import read_targets
from station.link.link import Link
from tests.referee.usb_stack import usb_stack
from tests.sim.bench_wiring import dice

CHIP, FLASHROM_CHIP = "W25Q32JV", "W25Q32.V"
SIZE_BYTES = 1 << 22
LEAST_READ = 0.97
"""Of what the SPI clock lets through."""
LEAST_GAIN = 1.7


def measure() -> list[Result]:
    """A read of the whole chip; a half-used image into a blank chip with a read-back of every byte, without backup."""
    limit_s = 8 * SIZE_BYTES / SPI_HZ
    image = hashlib.shake_256(b"image").digest(SIZE_BYTES // 2).ljust(SIZE_BYTES, b"\xff")
    read_s, write_s = ours(image)
    name = f"CH341A {CHIP} 4 MiB, modelled: "
    read = Result("burn", f"{name}read", read_s, "s", limit_s / LEAST_READ, "SPI clock's limit", limit_s)
    theirs_s = flashrom(image)
    bar_s = None if theirs_s is None else theirs_s / LEAST_GAIN
    written = Result("burn", f"{name}half-used, write and read back", write_s, "s", bar_s, "flashrom", theirs_s)
    return [read, written]


def ours(image: bytes) -> tuple[float, float]:
    """Modelled seconds of reading, and of writing with reading back."""
    clock, socket = WireClock(), ChipSocket()
    socket.hold(Nor(chip_kinds()[CHIP], bytes(8), clock.of_the_world), CHIP)
    device = Device(socket, clock.of_the_world)
    link = Link("prog", lambda _: ModelledWire(SentAhead(device, clock), clock), clock)
    link.open(1.0)
    bus = Ch341a(link, clock)
    bus.begin()
    nor = SpiNor(bus, read_targets()[CHIP], clock)
    begun_s = clock.now()
    nor.read(0, SIZE_BYTES, _unwatched)
    read_s = clock.now() - begun_s
    page_bytes = nor.learn_layout().page_bytes
    used = range(0, len(image.rstrip(b"\xff")), page_bytes)
    begun_s = clock.now()
    nor.program([(at, image[at : at + page_bytes]) for at in used], _unwatched, (), _not_read)
    assert nor.read(0, SIZE_BYTES, _unwatched) == image
    return read_s, clock.now() - begun_s


def flashrom(image: bytes) -> float | None:
    """Modelled seconds of ``flashrom -w``; None where it or umockdev is not installed."""
    program = next((path for path in ("/usr/sbin/flashrom", "/usr/bin/flashrom") if Path(path).exists()), None)
    if program is None or not Path("/usr/bin/umockdev-run").exists():
        return None
    clock, socket = WireClock(), ChipSocket()
    socket.hold(Nor(chip_kinds()[CHIP], bytes(8), clock.of_the_world), CHIP)
    device = WaitedFor(Device(socket, clock.of_the_world), clock)
    with usb_stack() as stack, tempfile.NamedTemporaryFile() as file:
        stack.plug(UsbPort(device, LineFaults(dice()), clock.of_the_world, ""))
        file.write(image)
        file.flush()
        command = [program, "-p", "ch341a_spi", "-c", FLASHROM_CHIP, "-w", file.name]
        subprocess.run(command, env=stack.environment(), check=True, capture_output=True)
    return clock.now()


def _unwatched(_done: int) -> None:
    """Nobody looks."""


def _not_read(_start: int, _content: bytes) -> None:
    """Nothing is read on the way."""
