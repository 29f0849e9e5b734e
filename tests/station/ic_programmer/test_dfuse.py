"""DfuSe by its control transfers: what is asked, how often, how long it is waited for, what comes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from fixtures.sim.dfu import CAN_DOWNLOAD, CAN_UPLOAD, DfuDevice, State, functional_descriptor
from fixtures.sim.dfuse import dfuse_device
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.modelled_wire import WireClock
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.usb_port import UsbPort
from station.config.address import UsbAddress
from station.ic_programmer.burn import burn
from station.ic_programmer.dfu_chip import DfuChip
from station.ic_programmer.image import Image, Segment
from station.ic_programmer.job import STAGES, BurnJob, BurnOutcome, StageStarted
from station.ic_programmer.programmers.dfuse import DfuSe, parsed_memory
from station.ic_programmer.stm32_target import read_stm32
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import BusyError, LinkError, ProgrammerError, TargetError
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.link.served import Server, server

SERIAL = "357836673233"
F407 = read_stm32()["STM32F407xG"]
START = 0x08000000
CONTENT = hashlib.shake_256(b"image").digest(40_000)


@dataclass
class Unit:
    """A microcontroller in its bootloader, and the station's end of its USB; its time is modelled."""

    device: DfuDevice
    flash: Stm32Flash
    port: UsbPort
    line: Server
    link: Link
    rom: DfuSe
    clock: WireClock

    def burn(self, content: bytes = CONTENT) -> BurnOutcome:
        image = Image("i.bin", "1", hashlib.sha256(content).hexdigest(), (Segment(0, content),))
        return burn(BurnJob(image, F407), DfuChip(self.rom, F407, self.clock), self.clock, lambda event: None)


@pytest.fixture
def unit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unit]:
    with connected(monkeypatch, "STM32F407xG") as found:
        yield found


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch, kind: str) -> Iterator[Unit]:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    clock, flash = WireClock(), Stm32Flash(stm32_kinds()[kind])
    device = dfuse_device(flash, clock.of_the_world)
    port = UsbPort(device, LineFaults(dice()), clock.of_the_world, SERIAL)
    with server() as served:
        served.serve(port)
        address = UsbAddress(0x0483, 0xDF11, SERIAL, None, f"{USB_BACKEND}@{port.place}")
        link = open_link("prog", address, clock, 5.0)
        rom = DfuSe(link, clock)
        rom.begin()
        yield Unit(device, flash, port, served, link, rom, clock)
        link.close()


def test_the_device_says_who_it_is_and_maps_its_flash(unit: Unit) -> None:
    found = unit.rom.product()
    assert (found.vendor, found.product, found.version, found.serial) == (0x0483, 0xDF11, 0x2200, SERIAL)
    assert found.block_bytes == 2048
    assert (found.memory.name, found.memory.start) == ("Internal Flash", START)
    assert found.memory.sectors == ((4, 16384), (1, 65536), (7, 131072))
    assert found.memory.is_readable and found.memory.is_erasable and found.memory.is_writeable


@pytest.mark.parametrize(
    ("text", "sectors"),
    [
        ("@Internal Flash  /0x08000000/04*016Kg,01*064Kg", ((4, 16384), (1, 65536))),
        ("@Flash/0x08000000/128*1Kg", ((128, 1024),)),
        ("@OTP Memory /0x1FFF7800/01*512 e,01*016Be", ((1, 512), (1, 16))),
        ("@Ram/0x20000000/1*2Mg", ((1, 2 << 20),)),
        ("@Two /0x08000000/01*016Kg/0x08010000/01*016Kg", None),
        ("@Odd /0x08000000/01*016Kh", None),
        ("Firmware", None),
        ("", None),
    ],
)
def test_a_map_of_sectors_is_read_or_not_taken_at_all(text: str, sectors: tuple[tuple[int, int], ...] | None) -> None:
    found = parsed_memory(text)
    assert (found and found.sectors) == sectors


def test_the_least_of_what_a_sector_allows_is_allowed() -> None:
    found = parsed_memory("@Flash /0x08000000/04*016Ka,04*016Kg")
    assert found is not None
    assert (found.is_readable, found.is_erasable, found.is_writeable) == (True, False, False)


def test_an_image_is_burned_and_proved_by_reading_it_back(unit: Unit) -> None:
    unit.flash.program(START + 60_000, b"\x12" * 100)
    outcome = unit.burn()
    assert (outcome.result, outcome.failure) == ("PASS", None)
    assert bytes(unit.flash.cells[: len(CONTENT)]) == CONTENT
    assert bytes(unit.flash.cells[60_000:60_100]) == b"\x12" * 100
    assert (outcome.proof, outcome.after_sha256) == ("readback_final", hashlib.sha256(CONTENT).hexdigest())
    assert (outcome.identity.jedec, outcome.identity.unique_id) == ("0483DF112200", SERIAL)
    assert outcome.programmer_model == "STM32 USB boot ROM 2.2"
    assert sum(unit.flash.erase_counts) == 0, "the flash was blank where the image goes"


def test_what_is_there_is_erased_sector_by_sector(unit: Unit) -> None:
    assert unit.burn(b"\x00" * 40_000).result == "PASS"
    assert unit.burn().result == "PASS"
    assert unit.flash.erase_counts[:4] == [1, 1, 1, 0]


def test_a_device_that_takes_all_and_keeps_nothing_fails(unit: Unit) -> None:
    unit.flash.drops_writes = True
    outcome = unit.burn()
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and "0x000000" in outcome.failure.message
    assert outcome.stages[-1].name == "read_back"


@pytest.mark.parametrize(
    ("spoil", "address"),
    [
        (lambda flash: flash.stuck.update({0x123: 0x01}), "0x000123"),
        (lambda flash: flash.lost_sectors.add(1), "0x004000"),
        (lambda flash: flash.write_protected.add(2), "0x008000"),
    ],
)
def test_a_flash_that_does_not_hold_what_it_took_fails_with_the_address(
    unit: Unit, spoil: Callable[[Stm32Flash], None], address: str
) -> None:
    assert unit.burn(b"\x55" * 40_000).result == "PASS"
    spoil(unit.flash)
    outcome = unit.burn(b"\xaa" * 39_999 + b"\xff")
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and address in outcome.failure.message


def test_a_plain_dfu_device_is_not_taken_for_one_of_sts(unit: Unit) -> None:
    plain = functional_descriptor(CAN_DOWNLOAD | CAN_UPLOAD, 1024, 0x0110)
    unit.device.traits = replace(unit.device.traits, alternates=("Firmware",), class_descriptor=plain)
    with pytest.raises(ProgrammerError, match="no DFU device with ST's extensions"):
        unit.rom.begin()


def test_readout_protection_is_told_and_never_taken_away(unit: Unit) -> None:
    unit.flash.program(START, b"secret")
    unit.flash.is_read_protected = True
    outcome = unit.burn()
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and "readout protection is on" in outcome.failure.message
    assert bytes(unit.flash.cells[:6]) == b"secret" and unit.flash.is_read_protected


def test_another_layout_is_another_microcontroller(unit: Unit) -> None:
    other = read_stm32()["STM32F103xB"]
    image = Image("i.bin", "1", hashlib.sha256(b"x").hexdigest(), (Segment(0, b"x"),))
    outcome = burn(BurnJob(image, other), DfuChip(unit.rom, other, unit.clock), unit.clock, lambda event: None)
    assert outcome.result == "FAIL"
    assert outcome.failure is not None and "that is no STM32F103xB" in outcome.failure.message


def test_the_pointer_is_set_once_for_a_stretch(unit: Unit) -> None:
    before = unit.device.requests
    for offset in range(0, 20_480, 2048):
        unit.rom.write(START + offset, CONTENT[offset : offset + 2048], 0.3)
    assert unit.device.requests - before == 3 + 10 * 3
    before = unit.device.requests
    read = b"".join(unit.rom.read(START + offset, 2048) for offset in range(0, 20_480, 2048))
    assert read == CONTENT[:20_480]
    assert unit.device.requests - before == 3 + 1 + 10


def test_sectors_smaller_than_a_transfer_are_programmed_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    row = read_stm32()["STM32L053x8"]
    with connected(monkeypatch, "STM32L053x8") as unit:
        image = Image("i.bin", "1", hashlib.sha256(CONTENT).hexdigest(), (Segment(0, CONTENT),))
        outcome = burn(BurnJob(image, row), DfuChip(unit.rom, row, unit.clock), unit.clock, lambda event: None)
        assert (outcome.result, outcome.failure) == ("PASS", None)
        assert bytes(unit.flash.cells[: len(CONTENT)]) == CONTENT
        assert unit.device.requests < 300, "313 pages of 128 bytes, each by itself, would take 1900"


def test_places_apart_from_each_other_are_reached_in_any_order(unit: Unit) -> None:
    unit.rom.write(START + 0x10000, b"\x11" * 100, 0.3)
    unit.rom.write(START + 0x10064, b"\x22" * 100, 0.3)
    assert unit.rom.read(START + 0x10000, 100) == b"\x11" * 100
    unit.rom.write(START + 0x8000, b"\x33" * 2048, 0.3)
    assert unit.rom.read(START + 0x10064, 100) == b"\x22" * 100
    assert unit.rom.read(START + 0x8000, 2048) == b"\x33" * 2048


def test_a_failure_is_told_with_its_address_and_leaves_the_device_usable(unit: Unit) -> None:
    with pytest.raises(TargetError, match="0x09000000: it is not for this target"):
        unit.rom.write(0x09000000, b"\0" * 16, 0.3)
    with pytest.raises(TargetError, match="reading 0x080FFFF0"):
        unit.rom.read(START + 0xFFFF0, 2048)
    assert unit.rom.read(START, 16) == b"\xff" * 16


def test_the_time_that_the_device_names_is_waited_for(unit: Unit) -> None:
    before = unit.clock.now(), unit.device.requests
    unit.rom.erase(START, 0.8)
    assert 0.4 <= unit.clock.now() - before[0] < 0.5
    assert unit.device.requests - before[1] == 3


def test_a_device_that_names_hours_is_looked_at_when_it_must_be_done(unit: Unit) -> None:
    unit.device.poll_ms = 0xFFFFFF
    before = unit.clock.now()
    unit.rom.erase(START, 0.8)
    assert unit.clock.now() - before < 5


def test_a_device_that_never_ends_is_given_up_after_the_maximum(unit: Unit) -> None:
    unit.device.is_stuck = True
    before = unit.clock.now()
    with pytest.raises(BusyError, match="erasing the sector at 0x08000000"):
        unit.rom.erase(START, 0.8)
    assert 0.8 <= unit.clock.now() - before < 5


@pytest.mark.parametrize("state", [State.DNLOAD_IDLE, State.UPLOAD_IDLE, State.ERROR])
def test_whatever_an_earlier_owner_left_is_put_aside(unit: Unit, state: State) -> None:
    unit.device.state = state
    unit.rom.begin()
    assert unit.device.state is State.IDLE
    unit.device.state = state
    unit.rom.end()
    assert unit.device.state is State.IDLE


def test_at_the_end_of_an_upgrade_it_starts_its_firmware(unit: Unit) -> None:
    unit.rom.leave(START)
    assert unit.device.has_left
    with pytest.raises(ProgrammerError, match="refuses to tell its status"):
        unit.rom.begin()


def test_a_pulled_plug_is_an_error_by_name(unit: Unit) -> None:
    unit.line.fault(unit.port, LineFault("close"))
    with pytest.raises(LinkError, match="prog: "):
        unit.rom.read(START, 16)


def test_a_pulled_plug_in_the_middle_of_a_burn_is_no_pass(unit: Unit) -> None:
    image = Image("i.bin", "1", hashlib.sha256(CONTENT).hexdigest(), (Segment(0, CONTENT),))
    chip = DfuChip(unit.rom, F407, unit.clock)

    def cut(event: object) -> None:
        if unit.device.state is State.DNLOAD_IDLE:
            unit.line.fault(unit.port, LineFault("close"))

    outcome = burn(BurnJob(image, F407), chip, unit.clock, cut)
    assert outcome.result == "ERROR"
    assert outcome.failure is not None and outcome.failure.message.startswith("prog: ")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("plan", "erase", "blank_check")])
def test_a_plug_pulled_as_a_stage_begins_is_an_error_there(unit: Unit, stage: str) -> None:
    def pull(event: object) -> None:
        if isinstance(event, StageStarted) and event.stage == stage:
            unit.line.fault(unit.port, LineFault("close"))

    image = Image("i.bin", "1", hashlib.sha256(CONTENT).hexdigest(), (Segment(0, CONTENT),))
    outcome = burn(BurnJob(image, F407), DfuChip(unit.rom, F407, unit.clock), unit.clock, pull)
    assert (outcome.result, outcome.stages[-1].name) == ("ERROR", stage), outcome.failure


def test_what_it_held_is_burned_back_after_a_burn_that_failed(unit: Unit) -> None:
    old = hashlib.shake_256(b"old").digest(len(CONTENT))
    assert unit.burn(old).result == "PASS"
    unit.flash.stuck[0x123] = 0xFF
    image = Image("i.bin", "1", hashlib.sha256(CONTENT).hexdigest(), (Segment(0, CONTENT),))
    failed = burn(BurnJob(image, F407), DfuChip(unit.rom, F407, unit.clock), unit.clock, lambda event: None)
    assert failed.result == "FAIL" and failed.backup is not None
    unit.flash.stuck.clear()
    assert unit.burn(failed.backup.content[: len(old)]).result == "PASS"
    assert bytes(unit.flash.cells[: len(old)]) == old
