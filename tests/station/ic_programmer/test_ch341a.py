"""A CH341A at the level of its USB packets: transactions as asked, waits on the wire, a whole burn through it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from fixtures.sim.ch341a import SPI_HZ
from fixtures.sim.ch341a import Ch341a as SimulatedCh341a
from fixtures.sim.chip_kind import chip_kinds
from fixtures.sim.chip_socket import ChipSocket
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.modelled_usb import LATENCY_S, SentAhead
from fixtures.sim.modelled_wire import ModelledWire, WireClock
from fixtures.sim.nor import Nor
from fixtures.sim.usb_port import UsbPort
from station.config.address import UsbAddress
from station.ic_programmer.burn import burn
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import BurnJob
from station.ic_programmer.nor_chip import NorChip
from station.ic_programmer.programmers.catalogue import PROGRAMMERS
from station.ic_programmer.programmers.ch341a import Ch341a
from station.ic_programmer.target import read_targets
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import LinkError
from station.model.roles import SpiTransaction
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.link.served import Server, server

CHIP = read_targets()["W25Q80DV"]
CLOCK = SystemClock()
ADDRESS = UsbAddress(0x1A86, 0x5512, "", None)


@dataclass
class Plugged:
    """A programmer with a chip, and the client at the other end of its USB."""

    device: SimulatedCh341a
    chip: Nor
    port: UsbPort
    line: Server
    link: Link
    bus: Ch341a


@pytest.fixture(params=[0.0, 1.0])
def plugged(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugged]:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    clock, socket = SimClock(request.param), ChipSocket()
    chip = Nor(chip_kinds()["W25Q80DV"], bytes(8), clock)
    socket.hold(chip, "W25Q80DV")
    device = SimulatedCh341a(socket, clock)
    port = UsbPort(device, LineFaults(dice()), clock, "")
    with server() as served:
        served.serve(port)
        link = open_link("prog", replace(ADDRESS, backend=f"{USB_BACKEND}@{port.place}"), CLOCK, 2.0)
        bus = Ch341a(link, CLOCK)
        bus.begin()
        yield Plugged(device, chip, port, served, link, bus)
        link.close()


def test_an_answer_is_there_when_the_bus_has_carried_it(plugged: Plugged) -> None:
    scale = plugged.device.clock.scale
    reads = [SpiTransaction(b"\x03\0\0\0", 4000)] * 5
    begun_s = CLOCK.now()
    assert plugged.bus.stream(reads) == [b"\xff" * 4000] * 5
    assert CLOCK.now() - begun_s >= scale * 5 * 4004 * 8 / SPI_HZ
    sector = SpiTransaction(b"\x20\0\0\0", 0, 62_000)
    erased = plugged.bus.stream([SpiTransaction(b"\x06"), sector, SpiTransaction(b"\x05", 1)])
    assert erased[2] == b"\0", "what the host waits is what the chip has"


def test_transactions_of_every_length_are_answered_in_order(plugged: Plugged) -> None:
    plugged.chip.cells.program(0, bytes(range(256)))
    lengths = (1, 26, 27, 28, 58, 59, 62, 250)
    answers = plugged.bus.stream([SpiTransaction(b"\x03\0\0\0", length) for length in lengths])
    assert answers == [bytes(range(length)) for length in lengths]
    assert plugged.bus.transfer(b"\x9f", 3).hex() == "ef4014"


def test_a_command_without_an_answer_is_done_when_the_stream_ends(plugged: Plugged) -> None:
    plugged.bus.transfer(b"\x06", 0)
    assert plugged.bus.transfer(b"\x05", 1) == b"\x02"
    assert not plugged.device.wire.is_selected


def test_waits_pass_on_the_wire(plugged: Plugged) -> None:
    page = bytes(range(256))
    program = SpiTransaction(b"\x02\0\0\0" + page, 0, 1500)
    answers = plugged.bus.stream([SpiTransaction(b"\x06"), program, SpiTransaction(b"\x05", 1)])
    assert answers[2] == b"\0", "the page was done when it was asked, though no host has waited"
    assert plugged.bus.transfer(b"\x03\0\0\0", 256) == page


def test_an_image_is_burned_and_read_back(plugged: Plugged) -> None:
    plugged.chip.cells.program(0x1000, b"\x12" * 100)
    content = hashlib.shake_256(b"image").digest(3000)
    image = Image("i.bin", "1", hashlib.sha256(content).hexdigest(), (Segment(0, content),))
    outcome = burn(BurnJob(image, CHIP), NorChip(plugged.bus, CHIP, CLOCK), CLOCK, lambda event: None)
    assert (outcome.result, outcome.failure) == ("PASS", None)
    assert outcome.after_sha256 == image.sha256
    assert plugged.chip.cells.read(0, 3000) == content
    assert plugged.chip.cells.read(0x1000, 100) == b"\x12" * 100
    assert outcome.programmer_model == "CH341A"


def test_an_empty_socket_is_the_contacts_fault(plugged: Plugged) -> None:
    plugged.device.socket.hold(None, "")
    image = Image("i.bin", "1", hashlib.sha256(b"x").hexdigest(), (Segment(0, b"x"),))
    outcome = burn(BurnJob(image, CHIP), NorChip(plugged.bus, CHIP, CLOCK), CLOCK, lambda event: None)
    assert outcome.result == "ERROR"
    assert outcome.failure is not None and "reseat the chip" in outcome.failure.message


def test_at_the_end_the_pins_are_let_go(plugged: Plugged) -> None:
    plugged.bus.transfer(b"\x9f", 3)
    assert plugged.device.directions == 0x3F
    plugged.bus.end()
    assert plugged.device.directions == 0
    with PROGRAMMERS["ch341a"].opened(plugged.link, CLOCK) as bus:
        assert bus.transfer(b"\x9f", 3).hex() == "ef4014"
    assert plugged.device.directions == 0


def test_what_an_earlier_owner_has_left_is_no_answer(plugged: Plugged) -> None:
    plugged.device.put(b"\x55" * 20)
    with pytest.raises(LinkError):
        plugged.bus.transfer(b"\x9f", 3)
    plugged.bus.begin()
    assert plugged.bus.transfer(b"\x9f", 3).hex() == "ef4014"


def test_a_pulled_plug_is_an_error_by_name(plugged: Plugged) -> None:
    plugged.line.fault(plugged.port, LineFault("close"))
    with pytest.raises(LinkError, match="prog: "):
        plugged.bus.transfer(b"\x9f", 3)


def modelled() -> tuple[Ch341a, WireClock, Nor]:
    """A client and its device on one clock that counts what the bus takes."""
    clock, socket = WireClock(), ChipSocket()
    chip = Nor(chip_kinds()["W25Q80DV"], bytes(8), clock.of_the_world)
    socket.hold(chip, "W25Q80DV")
    device = SimulatedCh341a(socket, clock.of_the_world)
    link = Link("prog", lambda _: ModelledWire(SentAhead(device, clock), clock), clock)
    link.open(1.0)
    bus = Ch341a(link, clock)
    bus.begin()
    return bus, clock, chip


def test_a_long_read_takes_what_the_spi_clock_takes() -> None:
    bus, clock, _ = modelled()
    reads = [SpiTransaction(b"\x03" + address.to_bytes(3, "big"), 4000) for address in range(0, 40_000, 4000)]
    begun_s = clock.now()
    bus.stream(reads)
    assert 40_000 * 8 / SPI_HZ <= clock.now() - begun_s < 40_000 * 8 / SPI_HZ / 0.97


def test_pages_follow_each_other_without_a_turn_of_the_host() -> None:
    bus, clock, chip = modelled()
    pages = [bytes((number,)) * 256 for number in range(20)]
    stream = [
        transaction
        for number, page in enumerate(pages)
        for transaction in (
            SpiTransaction(b"\x06"),
            SpiTransaction(b"\x02" + (256 * number).to_bytes(3, "big") + page, 0, 1000),
            SpiTransaction(b"\x05", 1),
        )
    ]
    begun_s = clock.now()
    assert bus.stream(stream)[2::3] == [b"\0"] * 20
    took_s = clock.now() - begun_s
    assert chip.cells.read(0, 20 * 256) == b"".join(pages)
    assert took_s < 20 * (263 * 8 / SPI_HZ + 1e-3) + 20 * LATENCY_S / 2


def test_whoever_stops_a_stream_finds_a_sound_link() -> None:
    bus, clock, _ = modelled()
    given: list[bytes] = []

    def take(answer: bytes) -> None:
        given.append(answer)
        if len(given) == 3:
            raise KeyError("enough")

    with pytest.raises(KeyError):
        bus.flow((SpiTransaction(b"\x03\0\0\0", 1000) for _ in range(10_000)), take)
    assert len(given) == 3
    assert bus.transfer(b"\x9f", 3).hex() == "ef4014"
    assert clock.now() < 1.0
