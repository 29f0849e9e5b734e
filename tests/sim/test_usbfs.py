"""usbfs as Linux has it: what may be submitted by whom, what is reaped, and what a discarded transfer comes to."""

from __future__ import annotations

import errno
import struct

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.usb_function import BULK_TRAITS, BulkBytes
from fixtures.sim.usb_port import UsbPort
from fixtures.sim.usb_urb import BULK_URB, CONTROL_URB, Urb
from fixtures.sim.usbfs import Call, Usbfs
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import Echo

OUT, IN = BULK_TRAITS.out_endpoint, BULK_TRAITS.in_endpoint
URB_AT, BUFFER_AT, ANSWER_AT = 0x1000, 0x2000, 0x3000


class Program:
    """A program's memory, and what it has open."""

    def __init__(self, port: UsbPort) -> None:
        self.memory = bytearray(0x4000)
        self.usbfs = Usbfs(port, self)

    def read(self, address: int, length: int) -> bytes:
        return bytes(self.memory[address : address + length])

    def write(self, address: int, content: bytes) -> None:
        self.memory[address : address + len(content)] = content

    def call(self, number: Call, value: int = 0) -> int:
        self.write(ANSWER_AT, struct.pack("@II", value, 0))
        return self.usbfs.carry_out(number, ANSWER_AT)

    def submit(self, kind: int, endpoint: int, content: bytes = b"", length: int = 0) -> int:
        self.write(BUFFER_AT, content)
        size = length or len(content)
        self.write(URB_AT, Urb.FORM.pack(kind, endpoint, 0, 0, BUFFER_AT, size, 0, 0, 0, 0, 0, 0))
        return self.usbfs.carry_out(Call.SUBMIT_URB, URB_AT)

    def reap(self) -> tuple[int, int]:
        """(status, bytes that were moved) of the transfer that ended first."""
        assert self.usbfs.carry_out(Call.REAP_URB_NO_DELAY, ANSWER_AT) == 0
        assert struct.unpack("@P", self.read(ANSWER_AT, 8)) == (URB_AT,)
        (status,) = struct.unpack("@i", self.read(URB_AT + Urb.STATUS_AT, 4))
        (moved,) = struct.unpack("@i", self.read(URB_AT + Urb.ACTUAL_AT, 4))
        return status, moved


@pytest.fixture
def port() -> UsbPort:
    clock = SimClock(0.0)
    return UsbPort(Echo(), LineFaults(dice()), clock, "A", is_tmc=False)


@pytest.fixture
def program(port: UsbPort) -> Program:
    return Program(port)


def test_only_whoever_has_claimed_the_interface_may_transfer(port: UsbPort, program: Program) -> None:
    assert program.submit(BULK_URB, OUT, b"x") == errno.EBUSY
    assert program.call(Call.CLAIM) == 0
    assert program.submit(BULK_URB, OUT, b"x") == 0
    other = Program(port)
    assert other.call(Call.CLAIM) == errno.EBUSY
    assert other.submit(BULK_URB, OUT, b"x") == errno.EBUSY
    assert program.call(Call.RELEASE) == 0
    assert program.call(Call.RELEASE) == errno.EINVAL
    assert other.call(Call.CLAIM) == 0
    other.usbfs.close()
    assert program.call(Call.CLAIM) == 0


@pytest.mark.parametrize("endpoint", [0x03, 0x81, 0x02])
def test_an_endpoint_that_the_descriptors_do_not_have_is_refused(program: Program, endpoint: int) -> None:
    program.call(Call.CLAIM)
    assert program.submit(BULK_URB, endpoint, b"x") == errno.ENOENT


def test_what_goes_out_and_what_comes_in_is_counted_and_written_back(program: Program) -> None:
    program.call(Call.CLAIM)
    assert program.submit(BULK_URB, OUT, b"hello") == 0
    assert program.reap() == (0, 5)
    assert program.submit(BULK_URB, IN, length=64) == 0
    assert program.usbfs.carry_out(Call.REAP_URB_NO_DELAY, ANSWER_AT) == errno.EAGAIN
    program.usbfs._port.function.put(b"answer")
    assert program.reap() == (0, 6)
    assert program.read(BUFFER_AT, 6) == b"answer"


def test_a_discarded_transfer_is_reaped_as_such_and_only_once(program: Program) -> None:
    program.call(Call.CLAIM)
    program.submit(BULK_URB, IN, length=64)
    assert program.usbfs.carry_out(Call.DISCARD_URB, URB_AT) == 0
    assert program.usbfs.carry_out(Call.DISCARD_URB, URB_AT) == errno.EINVAL
    assert program.reap() == (-errno.ENOENT, 0)


def test_control_transfers_need_no_claim_and_a_refused_one_stalls(program: Program) -> None:
    text = struct.pack("<BBHHH", 0x80, 6, 0x0303, 0x0409, 255)
    assert program.submit(CONTROL_URB, 0, text, length=8 + 255) == 0
    assert program.reap() == (0, 4)
    assert program.read(BUFFER_AT + 8, 4) == b"\x04\x03A\0"
    program.submit(CONTROL_URB, 0, struct.pack("<BBHHH", 0xA1, 99, 0, 0, 1), length=9)
    assert program.reap() == (-errno.EPIPE, 0)


def test_a_device_that_is_unplugged_ends_every_transfer(port: UsbPort, program: Program) -> None:
    program.call(Call.CLAIM)
    program.submit(BULK_URB, IN, length=64)
    port.faults.active["close"] = LineFault("close")
    assert program.reap() == (-errno.ENODEV, 0)
    assert program.submit(BULK_URB, OUT, b"x") == errno.ENODEV
    assert program.usbfs.carry_out(Call.REAP_URB_NO_DELAY, ANSWER_AT) == errno.ENODEV


def test_a_device_that_takes_nothing_keeps_the_transfer_under_way(port: UsbPort, program: Program) -> None:
    class Slow(BulkBytes):
        is_ready = False

        def bulk_out(self, data: bytes) -> int:
            return super().bulk_out(data) if self.is_ready else errno.EAGAIN

    heard: list[bytes] = []
    slow = port.function = Slow(heard.append)
    program.call(Call.CLAIM)
    program.submit(BULK_URB, OUT, b"late")
    assert program.usbfs.carry_out(Call.REAP_URB_NO_DELAY, ANSWER_AT) == errno.EAGAIN
    slow.is_ready = True
    assert program.reap() == (0, 4)
    assert heard == [b"late"]
