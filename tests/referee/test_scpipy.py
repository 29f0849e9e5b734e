"""Our supply driver against a SCPI server that we did not write: the package scpipy."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from station.config.address import TcpAddress
from station.drivers.hmp4040 import Hmp4040
from station.drivers.scpi import ScpiInstrument
from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import link_to
from station.model.errors import CommandRefused
from tests.conftest import ROOT

CLOCK = SystemClock()
START_S = 20.0


@pytest.fixture(scope="module")
def address() -> Iterator[TcpAddress]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "tests.referee.scpipy_supply", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)
    deadline = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            break
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None, "the server did not start"
            time.sleep(0.05)
    yield TcpAddress("127.0.0.1", port)
    process.kill()
    process.wait()


@pytest.fixture
def link(address: TcpAddress) -> Iterator[Link]:
    link = link_to("psu", address, CLOCK)
    link.open(2.0)
    yield link
    link.close()


def test_the_driver_synchronises_and_takes_its_identity(link: Link) -> None:
    identity = Hmp4040(link, CLOCK, 2.0).begin()
    assert (identity.maker, identity.model, identity.serial) == ("ROHDE&SCHWARZ", "HMP4040", "000001")


def test_an_output_is_set_switched_and_read(link: Link) -> None:
    output = Hmp4040(link, CLOCK, 2.0).output(2)
    output.set(14.4, 1.5)
    output.switch_on()
    assert output.read_v().value == 14.4
    assert output.read_a().value == 0.0
    output.switch_off()
    assert output.read_v().value == 0.0


def test_what_the_server_refuses_is_refused_with_its_own_error(link: Link) -> None:
    with pytest.raises(CommandRefused, match="-222"):
        Hmp4040(link, CLOCK, 2.0).output(1).set(40.0, 1.0)


def test_a_message_that_the_server_does_not_know_is_refused_by_its_number(link: Link) -> None:
    with pytest.raises(CommandRefused, match=r"-110,.Command header error"):
        ScpiInstrument(link, CLOCK, 2.0).act("NONSENSE 1")
