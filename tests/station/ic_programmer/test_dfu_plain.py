"""Plain DFU 1.1 by its control transfers: sent whole, taken into use, read back where the device lets us."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from fixtures.sim.dfu import DfuDevice, Status, functional_descriptor
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.firmware_slot import FirmwareSlot, firmware_device
from fixtures.sim.modelled_wire import WireClock
from fixtures.sim.usb_port import UsbPort
from station.config.address import UsbAddress
from station.ic_programmer.burn import burn
from station.ic_programmer.chip import Blind
from station.ic_programmer.dfu_target import read_dfu_devices
from station.ic_programmer.firmware_chip import FirmwareChip
from station.ic_programmer.image import Image, Segment, blank_image
from station.ic_programmer.job import STAGES, BurnEvent, BurnJob, BurnOptions, BurnOutcome, StageStarted
from station.ic_programmer.programmers.dfu_plain import PlainDfu
from station.link.link import Link
from station.link.opening import open_link
from station.model.errors import ConfigError, ContactError, ProgrammerError
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import USB_BACKEND
from tests.station.link.served import Server, server

ROW = read_dfu_devices()["FJ-DFU1"]
SERIAL = "00c0ffee"
OLD = hashlib.shake_256(b"old").digest(3000)
NEW = hashlib.shake_256(b"new").digest(5000)
PRODUCTION, NO_PROOF = BurnOptions(), BurnOptions(accepts_no_proof=True)
Watch = Callable[[BurnEvent], None]


def image_of(content: bytes, start: int = 0) -> Image:
    return Image("f.bin", "1", hashlib.sha256(content).hexdigest(), (Segment(start, content),))


@dataclass
class Unit:
    """A device in its bootloader, and the station's end of its USB; its time is modelled."""

    slot: FirmwareSlot
    device: DfuDevice
    port: UsbPort
    line: Server
    link: Link
    rom: PlainDfu
    clock: WireClock

    def chip(self) -> FirmwareChip:
        return FirmwareChip(self.rom, ROW)

    def burn(
        self, image: Image | None = None, options: BurnOptions = PRODUCTION, watch: Watch = lambda event: None
    ) -> BurnOutcome:
        return burn(BurnJob(image or image_of(NEW), ROW, options), self.chip(), self.clock, watch)


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch, gives_back: bool = True, stays: bool = True) -> Iterator[Unit]:
    monkeypatch.setenv("FANJI_USB_BACKENDS", USB_BACKEND)
    clock, slot = WireClock(), FirmwareSlot(OLD, gives_back, stays)
    device = firmware_device(slot, clock.of_the_world)
    port = UsbPort(device, LineFaults(dice()), clock.of_the_world, SERIAL)
    with server() as served:
        served.serve(port)
        address = UsbAddress(0x1209, 0x0003, SERIAL, None, f"{USB_BACKEND}@{port.place}")
        link = open_link("prog", address, clock, 5.0)
        rom = PlainDfu(link, clock)
        rom.begin()
        yield Unit(slot, device, port, served, link, rom, clock)
        link.close()


@pytest.fixture
def unit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unit]:
    with connected(monkeypatch) as found:
        yield found


def said(outcome: BurnOutcome) -> tuple[str, str, str | None]:
    assert outcome.failure is not None, outcome
    return outcome.result, outcome.failure.message, outcome.failure.step


def test_a_firmware_is_sent_whole_taken_into_use_and_read_back(unit: Unit) -> None:
    outcome = unit.burn()
    assert (outcome.result, outcome.failure, outcome.proof) == ("PASS", None, "readback_final")
    assert (unit.slot.firmware, unit.slot.uses) == (NEW, 1)
    assert outcome.after_sha256 == hashlib.sha256(NEW).hexdigest()
    assert (outcome.identity.jedec, outcome.identity.unique_id) == ("120900030100", "00C0FFEE")
    assert outcome.programmer_model == "USB bootloader (DFU) 0100"
    assert outcome.backup is not None and outcome.backup.content == OLD + b"\xff" * 2000
    assert tuple(stage.name for stage in outcome.stages) == STAGES


def test_a_shorter_firmware_leaves_nothing_of_the_longer_one(unit: Unit) -> None:
    assert unit.burn().result == "PASS"
    assert unit.burn(image_of(OLD)).result == "PASS"
    assert unit.slot.firmware == OLD
    uses = unit.slot.uses
    assert unit.burn(image_of(OLD)).result == "PASS", "it is there already"
    assert unit.slot.uses == uses


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda slot: setattr(slot, "drops_writes", True), "it gives back 3000 bytes of the 5000"),
        (lambda slot: slot.stuck.update({0x123: 0xFF}), "address 0x000123: expected"),
        (lambda slot: setattr(slot, "loses_end", 100), "it gives back 4900 bytes of the 5000 that it was sent"),
        (lambda slot: setattr(slot, "refusal", Status.FIRMWARE), "refuses to take the firmware into use: its firmware"),
        (lambda slot: setattr(slot, "refusal", Status.VENDOR), "for a reason of its maker's own"),
    ],
)
def test_what_it_does_not_hold_afterwards_is_a_fail(
    unit: Unit, spoil: Callable[[FirmwareSlot], None], message: str
) -> None:
    spoil(unit.slot)
    result, found, _ = said(unit.burn())
    assert result == "FAIL" and message in found, found


@pytest.mark.parametrize(("gives_back", "stays"), [(False, True), (False, False), (True, False)])
def test_a_device_that_cannot_be_read_afterwards_is_refused_unless_the_recipe_accepts_no_proof(
    monkeypatch: pytest.MonkeyPatch, gives_back: bool, stays: bool
) -> None:
    with connected(monkeypatch, gives_back, stays) as unit:
        result, message, step = said(unit.burn())
        assert (result, step, unit.slot.firmware) == ("ERROR", "identify", OLD)
        assert "the recipe asks for proof" in message
        outcome = unit.burn(options=NO_PROOF)
        assert (outcome.result, outcome.proof, outcome.is_marginal) == ("PASS", "none", True), outcome.failure
        assert (outcome.after_sha256, unit.slot.firmware) == ("", NEW)
        assert (outcome.backup is not None) == gives_back, "what was there is kept where it can be read"
        assert outcome.stages[-1].message == "nothing can be read from this device: there is no proof"


def test_a_device_that_takes_all_and_keeps_what_it_had_fails_with_the_address(unit: Unit) -> None:
    unit.slot.drops_writes = True
    result, message, step = said(unit.burn(image_of(NEW[:3000])))
    assert (result, step) == ("FAIL", "read_back")
    assert message == f"address 0x000000: expected 0x{NEW[0]:02X}, read back 0x{OLD[0]:02X}"


def test_a_device_that_is_never_ready_is_given_up(unit: Unit) -> None:
    unit.device.is_stuck = True
    result, message, step = said(unit.burn())
    assert (result, step) == ("FAIL", "program") and "still busy with what goes to 0x000000" in message
    assert unit.slot.firmware == OLD


def test_a_device_that_never_takes_it_into_use_is_given_up(unit: Unit) -> None:
    unit.slot.seconds_to_use = lambda: 1e6  # type: ignore[method-assign]
    began = unit.clock.now()
    result, message, _ = said(unit.burn())
    assert result == "FAIL" and "still busy with taking the firmware into use" in message
    assert unit.clock.now() - began < 60


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("plan", "erase", "blank_check")])
def test_a_cable_pulled_at_any_stage_is_an_error_and_never_a_pass(unit: Unit, stage: str) -> None:
    def pull(event: BurnEvent) -> None:
        if isinstance(event, StageStarted) and event.stage == stage:
            unit.line.fault(unit.port, LineFault("close"))

    outcome = unit.burn(watch=pull)
    assert outcome.result == "ERROR" and outcome.failure is not None, outcome


def test_another_device_a_running_firmware_and_another_protocol_are_refused(unit: Unit) -> None:
    other = msgspec.structs.replace(ROW, vendor=0x1D50)
    outcome = burn(BurnJob(image_of(NEW), other), FirmwareChip(unit.rom, other), unit.clock, lambda event: None)
    assert said(outcome)[1] == "the bootloader says 1209:0003, a FJ-DFU1 says 1D50:0003"
    plain = unit.device.traits
    unit.device.traits = replace(plain, interface_class=(0xFE, 1, 1))
    with pytest.raises(ContactError, match="the unit runs its firmware"):
        unit.rom.product()
    unit.device.traits = replace(plain, class_descriptor=functional_descriptor(3, 1024, 0x011A))
    with pytest.raises(ProgrammerError, match="0x011A, which is not plain DFU"):
        unit.rom.product()
    unit.device.traits = replace(plain, class_descriptor=functional_descriptor(2, 1024, 0x0110))
    with pytest.raises(ProgrammerError, match="takes no firmware"):
        unit.rom.product()


@pytest.mark.parametrize("image", [image_of(NEW, 16), blank_image(0, 4096, 0xFF)], ids=["an offset", "an erase"])
def test_what_is_no_firmware_is_refused(unit: Unit, image: Image) -> None:
    assert said(unit.burn(image))[0] == "ERROR"
    assert unit.slot.firmware == OLD


def test_it_says_before_it_is_burned_whether_it_can_be_read(unit: Unit) -> None:
    chip = unit.chip()
    chip.contact()
    assert isinstance(chip, Blind) and not chip.is_blind()


def test_a_wrong_row_is_refused_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "dfu.toml"
    times = "block_max_s = 1.0\nmanifest_max_s = 1.0\n"
    rest = 'product = 1\nsupply_v = [2.0, 3.0]\nevidence = "listed"\nsource = "x"\n'
    file.write_text(f"[x]\nvendor = 0\nsize_bytes = 1\n{times}{rest}", encoding="utf-8")
    with pytest.raises(ConfigError, match="vendor: must be ids of 16 bits"):
        read_dfu_devices(file)
