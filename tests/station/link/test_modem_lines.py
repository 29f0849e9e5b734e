"""A modem line is on or off for certain, or it is an error: over a server of ports, and at a port of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.estop import ContactLine, EmergencyStop
from fixtures.sim.faults import LineFault, LineFaults
from fixtures.sim.rfc2217 import Rfc2217Port
from station.config.address import Rfc2217Address, SerialAddress, parse_address
from station.link.modem_lines import ModemLine, open_modem_line
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.sim.bench_wiring import dice
from tests.station.link.served import Server, server

ANSWER_S = 2.0


class Served:
    """A button at a served port."""

    def __init__(self, served: Server, line: str) -> None:
        self.server = served
        self.stop = EmergencyStop()
        self.port = Rfc2217Port(ContactLine(self.stop, line), LineFaults(dice()), SimClock())
        address = parse_address(served.serve(self.port))
        assert isinstance(address, Rfc2217Address)
        self.address = address

    def press(self, is_pressed: bool) -> None:
        async def pressing() -> None:
            self.stop.press(is_pressed)

        self.server.run(pressing())


@contextmanager
def opened(line: str, asked: str = "") -> Iterator[tuple[Served, ModemLine]]:
    with server() as running:
        served = Served(running, line)
        found = open_modem_line("estop", served.address, asked or line, 5.0)
        try:
            yield served, found
        finally:
            found.close()


@pytest.mark.parametrize("line", ["cts", "dsr", "cd"])
def test_a_line_follows_its_contact(line: str) -> None:
    with opened(line) as (served, found):
        assert found.is_on(ANSWER_S)
        served.press(True)
        assert not found.is_on(ANSWER_S)
        served.press(False)
        assert found.is_on(ANSWER_S)


def test_another_line_than_the_wired_one_is_off() -> None:
    with opened("cts", "dsr") as (_, found):
        assert not found.is_on(ANSWER_S)


def test_a_line_that_was_pressed_before_anybody_looked_is_off() -> None:
    with server() as running:
        served = Served(running, "cts")
        served.press(True)
        found = open_modem_line("estop", served.address, "cts", 5.0)
        assert not found.is_on(ANSWER_S)
        found.close()


def test_a_silent_server_is_a_timeout_and_no_state_of_long_ago() -> None:
    with opened("cts") as (served, found):
        assert found.is_on(ANSWER_S)
        served.server.fault(served.port, LineFault("drop"))
        with pytest.raises(LinkTimeout):
            found.is_on(0.1)


def test_a_server_that_hangs_up_is_lost() -> None:
    with opened("cts") as (served, found):
        assert found.is_on(ANSWER_S)
        served.server.fault(served.port, LineFault("close"))
        with pytest.raises(LinkLost):
            found.is_on(ANSWER_S)


def test_a_port_that_has_no_modem_lines_is_no_line_that_is_on() -> None:
    """A pty is such a port."""
    master, slave = os.openpty()
    try:
        found = open_modem_line("estop", SerialAddress(os.ttyname(slave), 9600), "cts", 1.0)
        with pytest.raises(LinkLost, match="modem lines"):
            found.is_on(ANSWER_S)
        found.close()
    finally:
        os.close(master)
        os.close(slave)


def test_a_port_that_is_not_there_is_refused() -> None:
    with pytest.raises(LinkRefused):
        open_modem_line("estop", SerialAddress("/dev/there-is-none", 9600), "cts", 1.0)
