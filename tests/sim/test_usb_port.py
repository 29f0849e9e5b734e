"""The simulated USB shows pyusb what USB 2.0, USBTMC 1.0 and USB488 say; pyvisa-py's USBTMC client is the referee."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import usb.core
import usb.util
from pyvisa_py.protocols.usbtmc import USBTMC

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.hmp4040 import Hmp4040
from fixtures.sim.usb_function import Usbtmc
from fixtures.sim.usb_host import bus
from fixtures.sim.usb_port import UsbPort
from tests.sim.bench_wiring import ResistorOn, dice
from tests.station.link.served import Server, server

OUT, IN = 0x01, 0x82
IDENTITY = b"ROHDE&SCHWARZ,HMP4040,109401,HW50020003/SW2.70\n"


@contextmanager
def plugged(server: Server, serial: str = "109401", is_tmc: bool = True) -> Iterator[UsbPort]:
    clock = SimClock(0.0)
    port = UsbPort(Hmp4040(ResistorOn(ohm=10.0), clock, dice(), serial), LineFaults(dice()), clock, serial, is_tmc)
    server.serve(port)
    yield port


@pytest.fixture
def port() -> Iterator[UsbPort]:
    with server() as served, plugged(served) as opened:
        yield opened


@pytest.fixture
def device(port: UsbPort) -> Iterator[Any]:
    found = usb.core.find(backend=bus(port.place))
    yield found
    usb.util.dispose_resources(found)


def message(tag: int, text: bytes) -> bytes:
    return bytes((1, tag, tag ^ 0xFF, 0)) + len(text).to_bytes(4, "little") + b"\1\0\0\0" + text + bytes(-len(text) % 4)


def request(tag: int, length: int = 200) -> bytes:
    return bytes((2, tag, tag ^ 0xFF, 0)) + length.to_bytes(4, "little") + bytes(4)


def ask(device: Any, tag: int, text: bytes) -> bytes:
    device.write(OUT, message(tag, text))
    device.write(OUT, request(tag + 1))
    return bytes(device.read(IN, 512))


def function_of(port: UsbPort) -> Usbtmc:
    assert isinstance(port.function, Usbtmc)
    return port.function


def test_it_is_described_as_a_488_2_instrument(device: Any) -> None:
    assert (device.idVendor, device.idProduct, device.serial_number) == (0x1209, 0x0001, "109401")
    assert (device.manufacturer, device.product) == ("Fanji", "Bench in a box")
    interface = device.get_active_configuration()[(0, 0)]
    kind = (interface.bInterfaceClass, interface.bInterfaceSubClass, interface.bInterfaceProtocol)
    assert kind == (0xFE, 3, 1)
    assert [endpoint.bEndpointAddress for endpoint in interface] == [OUT, IN]
    assert [endpoint.wMaxPacketSize for endpoint in interface] == [512, 512]


def test_an_answer_carries_the_tag_of_its_request_and_the_end_of_the_message(device: Any) -> None:
    answer = ask(device, 5, b"*IDN?\n")
    assert answer[:12] == bytes((2, 6, 6 ^ 0xFF, 0, len(IDENTITY), 0, 0, 0, 1, 0, 0, 0))
    assert answer[12:] == IDENTITY


def test_a_request_for_less_gets_less_and_no_end(device: Any) -> None:
    device.write(OUT, message(1, b"*IDN?\n"))
    device.write(OUT, request(2, 10))
    first = bytes(device.read(IN, 512))
    device.write(OUT, request(3))
    second = bytes(device.read(IN, 512))
    assert (first[8], second[8]) == (0, 1)
    assert first[12:] + second[12:] == IDENTITY


def test_without_a_request_there_is_nothing_to_read(device: Any) -> None:
    device.write(OUT, message(1, b"*IDN?\n"))
    with pytest.raises(usb.core.USBTimeoutError):
        device.read(IN, 512, 50)


@pytest.mark.parametrize(
    "transfer", [bytes((1, 5, 5, 0)) + bytes(8), message(1, b"abc")[:-1], bytes((9, 5, 250, 0)) + bytes(8), b"*IDN?\n"]
)
def test_what_is_no_message_stops_the_endpoint_until_it_is_cleared(device: Any, transfer: bytes) -> None:
    for data in (transfer, message(7, b"*IDN?\n")):
        with pytest.raises(usb.core.USBError) as caught:
            device.write(OUT, data)
        assert caught.value.errno == errno.EPIPE
    device.clear_halt(OUT)
    assert ask(device, 9, b"*IDN?\n")[12:] == IDENTITY


def test_a_clear_forgets_what_was_asked_and_stops_the_endpoint(port: UsbPort, device: Any) -> None:
    device.write(OUT, message(1, b"*IDN?\n"))
    assert device.ctrl_transfer(0xA1, 5, 0, 0, 1)[0] == 1
    assert device.ctrl_transfer(0xA1, 6, 0, 0, 2)[0] == 1
    with pytest.raises(usb.core.USBError):
        device.write(OUT, request(2))
    device.clear_halt(OUT)
    device.write(OUT, request(3))
    with pytest.raises(usb.core.USBTimeoutError):
        device.read(IN, 512, 50)
    assert function_of(port).clears == 1


def test_an_abort_takes_a_request_back(port: UsbPort, device: Any) -> None:
    device.write(OUT, request(4))
    assert bytes(device.ctrl_transfer(0xA2, 3, 4, IN, 2)) == bytes((1, 4))
    assert bytes(device.read(IN, 512, 50)) == b""
    assert device.ctrl_transfer(0xA2, 4, 0, IN, 8)[0] == 1
    assert device.ctrl_transfer(0xA2, 3, 4, IN, 2)[0] == 0x81
    assert ask(device, 5, b"*IDN?\n")[12:] == IDENTITY


def test_whoever_claims_it_second_is_told_that_it_is_busy(port: UsbPort, device: Any) -> None:
    usb.util.claim_interface(device, 0)
    other = usb.core.find(backend=bus(port.place))
    with pytest.raises(usb.core.USBError) as caught:
        usb.util.claim_interface(other, 0)
    assert caught.value.errno == errno.EBUSY
    usb.util.release_interface(device, 0)
    usb.util.claim_interface(other, 0)
    usb.util.dispose_resources(other)


def test_a_pulled_plug_is_no_device() -> None:
    with server() as served, plugged(served, "A") as first, plugged(served, "B") as second:
        both = bus(f"{first.place},{second.place}")
        found = list(usb.core.find(find_all=True, backend=both))
        assert [device.serial_number for device in found] == ["A", "B"]
        served.fault(first, LineFault("close"))
        with pytest.raises(usb.core.USBError) as caught:
            found[0].write(OUT, message(1, b"*IDN?\n"))
        assert caught.value.errno == errno.ENODEV
        assert [device.serial_number for device in usb.core.find(find_all=True, backend=both)] == ["B"]
        for device in found:
            usb.util.dispose_resources(device)


def test_bulk_endpoints_carry_plain_bytes_where_it_is_no_usbtmc() -> None:
    with server() as served, plugged(served, is_tmc=False) as port:
        device = usb.core.find(backend=bus(port.place))
        device.write(OUT, b"*ID")
        device.write(OUT, b"N?\n")
        assert bytes(device.read(IN, 512)) == IDENTITY
        usb.util.dispose_resources(device)


def test_pyvisa_py_talks_to_it(port: UsbPort) -> None:
    client = USBTMC(0x1209, 0x0001, "109401", device_filters={"backend": bus(port.place)})
    client.timeout = 1000
    assert function_of(port).is_remote
    client.write(b"INST OUT2;" + b" " * 600 + b"VOLT 12.5\n")
    client.write(b"VOLT?\n")
    assert bytes(client.read(100)) == b"12.500\n"
    client.write(b"*IDN?\n")
    assert bytes(client.read(1024)) == IDENTITY
    client.close()
