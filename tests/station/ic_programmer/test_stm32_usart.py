"""The boot ROM of an STM32: found whatever it was doing, read and programmed, and never believed without reading."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.pty_port import PtyPort
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.stm32_rom import Stm32Rom
from station.config.address import SerialAddress
from station.ic_programmer.programmers.stm32_usart import BLOCK_BYTES, Stm32Usart
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import ContactError, LinkError, ProtectedError, TargetError
from tests.sim.bench_wiring import dice
from tests.station.link.served import Server, server

F1, F4, G0 = "STM32F103xB", "STM32F407xG", "STM32G071xB"
START = 0x08000000
LONGEST_S = 1.0
CLOCK = SystemClock()


@dataclass
class Wired:
    """A microcontroller, and the client at the other end of its line."""

    flash: Stm32Flash
    rom: Stm32Rom
    port: PtyPort
    line: Server
    link: Link
    client: Stm32Usart


@pytest.fixture(params=[F1, F4, G0])
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    flash = Stm32Flash(stm32_kinds()[request.param])
    rom = Stm32Rom(flash)
    port = PtyPort(rom, LineFaults(dice()), SimClock(0.0), 115200)
    with server() as served:
        path = served.serve(port).removeprefix("serial://").partition("?")[0]
        link = open_link("mcu", SerialAddress(path, 115200), CLOCK, 1.0)
        yield Wired(flash, rom, port, served, link, Stm32Usart(link, CLOCK))
        link.close()


def test_it_is_known_by_its_product_and_its_commands(wired: Wired) -> None:
    found = wired.client.begin()
    assert (found.product, found.version) == (wired.flash.kind.product, wired.flash.kind.version)
    assert (0x44 in found.commands) == wired.flash.kind.has_extended_erase


@pytest.mark.parametrize("left", [b"", b"\x7f", b"\x7f\x31", b"\x7f\x00\xff\x11", b"\x7f\x02\xfd\x7f"])
def test_it_is_found_whatever_somebody_has_left_half_done(wired: Wired, left: bytes) -> None:
    session = wired.rom.connect()
    session.receive(left)
    assert wired.client.begin().product == wired.flash.kind.product
    assert wired.client.begin().product == wired.flash.kind.product


def test_an_image_is_programmed_and_read_back(wired: Wired) -> None:
    wired.client.begin()
    image = hashlib.shake_256(b"image").digest(5 * BLOCK_BYTES)
    wired.client.erase([0, 1], 5.0)
    for offset in range(0, len(image), BLOCK_BYTES):
        wired.client.write(START + offset, image[offset : offset + BLOCK_BYTES], LONGEST_S)
    back = b"".join(wired.client.read(START + offset, BLOCK_BYTES) for offset in range(0, len(image), BLOCK_BYTES))
    assert back == image
    assert wired.flash.erase_counts[:3] == [1, 1, 0]
    wired.client.erase(None, 20.0)
    assert wired.client.read(START, 4) == b"\xff" * 4


def test_more_sectors_than_a_command_can_name_are_erased_by_several(wired: Wired) -> None:
    wired.client.begin()
    everything = list(range(len(wired.flash.spans)))
    wired.client.erase(everything, 20.0)
    assert wired.flash.erase_counts == [1] * len(everything)


def test_readout_protection_is_said_and_nothing_is_unprotected(wired: Wired) -> None:
    wired.client.begin()
    wired.flash.is_read_protected = True
    for act in (lambda: wired.client.read(START, 4), lambda: wired.client.erase(None, 1.0)):
        with pytest.raises(ProtectedError, match="readout protection is on"):
            act()
    assert wired.flash.is_read_protected


def test_a_place_outside_of_the_flash_is_refused_by_its_address(wired: Wired) -> None:
    wired.client.begin()
    with pytest.raises(TargetError, match="refuses write at 0x20000000"):
        wired.client.write(0x20000000, b"\0" * 4, LONGEST_S)
    assert wired.client.read(START, 4) == b"\xff" * 4, "it goes on"


def test_writes_that_are_dropped_are_seen_only_by_reading(wired: Wired) -> None:
    wired.client.begin()
    wired.flash.drops_writes = True
    wired.client.write(START, b"\x12" * 8, LONGEST_S)
    assert wired.client.read(START, 8) == b"\xff" * 8


@pytest.mark.parametrize("wired", [F1], indirect=True)
def test_a_unit_that_is_not_in_its_bootloader_says_what_to_look_at(wired: Wired) -> None:
    wired.rom.is_running_application = True
    with pytest.raises(ContactError, match="no bootloader answers: is BOOT0 high"):
        wired.client.begin()


def test_a_pulled_cable_is_an_error_of_the_link_by_name(wired: Wired) -> None:
    wired.client.begin()
    wired.line.fault(wired.port, LineFault("close"))
    with pytest.raises(LinkError, match="mcu: "):
        wired.client.read(START, 4)
