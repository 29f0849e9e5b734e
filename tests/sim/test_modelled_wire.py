"""The programmer's wire in modelled time: nobody waits, and the clock says how long it would have taken."""

from __future__ import annotations

import time

import pytest

from fixtures.sim.modelled_wire import ModelledWire, WaitingClient
from fixtures.sim.serprog import SerprogTraits
from tests.modelled_site import Site, kind_of, site

TRAITS = SerprogTraits(baud=1_000_000, latency_s=0.016)
BYTE_S = 10 / TRAITS.baud


def spi(write: bytes, read_length: int = 0) -> bytes:
    return b"\x13" + len(write).to_bytes(3, "little") + read_length.to_bytes(3, "little") + write


def at_a_site() -> tuple[Site, ModelledWire]:
    at = site(kind_of(1), TRAITS)
    return at, ModelledWire(at.programmer.connect(), at.clock)


def heard(wire: ModelledWire, out: bytes, length: int) -> bytes:
    taken, answer = wire.exchange(out, 1.0)
    assert taken == len(out)
    while len(answer) < length:
        answer += wire.exchange(b"", 1.0)[1]
    return answer


def test_a_question_and_its_answer_take_the_wire_and_the_latency() -> None:
    at, wire = at_a_site()
    began_s = time.monotonic()
    assert heard(wire, spi(b"\x9f", 3), 4) == b"\x06" + at.chip.jedec
    assert at.clock.now() == pytest.approx(8 * BYTE_S + 32 / TRAITS.spi_hz + 4 * BYTE_S + 0.016, rel=0.05)
    assert time.monotonic() - began_s < 1.0


def test_what_is_sent_ahead_waits_once_and_both_directions_are_busy_at_once() -> None:
    at, wire = at_a_site()
    length = 64 * 257
    assert len(heard(wire, spi(b"\x03\0\0\0", 256) * 64, length)) == length
    assert at.clock.now() == pytest.approx(11 * BYTE_S + length * BYTE_S + 0.016, rel=0.02)


def test_waiting_for_an_answer_that_does_not_come_takes_as_long_as_it_was_waited_for() -> None:
    at, wire = at_a_site()
    assert wire.exchange(b"", 0.25) == (0, b"")
    at.clock.wait(0.5)
    assert at.clock.now() == 0.75


def test_a_cable_that_is_pulled_ends_it() -> None:
    _, wire = at_a_site()
    wire.is_cut = True
    with pytest.raises(EOFError):
        wire.exchange(b"\0", 1.0)


def test_a_client_that_waits_pays_for_every_answer_but_that_of_a_delay() -> None:
    at = site(kind_of(1), TRAITS)
    client = WaitingClient(at.programmer, at.clock).connect()
    for _ in range(10):
        assert b"".join(reply.data for reply in client.receive(b"\0")) == b"\x06"
    assert at.clock.now() == pytest.approx(10 * (2 * BYTE_S + 0.016))
    before_s = at.clock.now()
    client.receive(b"\x0e" + (1000).to_bytes(4, "little"))
    assert at.clock.now() == before_s
    client.receive(b"\x0f")
    assert at.clock.now() - before_s == pytest.approx(0.001 + 0.016 + 7 * BYTE_S, rel=0.01)
