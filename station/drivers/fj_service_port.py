"""The service port of the FJ head units.

Source: docs/fj-head-units.md, "Service port": one line asks, one line answers within 50 ms, nothing unasked.
"""

from __future__ import annotations

import re
from contextlib import suppress

from station.drivers.instrument import OpenInstrument
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import DutError, LinkTimeout
from station.model.reading import TextReading

ANSWER_S = 0.15
"""50 ms of the unit, 6 ms of wire for 64 characters, and what USB serial adapters and a busy PC add."""

ASK_S = 0.5
"""For what a unit that has booted is asked: ten times the 50 ms, so that a busy PC is not taken for a dead unit."""

TRIES = 2
"""Of what changes nothing when it is done twice: one answer may be lost on the line, a unit that is silent stays so."""

_REFUSED = "ERR unknown"
_UNKNOWN = Challenge((b"SYNC\n",), re.compile(rb"(?m:^)ERR unknown\r\n"))
_READY = Challenge((b"PING\n",), re.compile(rb"(?m:^)OK\r\n"))


class FjServicePort:
    """A station.model.roles.HeadUnit; a unit that is off, booting or asleep is silent: no fault of the link."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock

    def begin(self) -> None:
        """The unit may be off: nothing is asked."""

    def prepare(self) -> None:
        """Nothing to set."""

    def is_ready(self) -> bool:
        """Whether the unit answers; False after at most 0.15 s of silence."""
        with self._link.hold():
            try:
                if self._link.state is not LinkState.OPEN:
                    self._link.resync([_UNKNOWN], _READY, ANSWER_S)
                    return True
                answer = self._link.query_line(b"PING\n", ANSWER_S)
            except LinkTimeout:
                return False
        if answer != "OK":
            raise self._link.distrust(f"answer {answer!r} to PING is not OK")
        return True

    def uptime_s(self) -> float:
        """Seconds since the end of boot, to the millisecond."""
        answer = self._get("uptime")
        if not answer.isdecimal():
            raise DutError(f"the unit answers {answer!r} to GET uptime: not whole milliseconds")
        return int(answer) / 1000

    def read(self, item: str) -> TextReading:
        """An item of the data sheet; raises DutError where the unit is silent or refuses."""
        return TextReading(self._get(item), self._link.name, self._clock.utc())

    def write(self, item: str, value: str) -> None:
        """Set an item and read it back; raises DutError where the unit is silent, refuses or did not take it."""
        self._do(f"SET {item} {value}", TRIES)
        found = self._get(item)
        if found != value:
            raise DutError(f"the unit says {item} is {found!r} after it was set to {value!r}")

    def act(self, action: str) -> None:
        """Begin an action; raises DutError where the unit is silent or refuses."""
        self._do(f"DO {action}")

    def _get(self, item: str) -> str:
        answer = self._ask(f"GET {item}", TRIES)
        if not answer.startswith("OK "):
            raise self._link.distrust(f"answer {answer!r} to GET {item} is neither OK nor ERR")
        return answer.removeprefix("OK ")

    def _do(self, request: str, tries: int = 1) -> None:
        answer = self._ask(request, tries)
        if answer != "OK":
            raise self._link.distrust(f"answer {answer!r} to {request} is neither OK nor ERR")

    def _ask(self, request: str, tries: int) -> str:
        """The answer; a request that may be made twice is, before silence is called the unit's fault."""
        for _ in range(tries - 1):
            with suppress(LinkTimeout):
                return self._ask_once(request)
        try:
            return self._ask_once(request)
        except LinkTimeout:
            raise DutError(f"the unit does not answer {request} within {ASK_S} s") from None

    def _ask_once(self, request: str) -> str:
        """The answer; what no unit knows is asked after it, so that an answer that was repeated is found out."""
        with self._link.hold():
            if self._link.state is not LinkState.OPEN:
                self._link.resync([_UNKNOWN], _READY, ASK_S)
            answer = self._link.query_line(request.encode("ascii") + b"\n", ASK_S)
            proof = self._link.query_line(b"PROVE\n", ASK_S)
        if proof != _REFUSED:
            raise self._link.distrust(f"answer {proof!r} to PROVE after {request}: answers are out of step")
        if answer.startswith("ERR "):
            raise DutError(f"the unit answers {answer!r} to {request}")
        return answer


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The port; its answers have times of their own."""
    port = FjServicePort(link, clock)
    return OpenInstrument(port, lambda row: port)
