"""An instrument that plays a written exchange: each line it may be sent, in order, with what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from station.link.clock import SystemClock
from station.link.link import Link
from station.link.opening import open_link
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()
NO_ERROR = '0,"No error"'

Exchange = tuple[str, str | None]
"""A line from the station and the answer; None where there is none."""


@contextmanager
def playing(exchanges: Sequence[Exchange]) -> Iterator[Link]:
    """Answer exactly ``exchanges``, in order; fails the test where another line came or one was missing."""
    left = list(exchanges)
    wrong: list[str] = []
    event_enable = ["0"]

    def reply(message: bytes) -> list[tuple[float, bytes]]:
        line = message.decode("ascii")
        if line.startswith("*ESE "):
            event_enable[0] = line.removeprefix("*ESE ")
            return []
        if line == "*ESE?":
            return [(0.0, event_enable[0].encode() + b"\n")]
        expected, answer = left.pop(0) if left else ("nothing", None)
        if line != expected:
            wrong.append(f"{line!r} instead of {expected!r}")
            return [(0.0, b"WRONG\n")]
        return [] if answer is None else [(0.0, answer.encode() + b"\n")]

    with scripted_peer(reply) as peer:
        link = open_link("psu", peer.address, CLOCK, 1.0)
        try:
            yield link
        finally:
            link.close()
    assert wrong == []
    assert left == []


def proved(*lines: str) -> list[Exchange]:
    """Commands without answer, and the empty error queue after them."""
    return [*((line, None) for line in lines), ("SYST:ERR?", NO_ERROR)]


def asked(query: str, answer: str, *before: str) -> list[Exchange]:
    """A query after commands, and the empty error queue after it."""
    return [*((line, None) for line in before), (query, answer), ("SYST:ERR?", NO_ERROR)]


SYNCHRONISED: list[Exchange] = [("SYST:ERR?", NO_ERROR)]
"""After the sentinels the queue of an earlier user is emptied."""
