"""The service port of the FJ-R1 by its exchange, as docs/fj-head-units.md has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from station.drivers.fj_service_port import FjServicePort
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import DutError, LinkLost, LinkRefused
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()
UNIT = {b"PING": b"OK", b"GET serial": b"OK FJR126110001", b"GET uptime": b"OK 2350", b"GET firmware": b"OK 1.4.2"}

Answer = Callable[[bytes], bytes | None]


def honest(request: bytes) -> bytes | None:
    return UNIT.get(request, b"ERR unknown")


@contextmanager
def unit(answer: Answer, closes_after: int | None = None) -> Iterator[FjServicePort]:
    def reply(request: bytes) -> list[tuple[float, bytes]]:
        text = answer(request)
        return [] if text is None else [(0.0, text + b"\r\n")]

    with scripted_peer(reply, closes_after=closes_after) as peer:
        link = open_link("dut", peer.address, CLOCK, 1.0)
        try:
            yield FjServicePort(link, CLOCK)
        finally:
            link.close()


def test_a_unit_that_answers_is_ready_and_tells_its_texts() -> None:
    with unit(honest) as dut:
        assert dut.is_ready()
        assert dut.is_ready()
        assert dut.read("serial").value == "FJR126110001"
        assert dut.read("firmware").instrument == "dut"
        assert dut.uptime_s() == 2.35


def test_a_silent_unit_is_not_ready() -> None:
    with unit(lambda request: None) as dut:
        start = time.monotonic()
        assert not dut.is_ready()
        assert time.monotonic() - start < 0.4


def test_a_unit_that_wakes_is_ready_at_the_next_question() -> None:
    is_awake = [False]
    with unit(lambda request: honest(request) if is_awake[0] else None) as dut:
        assert not dut.is_ready()
        is_awake[0] = True
        assert dut.is_ready()


def test_a_silent_unit_is_the_units_fault_when_it_is_asked() -> None:
    with unit(lambda request: None) as dut, pytest.raises(DutError, match="does not answer GET serial within"):
        dut.read("serial")


def test_one_answer_that_is_lost_on_the_line_is_asked_for_again() -> None:
    asked: list[bytes] = []

    def forgetful(request: bytes) -> bytes | None:
        asked.append(request)
        return None if asked.count(b"GET serial") == 1 and request == b"GET serial" else honest(request)

    with unit(forgetful) as dut:
        assert dut.read("serial").value == "FJR126110001"
    assert asked.count(b"GET serial") == 2


def test_an_action_is_never_asked_for_twice() -> None:
    asked: list[bytes] = []

    def deaf_to_actions(request: bytes) -> bytes | None:
        asked.append(request)
        return None if request.startswith(b"DO ") else honest(request)

    with unit(deaf_to_actions) as dut, pytest.raises(DutError, match="does not answer DO seek_up"):
        dut.act("seek_up")
    assert asked.count(b"DO seek_up") == 1


def test_a_refusal_is_the_units_fault() -> None:
    with unit(honest) as dut, pytest.raises(DutError, match="answers 'ERR unknown' to GET colour"):
        dut.read("colour")


def test_an_uptime_that_is_no_number_is_the_units_fault() -> None:
    def answer(request: bytes) -> bytes | None:
        return b"OK soon" if request == b"GET uptime" else honest(request)

    with unit(answer) as dut, pytest.raises(DutError, match="not whole milliseconds"):
        dut.uptime_s()


def test_a_port_that_closes_is_lost_not_silent() -> None:
    with unit(honest, closes_after=2) as dut:
        assert dut.is_ready()
        with pytest.raises(LinkLost):
            dut.read("serial")
            dut.read("serial")


def test_an_answer_out_of_step_is_never_a_text() -> None:
    earlier: list[bytes] = []

    def lags_after_boot(request: bytes) -> bytes | None:
        if request in (b"SYNC", b"PING") and not earlier:
            return honest(request)
        earlier.append(honest(request) or b"")
        return b"OK 9.9.9" if len(earlier) == 1 else earlier[-2]

    with unit(lags_after_boot) as dut, pytest.raises(LinkRefused, match="out of step"):
        dut.read("firmware")


def test_garbage_is_not_taken_for_an_answer() -> None:
    def answer(request: bytes) -> bytes | None:
        return b"%%" if request == b"GET serial" else honest(request)

    with unit(answer) as dut, pytest.raises(LinkRefused, match="neither OK nor ERR"):
        dut.read("serial")
