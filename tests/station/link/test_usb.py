"""A USB interface as a link: the right device is found, earlier owners leave nothing, a bad answer is no answer."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from fixtures.sim.bench_box import BenchBox
from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.usb_function import Usbtmc
from fixtures.sim.usb_port import UsbPort
from fixtures.sim.world_file import read_world
from station.bench.opening import open_bench
from station.config.address import UsbAddress
from station.config.bench_file import read_bench_file
from station.link.link import Link, LinkState
from station.link.opening import link_to
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import CLOCK, USB_BACKEND, Echo, echo
from tests.station.link.served import server

TMC = UsbAddress(0x1209, 0x0001, "", None)


@contextmanager
def bus_of(*serials: str, is_tmc: bool = True) -> Iterator[tuple[list[UsbPort], str]]:
    """Echoing devices on one bus, and the backend that reaches them."""
    ports = [UsbPort(Echo(), LineFaults(dice()), SimClock(), serial, is_tmc) for serial in serials]
    with server() as served:
        for port in ports:
            served.serve(port)
        yield ports, f"{USB_BACKEND}@{','.join(port.place for port in ports)}"


def opened(address: UsbAddress, backend: str, timeout_s: float = 2.0) -> Link:
    link = link_to("psu", replace(address, backend=backend), CLOCK)
    link.open(timeout_s)
    return link


def synchronised(address: UsbAddress, backend: str) -> Link:
    link = opened(address, backend)
    link.resync([echo(41)], echo(73), 2.0)
    return link


def function_of(port: UsbPort) -> Usbtmc:
    assert isinstance(port.function, Usbtmc)
    return port.function


def test_the_serial_number_chooses_among_devices_of_a_kind() -> None:
    with bus_of("A", "B") as (ports, backend):
        link = synchronised(replace(TMC, serial="B"), backend)
        assert link.query_line(b"ECHO 5\n", 1.0) == "5"
        assert (ports[0].owner, ports[1].owner is None) == (None, False)
        link.close()


def test_the_place_chooses_among_devices_without_a_serial_number() -> None:
    with bus_of("A", "B") as (ports, backend):
        link = synchronised(replace(TMC, place="1-2"), backend)
        assert (ports[0].owner, ports[1].owner is None) == (None, False)
        link.close()
        with pytest.raises(LinkRefused, match="no USB device is usb://1209:0001:A@1-2"):
            opened(replace(TMC, serial="A", place="1-2"), backend)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (TMC, "2 USB devices are usb://1209:0001: write the serial number too, or @ and one of 1-1, 1-2"),
        (replace(TMC, serial="C"), "no USB device is usb://1209:0001:C"),
        (replace(TMC, product=0x0002), "no USB device is usb://1209:0002"),
        (replace(TMC, serial="A", interface=1), "has no interface 1 with a bulk endpoint each way"),
    ],
)
def test_what_is_not_one_device_is_refused(address: UsbAddress, problem: str) -> None:
    with bus_of("A", "B") as (_, backend), pytest.raises(LinkRefused, match=f"psu: cannot be opened: .*{problem}"):
        opened(address, backend)


@pytest.mark.parametrize(
    ("allowed", "backend", "problem"),
    [
        ("", USB_BACKEND, "is not in FANJI_USB_BACKENDS"),
        ("fixtures.sim.usb_host:nothing", "fixtures.sim.usb_host:nothing", "there is no USB backend"),
        ("no.such:bus", "no.such:bus", "there is no USB backend"),
    ],
)
def test_only_a_listed_backend_that_exists_is_loaded(
    monkeypatch: pytest.MonkeyPatch, allowed: str, backend: str, problem: str
) -> None:
    monkeypatch.setenv("FANJI_USB_BACKENDS", allowed)
    with pytest.raises(LinkRefused, match=problem):
        opened(TMC, backend)


def test_a_device_that_another_program_holds_is_refused_and_opened_once_it_is_free() -> None:
    with bus_of("A") as (_, backend):
        holder = opened(TMC, backend)
        start = time.monotonic()
        with pytest.raises(LinkRefused, match="busy"):
            opened(TMC, backend, 0.2)
        assert time.monotonic() - start < 0.7
        holder.close()
        opened(TMC, backend).close()


def test_a_question_of_an_earlier_owner_is_answered_to_nobody() -> None:
    with bus_of("A") as (ports, backend):
        first = synchronised(TMC, backend)
        first.command(b"ECHO 999\n", 1.0)
        first.close()
        second = synchronised(TMC, backend)
        assert second.query_line(b"ECHO 5\n", 1.0) == "5"
        assert function_of(ports[0]).clears == 2
        second.close()


def test_a_request_that_runs_out_of_time_is_taken_back() -> None:
    with bus_of("A") as (ports, backend):
        link = synchronised(TMC, backend)
        with pytest.raises(LinkTimeout):
            link.query_line(b"QUIET?\n", 0.1)
        link.close()
        deadline = time.monotonic() + 2
        while ports[0].owner is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert function_of(ports[0]).aborts == 1
        assert not function_of(ports[0]).wanted_tag


def test_the_panel_is_locked_while_it_is_open() -> None:
    with bus_of("A") as (ports, backend):
        opened(TMC, backend).close()
        assert function_of(ports[0]).is_remote


def test_a_message_longer_than_one_transfer_arrives_whole() -> None:
    with bus_of("A") as (ports, backend):
        link = synchronised(TMC, backend)
        link.command(b"SET " + b"y" * 10_000 + b"\n", 2.0)
        assert link.query_line(b"ECHO 5\n", 1.0) == "5"
        assert b"SET " + b"y" * 10_000 in ports[0].device.seen  # type: ignore[attr-defined]
        link.close()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda transfer: transfer[:7], "an answer of 7 bytes has no header"),
        (lambda transfer: bytes((transfer[0], 1, 0xFE)) + transfer[3:], "with header 02 01 fe"),
        (lambda transfer: bytes((127,)) + transfer[1:], "with header 7f"),
        (lambda transfer: transfer[:-1], "gave 0 bytes"),
    ],
)
def test_an_answer_that_breaks_the_protocol_is_never_a_value(spoil: Callable[[bytes], bytes], problem: str) -> None:
    class Spoiled(Usbtmc):
        def bulk_in(self, length: int) -> bytes | int | None:
            given = super().bulk_in(length)
            return spoil(given) if isinstance(given, bytes) and given else given

    with bus_of("A") as (ports, backend):
        link = synchronised(TMC, backend)
        good = function_of(ports[0])
        ports[0].function = Spoiled(good.ask, good.renew)
        with pytest.raises((LinkLost, LinkTimeout), match=problem):
            link.query_line(b"ECHO 5\n", 0.3)
        assert link.state is LinkState.SUSPECT
        ports[0].function = good
        link.resync([echo(1)], echo(2), 2.0)
        link.close()


class Deaf(Usbtmc):
    """Takes nothing any more."""

    def bulk_out(self, data: bytes) -> int:
        return errno.EAGAIN


@pytest.mark.parametrize("length", [10, 10_000])
def test_a_device_that_takes_nothing_is_late_and_a_wait_for_it_can_be_ended(length: int) -> None:
    message = b"SET " + b"y" * length + b"\n"
    with bus_of("A") as (ports, backend):
        link = synchronised(TMC, backend)
        good = function_of(ports[0])
        ports[0].function = Deaf(good.ask, good.renew)
        start = time.monotonic()
        with pytest.raises(LinkTimeout, match="took no more bytes"):
            link.command(message, 0.2)
        assert 0.2 <= time.monotonic() - start < 0.6
        ports[0].function = good
        link.resync([echo(1)], echo(2), 2.0)
        ports[0].function = Deaf(good.ask, good.renew)
        timer = threading.Timer(0.05, link.interrupt)
        timer.start()
        start = time.monotonic()
        with pytest.raises(LinkLost, match="was closed"):
            link.command(message, 10.0)
        assert time.monotonic() - start < 1.0
        timer.join()
        ports[0].function = good
        link.close()


def test_bulk_bytes_are_heard_before_anything_is_asked() -> None:
    with bus_of("A", is_tmc=False) as (ports, backend):
        link = opened(replace(TMC, product=0x0002), backend)
        ports[0].function.put(b"4006381333931\r\n")
        assert link.hear(1.0) == b"4006381333931\r\n"
        link.close()


WORLD = """[world]
bench = "usb.bench.toml"
[devices.psu]
kind = "hmp4040"
serial = "109401"
port = "usbtmc"
[devices.dmm]
kind = "dmm6500"
serial = "04123456"
port = "usbtmc"
"""
BENCH = """[bench]
name = "USB"
station_id = "bench-1"
slot = "slot-1"
usb_backend = "${usb_backend}"
[instruments.psu]
driver = "hmp4040"
address = "${psu}"
identity = { maker = "ROHDE&SCHWARZ", model = "HMP4040", serial = "${psu_serial}" }
[instruments.dmm]
driver = "dmm6500"
address = "${dmm}"
identity = { maker = "KEITHLEY INSTRUMENTS", model = "MODEL DMM6500", serial = "${dmm_serial}" }
[roles.supply]
instrument = "psu"
channel = 1
[roles.meter]
instrument = "dmm"
points = { b_plus = 1 }
[make_safe]
order = ["supply"]
"""


def test_a_bench_file_reaches_two_instruments_on_one_bus(tmp_path: Path) -> None:
    (tmp_path / "usb.world.toml").write_text(WORLD)
    box = BenchBox(read_world(tmp_path / "usb.world.toml"), time_scale=0.0)
    with server() as served:
        for port in box.ports.values():
            served.serve(port)
        file = tmp_path / "usb.bench.toml"
        file.write_text(box.bench_text(BENCH))
        bench = open_bench(read_bench_file(file), CLOCK)
        assert [link.state for link in bench.links] == [LinkState.OPEN, LinkState.OPEN]
        bench.close()
