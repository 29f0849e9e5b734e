"""GW Instek GPD-3303S: two outputs of 30 V, 3 A behind one output switch; not SCPI, slow, over a serial port.

Sources: GPD-3303 Series User Manual, pages 37 to 43: VSET<X>:, ISET<X>:, VSET<X>?, ISET<X>?, VOUT<X>?, IOUT<X>?, OUT0
and OUT1 (both outputs), BEEP0, STATUS?, ERR?, *IDN?; shortest response time 70 ms for a command, 80 ms for a query,
400 ms for STATUS?. Firmware from V2.00 on, which ends its answers with CR LF, gives values with their unit (14.400V)
and answers STATUS? with eight digits, of which the sixth is the output switch (Python package gpd3303s, which reads
both generations). Older firmware ends with CR alone and is not supported.
"""

from __future__ import annotations

import re

from station.config.bench_file import Identity
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.reading import Reading

PAUSE_S = 0.08
"""Kept after each command, which has no answer to wait for."""

ANSWER_S = 0.3
STATUS_S = 0.8
SYNCHRONISED_S = STATUS_S
"""An earlier user may have been killed while it waited for STATUS?, which is answered first: less would be in vain."""

RESOLUTION = 0.001
"""Volts and amperes; values are written with three digits after the point."""

NO_ERROR = "No Error."

_VALUE = {unit: re.compile(rf"([+-]?\d+\.\d+){unit}") for unit in ("V", "A")}
_STATUS = re.compile(r"[01]{5}([01])[01]{2}")
_ERROR_FORM = Challenge((b"ERR?\n",), re.compile(rb"(?m:^)[A-Z][A-Za-z ]+\.?\r?\n"))
_IDENTITY_FORM = Challenge((b"*IDN?\n",), re.compile(rb"[^,\r\n]+(?:,[^,\r\n]*){3}\r?\n"))


class Gpd3303:
    """The supply; its outputs are switched together, so a bench may use one of them for a role."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s

    @property
    def name(self) -> str:
        """The bench file's name of the instrument."""
        return self._link.name

    def begin(self) -> Identity:
        """Synchronise, which takes the error of an earlier user away, and say who it is."""
        with self._link.hold():
            self._synchronise()
            fields = [field.strip() for field in self._query("*IDN?").split(",")]
        if len(fields) != 4:
            raise InstrumentError(self.name, f"answer {','.join(fields)!r} to *IDN? has not four fields")
        return Identity(fields[0], fields[1], fields[2])

    def prepare(self) -> None:
        """Silence it; nothing else: a step sets an output before it switches it on."""
        with self._link.hold():
            self._synchronise()
            self._command("BEEP0")
            self._prove("BEEP0")

    def output(self, channel: int) -> GpdOutput:
        """One of the outputs 1 and 2."""
        return GpdOutput(self, channel)

    def set(self, channel: int, volts_v: float, limit_a: float) -> None:
        """Set both and read both back; raises CommandRefused where the instrument did not take them."""
        with self._link.hold():
            self._synchronise()
            self._command(f"VSET{channel}:{volts_v:.3f}")
            self._command(f"ISET{channel}:{limit_a:.3f}")
            self._prove(f"VSET{channel} and ISET{channel}")
            for query, asked, unit in ((f"VSET{channel}?", volts_v, "V"), (f"ISET{channel}?", limit_a, "A")):
                found = self.read(query, unit)
                if abs(found.value - asked) > RESOLUTION:
                    problem = f"channel {channel}: asked for {asked:g}, {query} says {found.raw}"
                    raise CommandRefused(self.name, problem)

    def switch(self, is_on: bool) -> None:
        """Both outputs; proved by STATUS?, whose answer looks like no other."""
        with self._link.hold():
            self._synchronise()
            self._command(f"OUT{is_on:d}")
            answer = self._link.query_line(b"STATUS?\n", STATUS_S)
            match = _STATUS.fullmatch(answer)
            if match is None:
                raise self._link.distrust(f"answer {answer!r} to STATUS? has not eight digits")
            if (match[1] == "1") is not is_on:
                self._prove(f"OUT{is_on:d}")
                raise InstrumentError(self.name, f"did not switch {'on' if is_on else 'off'}")

    def read(self, query: str, unit: str) -> Reading:
        """The value that answers ``query``; the answer to ERR? after it shows that it was not an earlier one."""
        with self._link.hold():
            self._synchronise()
            answer = self._query(query)
            taken_at = self._clock.utc()
            match = _VALUE[unit].fullmatch(answer)
            if match is None:
                raise self._link.distrust(f"answer {answer!r} to {query} is no value in {unit}")
            self._prove(query)
        return Reading(float(match[1]), unit, self.name, answer, taken_at, False)

    def _synchronise(self) -> None:
        if self._link.state is not LinkState.OPEN:
            self._link.resync([_ERROR_FORM], _IDENTITY_FORM, SYNCHRONISED_S)

    def _command(self, message: str) -> None:
        self._link.command(message.encode("ascii") + b"\n", self._timeout_s)
        self._clock.wait(PAUSE_S)

    def _query(self, query: str) -> str:
        return self._link.query_line(query.encode("ascii") + b"\n", ANSWER_S)

    def _prove(self, message: str) -> None:
        answer = self._query("ERR?")
        if _ERROR_FORM.answer.fullmatch(answer.encode("ascii") + b"\n") is None:
            raise self._link.distrust(f"answer {answer!r} to ERR? is no error report: answers are out of step")
        if answer != NO_ERROR:
            raise CommandRefused(self.name, f"{answer} after {message}")


class GpdOutput:
    """One output; a station.model.roles.Supply."""

    def __init__(self, supply: Gpd3303, channel: int) -> None:
        self._supply = supply
        self._channel = channel

    def set(self, volts_v: float, limit_a: float) -> None:
        """Set both and read both back."""
        self._supply.set(self._channel, volts_v, limit_a)

    def switch_on(self) -> None:
        """On, with the other output, proved by the status."""
        self._supply.switch(True)

    def switch_off(self) -> None:
        """Off, with the other output, proved by the status."""
        self._supply.switch(False)

    def read_v(self) -> Reading:
        """Volts at the output's terminals."""
        return self._supply.read(f"VOUT{self._channel}?", "V")

    def read_a(self) -> Reading:
        """Amperes out of the output."""
        return self._supply.read(f"IOUT{self._channel}?", "A")
