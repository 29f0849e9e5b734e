"""The service port of the FJ-R1 radio.

Source: docs/fj-r1-service-port.md, "Service port": one line asks, one line answers within 50 ms, nothing unasked.
"""

from __future__ import annotations

import re

from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import DutError, LinkTimeout
from station.model.reading import TextReading

ANSWER_S = 0.15
"""50 ms of the unit, 6 ms of wire for 64 characters, and what USB serial adapters and a busy PC add."""

ITEMS = ("serial", "model", "hardware", "firmware", "checksum", "volume", "phones")

_UNKNOWN = Challenge((b"SYNC\n",), re.compile(rb"(?m:^)ERR unknown\r\n"))
_READY = Challenge((b"PING\n",), re.compile(rb"(?m:^)OK\r\n"))


class FjR1ServicePort:
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
        """One of ``ITEMS``; raises DutError where the unit is silent or refuses."""
        return TextReading(self._get(item), self._link.name, self._clock.utc())

    def _get(self, item: str) -> str:
        """The item's text, followed by a PING: its answer has another form, so that a repeated answer is found out."""
        request = f"GET {item}"
        with self._link.hold():
            try:
                if self._link.state is not LinkState.OPEN:
                    self._link.resync([_UNKNOWN], _READY, ANSWER_S)
                answer = self._link.query_line(request.encode("ascii") + b"\n", ANSWER_S)
                proof = self._link.query_line(b"PING\n", ANSWER_S)
            except LinkTimeout:
                raise DutError(f"the unit does not answer {request} within {ANSWER_S} s") from None
        if proof != "OK":
            raise self._link.distrust(f"answer {proof!r} to PING after {request}: answers are out of step")
        if answer.startswith("OK "):
            return answer.removeprefix("OK ")
        if answer.startswith("ERR "):
            raise DutError(f"the unit answers {answer!r} to {request}")
        raise self._link.distrust(f"answer {answer!r} to {request} is neither OK nor ERR")
