"""The serial port for systems where it is no descriptor: bytes both ways, limits that hold, and a pulled adapter."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.pty_port import PtyPort
from station.config.address import SerialAddress, parse_address
from station.link.blocking import BlockingChannel
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.serial_calls import SerialPort
from station.model.errors import LinkRefused
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import Echo, echo
from tests.station.link.served import server

CLOCK = SystemClock()


@pytest.fixture
def line() -> Iterator[tuple[int, BlockingChannel]]:
    """The far end of a port, and the port as a channel."""
    master, slave = os.openpty()
    tty.setraw(slave)
    channel = BlockingChannel(SerialPort(SerialAddress(os.ttyname(slave), 115200)), 5.0)
    yield master, channel
    channel.close()
    os.close(master)
    os.close(slave)


def test_bytes_go_both_ways(line: tuple[int, BlockingChannel]) -> None:
    master, channel = line
    assert channel.exchange(b"hello", 2.0)[0] == 5
    assert os.read(master, 100) == b"hello"
    os.write(master, bytes(range(256)))
    came = b""
    while len(came) < 256:
        came += channel.exchange(b"", 2.0)[1]
    assert came == bytes(range(256))


def test_a_silent_peer_costs_no_more_than_the_limit(line: tuple[int, BlockingChannel]) -> None:
    _, channel = line
    began = time.monotonic()
    assert channel.exchange(b"", 0.1) == (0, b"")
    assert 0.09 < time.monotonic() - began < 2.0


def test_whoever_waits_is_woken(line: tuple[int, BlockingChannel]) -> None:
    _, channel = line
    threading.Timer(0.1, channel.wake).start()
    began = time.monotonic()
    assert channel.exchange(b"", 30.0) == (0, b"")
    assert time.monotonic() - began < 10.0


def test_a_link_over_it_is_synchronised_and_answers() -> None:
    port = PtyPort(Echo(), LineFaults(dice()), SimClock(), 115200)
    with server() as served:
        address = parse_address(served.serve(port))
        assert isinstance(address, SerialAddress)
        link = Link("psu", lambda timeout_s: BlockingChannel(SerialPort(address), timeout_s), CLOCK)
        link.open(5.0)
        link.resync([echo(41)], echo(73), 2.0)
        assert link.query_line(b"ECHO 12\n", 2.0) == "12"
        link.close()


def test_a_port_that_is_not_there_is_refused() -> None:
    address = SerialAddress("/dev/there-is-none", 9600)
    link = Link("psu", lambda timeout_s: BlockingChannel(SerialPort(address), timeout_s), CLOCK)
    with pytest.raises(LinkRefused):
        link.open(1.0)
