"""What pyvisa-py does not promise and a VISA link does."""

from __future__ import annotations

import asyncio
import time

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.hislip import HislipConnection, HislipPort
from fixtures.sim.transport import TcpConnection
from station.link.opening import link_to
from station.model.errors import LinkTimeout
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import CLOCK, Echo, address_of, echo
from tests.station.link.served import server


class DrippingConnection(HislipConnection):
    """Once told to, sends each answer byte by byte, slowly."""

    def send(self, data: bytes) -> None:
        port = self._port
        assert isinstance(port, DrippingPort)
        if not port.is_dripping:
            super().send(data)
            return
        loop = asyncio.get_running_loop()
        for place in range(len(data)):
            loop.call_later(0.05 * (place + 1), super().send, data[place : place + 1])


class DrippingPort(HislipPort):
    is_dripping = False

    def connection(self) -> TcpConnection:
        return DrippingConnection(self)


def test_an_answer_that_drips_in_over_hislip_is_late_at_the_deadline_of_the_whole() -> None:
    port = DrippingPort(Echo(), LineFaults(dice()), SimClock())
    with server() as served:
        served.serve(port)
        link = link_to("psu", address_of("hislip", port), CLOCK)
        link.open(5.0)
        link.resync([echo(1)], echo(2), 2.0)
        port.is_dripping = True
        start = time.monotonic()
        with pytest.raises(LinkTimeout):
            link.query_line(b"ECHO 123456789\n", 0.3)
        assert 0.3 <= time.monotonic() - start < 0.6
        link.close()
