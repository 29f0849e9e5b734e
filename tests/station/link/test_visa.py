"""What pyvisa-py does not promise and a VISA link does."""

from __future__ import annotations

import asyncio
import time

import pytest
import pyvisa

from fixtures.sim.device import SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.hislip import HislipConnection, HislipPort
from fixtures.sim.transport import TcpConnection, TcpPort
from fixtures.sim.vxi11 import Vxi11Connection, Vxi11Port
from station.link.opening import link_to
from station.model.errors import LinkTimeout
from tests.sim.bench_wiring import dice
from tests.station.link.link_kinds import CLOCK, Echo, address_of, echo
from tests.station.link.served import server


class DrippingConnection(TcpConnection):
    """Once told to, sends each answer byte by byte, slowly."""

    is_dripping = False

    def send(self, data: bytes) -> None:
        if not DrippingConnection.is_dripping:
            super().send(data)
            return
        loop = asyncio.get_running_loop()
        for place in range(len(data)):
            loop.call_later(0.05 * (place + 1), super().send, data[place : place + 1])


class DrippingHislip(HislipPort):
    def connection(self) -> TcpConnection:
        return type("Dripping", (HislipConnection, DrippingConnection), {})(self)


class DrippingVxi11(Vxi11Port):
    def connection(self) -> TcpConnection:
        return type("Dripping", (Vxi11Connection, DrippingConnection), {})(self)


@pytest.mark.parametrize(("kind", "port_kind"), [("hislip", DrippingHislip), ("vxi11", DrippingVxi11)])
def test_an_answer_that_drips_in_is_late_at_the_deadline_of_the_whole_and_no_later_one(
    kind: str, port_kind: type[TcpPort], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = port_kind(Echo(), LineFaults(dice()), SimClock())
    with server() as served:
        served.serve(port)
        link = link_to("psu", address_of(kind, port), CLOCK)
        link.open(5.0)
        link.resync([echo(1)], echo(2), 2.0)
        monkeypatch.setattr(DrippingConnection, "is_dripping", True)
        start = time.monotonic()
        with pytest.raises(LinkTimeout):
            link.query_line(b"ECHO 123456789\n", 0.3)
        assert 0.3 <= time.monotonic() - start < 0.6
        monkeypatch.undo()
        time.sleep(2.5)  # the last drop has fallen
        link.resync([echo(3)], echo(4), 5.0)
        assert link.query_line(b"ECHO 7\n", 1.0) == "7"
        link.close()


def test_a_manager_that_somebody_else_has_closed_is_made_anew() -> None:
    with server() as served:
        port = HislipPort(Echo(), LineFaults(dice()), SimClock())
        served.serve(port)
        for number in (1, 2):
            link = link_to("psu", address_of("hislip", port), CLOCK)
            link.open(5.0)
            link.resync([echo(1)], echo(2), 2.0)
            assert link.query_line(b"ECHO %d\n" % number, 1.0) == str(number)
            link.close()
            pyvisa.ResourceManager("@py").close()
