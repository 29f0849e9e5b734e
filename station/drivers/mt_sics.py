"""A bench scale of Mettler Toledo, and others that speak its Standard Interface Command Set.

Source: MT-SICS Reference Manual 11780711, level 0: lines end with CR LF; ``@`` cancels what is under way and answers
as I4 does; ``I2`` gives type and capacity, ``I4`` the serial number, both as ``A "text"``; ``SI`` gives the weight at
once, ``S S     100.00 g`` at rest and ``S D`` in motion, ``S I`` where it cannot be done now, ``S +`` and ``S -`` over
and under its range; ``ES``, ``ET`` and ``EL`` report a command that was not understood.
"""

from __future__ import annotations

import math
import re

from station.config.bench_file import Identity
from station.drivers.instrument import OpenInstrument
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import InstrumentError
from station.model.reading import Reading

MAKER = "METTLER TOLEDO"
"""Whose command set it is; a scale tells no maker."""

POLL_S = 0.1
"""A scale has about ten new values a second."""

GRAMS = {"g": 1.0, "kg": 1000.0}

_WEIGHT = re.compile(r"S ([SD]) +(-?\d+(?:\.\d*)?) ([A-Za-z%]+) *")
_OUT_OF_RANGE = {"S +": math.inf, "S -": -math.inf}
_NOT_NOW = "S I"
_SAID = re.compile(r'(I[24]) A "([^"]*)"')
_CANCELLED = Challenge((b"@\r\n",), re.compile(rb'(?m:^)I4 A "[^"\r\n]*"\r\n'))
_IN_STEP = Challenge((b"I2\r\n",), re.compile(rb'I2 A "[^"\r\n]*"\r\n'))


class MtSics:
    """The scale; a station.model.roles.Scale."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s

    def begin(self) -> Identity:
        """Synchronise and say who it is: the model is the scale's own text of type and capacity."""
        with self._link.hold():
            model = " ".join(self._text("I2", self._timeout_s).split())
            return Identity(MAKER, model, self._text("I4", self._timeout_s))

    def prepare(self) -> None:
        """Nothing to set: unit and zero are set at the scale."""

    def read_g(self, longest_s: float) -> Reading:
        """Grams at rest; over or under its range is overload. Raises InstrumentError where it does not come to rest."""
        deadline = self._clock.now() + longest_s
        answer = ""
        with self._link.hold():
            while (left_s := deadline - self._clock.now()) > 0:
                answer = self._ask("SI", min(self._timeout_s, left_s))
                taken_at = self._clock.utc()
                grams = self._grams(answer)
                if grams is not None:
                    self._text("I4", self._timeout_s)  # so that a weight that was sent twice is found out
                    return Reading(grams, "g", self._link.name, answer, taken_at, not math.isfinite(grams))
                self._clock.wait(min(POLL_S, max(deadline - self._clock.now(), 0.0)))
        raise InstrumentError(self._link.name, f"does not come to rest within {longest_s:g} s, it says {answer!r}")

    def _grams(self, answer: str) -> float | None:
        """None while it is in motion or busy."""
        if answer == _NOT_NOW:
            return None
        if answer in _OUT_OF_RANGE:
            return _OUT_OF_RANGE[answer]
        match = _WEIGHT.fullmatch(answer)
        if match is None:
            raise self._link.distrust(f"answer {answer!r} to SI is no weight")
        if match[3] not in GRAMS:
            raise InstrumentError(self._link.name, f"weighs in {match[3]}: set its unit to g")
        return float(match[2]) * GRAMS[match[3]] if match[1] == "S" else None

    def _text(self, query: str, timeout_s: float) -> str:
        answer = self._ask(query, timeout_s)
        match = _SAID.fullmatch(answer)
        if match is None or match[1] != query:
            raise self._link.distrust(f"answer {answer!r} to {query} is no answer to it: answers are out of step")
        return match[2]

    def _ask(self, query: str, timeout_s: float) -> str:
        if self._link.state is not LinkState.OPEN:
            self._link.resync([_CANCELLED], _IN_STEP, timeout_s)
        return self._link.query_line(query.encode("ascii") + b"\r\n", timeout_s)


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The scale, which plays one role."""
    scale = MtSics(link, clock, timeout_s)
    return OpenInstrument(scale, lambda row: scale)
