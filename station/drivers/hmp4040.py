"""Rohde & Schwarz HMP4040: four outputs of 32 V, 10 A.

Source: HMP Series SCPI Programmers Manual 5800.5760.02, version 01: INSTrument:NSELect, [SOURce:]VOLTage, CURRent,
OUTPut:SELect (the selected channel), OUTPut:GENeral (all selected channels), MEASure[:SCALar]:VOLTage?, CURRent?.
"""

from __future__ import annotations

from station.config.bench_file import Identity
from station.drivers.scpi import ScpiInstrument
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.reading import Reading

CHANNELS = range(1, 5)
RESOLUTION_V = 0.001
RESOLUTION_A = 0.001


class Hmp4040:
    """The whole supply; its outputs share one selection, so that each group of messages selects again."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s)

    def begin(self) -> Identity:
        """Synchronise and say who it is; outputs stay as they are."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Nothing to set: a step sets an output before it switches it on."""

    def output(self, channel: int) -> HmpOutput:
        """One of the outputs 1 to 4."""
        return HmpOutput(self._link, self._scpi, channel)


class HmpOutput:
    """One output; a station.model.roles.Supply."""

    def __init__(self, link: Link, scpi: ScpiInstrument, channel: int) -> None:
        self._link = link
        self._scpi = scpi
        self._channel = channel
        self._select = f"INST:NSEL {channel}"

    def set(self, volts_v: float, limit_a: float) -> None:
        """Set both and read both back; raises CommandRefused where the instrument did not take them."""
        with self._link.hold():
            self._scpi.act(self._select, f"VOLT {volts_v:.3f}", f"CURR {limit_a:.4f}")
            for query, asked, resolution in (("VOLT?", volts_v, RESOLUTION_V), ("CURR?", limit_a, RESOLUTION_A)):
                found = self._scpi.ask_number(query, "", self._select)
                if found.is_overload or abs(found.value - asked) > resolution:
                    problem = f"channel {self._channel}: asked for {asked:g}, {query} says {found.raw}"
                    raise CommandRefused(self._scpi.name, problem)

    def switch_on(self) -> None:
        """On, proved by reading back.

        While the general output is off, the other channels are deselected first: switching it on would otherwise
        energise whatever an earlier user left selected.
        """
        with self._link.hold():
            if not self._is_set("OUTP:GEN?"):
                others = [number for number in CHANNELS if number != self._channel]
                self._scpi.act(*(text for number in others for text in (f"INST:NSEL {number}", "OUTP:SEL 0")))
            self._scpi.act(self._select, "OUTP:SEL 1", "OUTP:GEN 1")
            if not (self._is_set("OUTP:SEL?") and self._is_set("OUTP:GEN?")):
                raise InstrumentError(self._scpi.name, f"channel {self._channel} did not switch on")

    def switch_off(self) -> None:
        """Off, proved by reading back; the other channels stay as they are."""
        with self._link.hold():
            self._scpi.act(self._select, "OUTP:SEL 0")
            if self._is_set("OUTP:SEL?"):
                raise InstrumentError(self._scpi.name, f"channel {self._channel} did not switch off")

    def read_v(self) -> Reading:
        """Volts at the output's terminals."""
        return self._scpi.ask_number("MEAS:VOLT?", "V", self._select)

    def read_a(self) -> Reading:
        """Amperes out of the output."""
        return self._scpi.ask_number("MEAS:CURR?", "A", self._select)

    def _is_set(self, query: str) -> bool:
        answer = self._scpi.ask(query, self._select)
        if answer not in ("0", "1"):
            raise self._link.distrust(f"answer {answer!r} to {query} is neither 0 nor 1")
        return answer == "1"
