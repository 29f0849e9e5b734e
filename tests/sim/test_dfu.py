"""The simulated bootloader at pyusb's door: descriptors, and the states of DFU 1.1 and AN3156 one by one."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any

import pytest
import usb.core
import usb.util

from fixtures.sim.device import SimClock
from fixtures.sim.dfu import Request, State, Status
from fixtures.sim.dfuse import dfuse_device
from fixtures.sim.faults import LineFaults
from fixtures.sim.firmware_slot import FirmwareSlot, firmware_device
from fixtures.sim.stm32_flash import Stm32Flash, stm32_kinds
from fixtures.sim.usb_host import bus
from fixtures.sim.usb_port import UsbPort
from tests.sim.bench_wiring import dice
from tests.station.link.served import server

POINTER = b"\x21" + (0x08000000).to_bytes(4, "little")


class Host:
    """Asks a device by its class requests."""

    def __init__(self, device: Any, flash: Stm32Flash) -> None:
        self.device = device
        self.flash = flash

    def tell(self, request: Request, value: int = 0, data: bytes = b"") -> None:
        self.device.ctrl_transfer(0x21, request, value, 0, data)

    def ask(self, request: Request, value: int = 0, length: int = 6) -> bytes:
        return bytes(self.device.ctrl_transfer(0xA1, request, value, 0, length))

    def status(self) -> tuple[int, int]:
        """(status, state)."""
        answer = self.ask(Request.GETSTATUS)
        return answer[0], answer[4]

    def download(self, block: int, data: bytes) -> tuple[int, int]:
        """To its end: the status after the device was busy."""
        self.tell(Request.DNLOAD, block, data)
        assert self.status() == (Status.OK, State.DNBUSY)
        return self.status()

    def stalls(self, request: Request, value: int = 0, data: bytes | int = 6) -> bool:
        try:
            self.device.ctrl_transfer(0xA1 if isinstance(data, int) else 0x21, request, value, 0, data)
        except usb.core.USBError as error:
            return error.errno == errno.EPIPE
        return False


@pytest.fixture
def host() -> Iterator[Host]:
    clock, flash = SimClock(0.0), Stm32Flash(stm32_kinds()["STM32F407xG"])
    port = UsbPort(dfuse_device(flash, clock), LineFaults(dice()), clock, "357836673233")
    with server() as served:
        served.serve(port)
        device = usb.core.find(backend=bus(port.place))
        yield Host(device, flash)
        usb.util.dispose_resources(device)


def test_it_is_described_with_its_memories_and_the_functional_descriptor(host: Host) -> None:
    assert (host.device.idVendor, host.device.idProduct, host.device.bcdDevice) == (0x0483, 0xDF11, 0x2200)
    interfaces = list(host.device.get_active_configuration())
    assert [(each.bInterfaceNumber, each.bAlternateSetting, each.bNumEndpoints) for each in interfaces] == [
        (0, 0, 0),
        (0, 1, 0),
        (0, 2, 0),
    ]
    assert {(each.bInterfaceClass, each.bInterfaceSubClass, each.bInterfaceProtocol) for each in interfaces} == {
        (0xFE, 1, 2)
    }
    names = [usb.util.get_string(host.device, each.iInterface) for each in interfaces]
    assert names[0] == "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"
    assert bytes(interfaces[-1].extra_descriptors) == bytes.fromhex("09210BFF0000081A01")


def test_a_download_begins_when_the_status_is_asked(host: Host) -> None:
    host.download(0, POINTER)
    host.tell(Request.DNLOAD, 2, b"\x12" * 16)
    assert host.ask(Request.GETSTATE, length=1) == bytes((State.DNLOAD_SYNC,))
    assert host.flash.cells[:16] == b"\xff" * 16
    assert host.status() == (Status.OK, State.DNBUSY)
    assert host.status() == (Status.OK, State.DNLOAD_IDLE)
    assert host.flash.cells[:16] == b"\x12" * 16


def test_a_block_is_at_its_number_from_the_pointer_on(host: Host) -> None:
    host.download(0, POINTER)
    assert host.download(4, b"\x34" * 8) == (Status.OK, State.DNLOAD_IDLE)
    assert host.flash.cells[4096:4104] == b"\x34" * 8
    host.tell(Request.ABORT)
    assert host.ask(Request.UPLOAD, 4, 8) == b"\x34" * 8


def test_an_upload_between_downloads_stalls_until_it_is_cleared(host: Host) -> None:
    host.download(0, POINTER)
    assert host.stalls(Request.UPLOAD, 2, 16)
    assert host.status() == (Status.STALLED, State.ERROR)
    assert host.stalls(Request.DNLOAD, 2, b"\0" * 8)
    host.tell(Request.CLRSTATUS)
    assert host.status() == (Status.OK, State.IDLE)
    assert host.ask(Request.UPLOAD, 0, 16) == bytes.fromhex("00214192")


@pytest.mark.parametrize(
    ("block", "data", "status"),
    [
        (0, b"\x21" + (0x09000000).to_bytes(4, "little"), Status.TARGET),
        (0, b"\x41" + (0x1FFF0000).to_bytes(4, "little"), Status.TARGET),
        (0, b"\x77", Status.TARGET),
        (1, b"\0" * 8, Status.TARGET),
        (600, b"\0" * 8, Status.TARGET),
    ],
)
def test_what_is_not_there_is_an_error_of_the_target(host: Host, block: int, data: bytes, status: Status) -> None:
    host.download(0, POINTER)
    assert host.download(block, data) == (status, State.ERROR)


def test_readout_protection_allows_nothing_but_to_take_it_away_with_everything(host: Host) -> None:
    host.flash.program(0x08000000, b"secret")
    host.flash.is_read_protected = True
    assert host.stalls(Request.UPLOAD, 2, 16)
    host.tell(Request.CLRSTATUS)
    assert host.download(0, POINTER) == (Status.VENDOR, State.ERROR)
    host.tell(Request.CLRSTATUS)
    assert host.download(0, b"\x92") == (Status.OK, State.DNLOAD_IDLE)
    assert not host.flash.is_read_protected and host.flash.cells[:6] == b"\xff" * 6


def test_a_block_larger_than_it_says_stalls(host: Host) -> None:
    assert host.stalls(Request.DNLOAD, 2, b"\0" * 2049)


def test_another_memory_is_chosen_by_its_alternate_setting(host: Host) -> None:
    host.device.set_interface_altsetting(0, 1)
    assert host.download(0, POINTER) == (Status.TARGET, State.ERROR)
    host.device.set_interface_altsetting(0, 0)
    assert host.download(0, POINTER) == (Status.OK, State.DNLOAD_IDLE)


def test_a_download_of_nothing_ends_the_bootloader(host: Host) -> None:
    host.tell(Request.DNLOAD)
    assert host.status() == (Status.OK, State.MANIFEST)
    assert host.stalls(Request.GETSTATUS)


@pytest.fixture(params=[True, False], ids=["stays", "waits for a reset"])
def slot(request: pytest.FixtureRequest) -> Iterator[tuple[Host, FirmwareSlot]]:
    """A device with plain DFU; its time stands still."""
    found = FirmwareSlot(b"old", stays=request.param)
    port = UsbPort(firmware_device(found, SimClock(0.0)), LineFaults(dice()), SimClock(0.0), "00c0ffee")
    with server() as served:
        served.serve(port)
        device = usb.core.find(backend=bus(port.place), idVendor=0x1209)
        device.set_configuration()
        yield Host(device, Stm32Flash(stm32_kinds()["STM32F407xG"])), found
        usb.util.dispose_resources(device)


def test_a_firmware_is_what_it_was_until_it_is_taken_into_use(slot: tuple[Host, FirmwareSlot]) -> None:
    host, found = slot
    assert host.download(0, b"n" * 1024) == host.download(1, b"ew") == (Status.OK, State.DNLOAD_IDLE)
    assert found.firmware == b"old"
    host.tell(Request.DNLOAD, 2, b"")
    assert host.status() == (Status.OK, State.MANIFEST)
    assert host.status() == (Status.OK, State.IDLE if found.stays else State.MANIFEST_WAIT_RESET)
    assert (found.firmware, found.uses) == (b"n" * 1024 + b"ew", 1)


def test_a_block_out_of_turn_is_refused_and_an_upload_ends_with_a_short_one(slot: tuple[Host, FirmwareSlot]) -> None:
    host, _ = slot
    assert host.ask(Request.UPLOAD, 0, 1024) == b"old"
    assert host.status() == (Status.OK, State.IDLE)
    host.download(0, b"n" * 1024)
    host.tell(Request.DNLOAD, 5, b"x")
    host.status()
    assert host.status() == (Status.ADDRESS, State.ERROR)
