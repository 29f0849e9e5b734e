"""Control requests for 1 MiB into an STM32F407 over DfuSe: ours, with and without reading back, beside dfu-util's."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.result import Result
from fixtures.sim.device import SimClock
from fixtures.sim.dfu import DfuDevice
from fixtures.sim.dfuse import dfuse_device
from fixtures.sim.faults import LineFaults
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.usb_port import UsbPort
from station.config.address import UsbAddress
from station.ic_programmer.dfu_chip import DfuChip
from station.ic_programmer.programmers.dfuse import DfuSe
from station.ic_programmer.stm32_target import read_stm32
from station.link.clock import SystemClock
from station.link.opening import open_link
from tests.referee.usb_stack import usb_stack
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.link.served import server

CHIP, SIZE_BYTES, START = "STM32F407xG", 1 << 20, 0x08000000
MOST_FOR_WRITING, MOST_WITH_READING = 0.52, 0.68
DFU_UTIL = Path("/usr/bin/dfu-util")


def measure() -> list[Result]:
    """Erase and program every sector; then the same with a read-back of every byte."""
    image = hashlib.shake_256(b"image").digest(SIZE_BYTES)
    written, read_back = ours(image)
    theirs = dfu_util(image)
    name = f"DfuSe {CHIP} 1 MiB, control requests: "
    return [
        Result("burn", f"{name}{what}", count, "", theirs and most * theirs, "dfu-util's write, no read-back", theirs)
        for what, count, most in (
            ("write", written, MOST_FOR_WRITING),
            ("write and read back", read_back, MOST_WITH_READING),
        )
    ]


def ours(image: bytes) -> tuple[int, int]:
    """Requests until all is programmed, and until all is read back."""
    os.environ["FANJI_USB_BACKENDS"] = USB_BACKEND
    device, clock = blank_device(), SystemClock()
    port = plug(device)
    with server() as served:
        served.serve(port)
        link = open_link("prog", UsbAddress(0x0483, 0xDF11, "", None, f"{USB_BACKEND}@{port.place}"), clock, 5.0)
        rom = DfuSe(link, clock)
        rom.begin()
        chip = DfuChip(rom, read_stm32()[CHIP], clock)
        chip.contact()
        memory = chip.learn_memory()
        sectors = memory.levels[0]
        chip.erase(
            [(zone.kind, zone.start + index * zone.kind.size_bytes) for zone in sectors for index in range(zone.count)],
            _unwatched,
        )
        step = memory.page_bytes
        chip.program([(at, image[at : at + step]) for at in range(0, SIZE_BYTES, step)], _unwatched)
        written = device.requests
        assert chip.read(0, SIZE_BYTES, _unwatched) == image
        rom.end()
        link.close()
    return written, device.requests


def dfu_util(image: bytes) -> int | None:
    """Requests of ``dfu-util -D``; None where it or umockdev is not installed."""
    if not DFU_UTIL.exists() or not Path("/usr/bin/umockdev-run").exists():
        return None
    device = blank_device()
    with usb_stack() as stack, tempfile.NamedTemporaryFile() as file:
        stack.plug(plug(device))
        file.write(image)
        file.flush()
        command = [str(DFU_UTIL), "-d", ",0483:df11", "-a", "0", "-s", f"0x{START:08X}", "-D", file.name]
        subprocess.run(command, env=stack.environment(), check=True, capture_output=True)
    return device.requests


def blank_device() -> DfuDevice:
    return dfuse_device(Stm32Flash(stm32_kinds()[CHIP]), SimClock(0.0))


def plug(device: DfuDevice) -> UsbPort:
    return UsbPort(device, LineFaults(dice()), device.clock, "357836673233")


def _unwatched(_done: int) -> None:
    """Nobody looks."""
