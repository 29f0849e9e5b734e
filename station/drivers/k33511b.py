"""Keysight 33511B, a function generator with one output, as the sine of an analyser that has none.

Sources: Keysight 33500 Series Operating and Service Guide 33500-90901, SCPI reference: FUNCtion, FREQuency, VOLTage,
VOLTage:UNIT, OUTPut, OUTPut:LOAD (infinite reads 9.9E37). A line input is an open circuit to its 50 ohm.
"""

from __future__ import annotations

from collections.abc import Mapping

from station.config.bench_file import Identity
from station.drivers.instrument import OpenInstrument
from station.drivers.safe_output import Sine
from station.drivers.scpi import ScpiInstrument
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError, PlanError

HIGHEST_V, HIGHEST_HZ = 7.07, 20e6
"""20 V peak to peak into an open circuit; data sheet 5992-2572EN."""
LEVEL_TOLERANCE, FREQUENCY_TOLERANCE = 0.001, 1e-6

_STATES: Mapping[str, bool] = {"0": False, "OFF": False, "1": True, "ON": True}


class K33511B:
    """The generator; a station.drivers.sine_generator.SineGenerator."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s)

    def begin(self) -> Identity:
        """Synchronise and say who it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Output off; a sine in volts RMS into an open circuit."""
        with self._link.hold():
            self._scpi.act("OUTP OFF", "FUNC SIN", "OUTP:LOAD INF", "VOLT:UNIT VRMS")
            self._require_output(False)

    def generate(self, frequency_hz: float, level_v: float) -> None:
        """Frequency, level and state of the output are read back."""
        with self._link.hold():
            if level_v <= 0:
                self._scpi.act("OUTP OFF")
                self._require_output(False)
                return
            self._scpi.act(f"FREQ {frequency_hz:.6f}", f"VOLT {level_v:.6f}", "OUTP ON")
            self._require("FREQ?", frequency_hz, frequency_hz * FREQUENCY_TOLERANCE)
            self._require("VOLT?", level_v, level_v * LEVEL_TOLERANCE + 1e-6)
            self._require_output(True)

    def _require(self, query: str, asked: float, tolerance: float) -> None:
        found = self._scpi.ask_number(query, "")
        if found.is_overload or abs(found.value - asked) > tolerance:
            raise CommandRefused(self._scpi.name, f"asked for {asked:g}, {query} says {found.raw}")

    def _require_output(self, is_on: bool) -> None:
        answer = self._scpi.ask("OUTP?")
        if answer not in _STATES:
            raise self._link.distrust(f"answer {answer!r} to OUTP? is no state of an output")
        if _STATES[answer] is not is_on:
            raise InstrumentError(self._scpi.name, f"its output did not switch {'on' if is_on else 'off'}")


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The generator; it plays no role by itself."""
    generator = K33511B(link, clock, timeout_s)

    def play(_: object) -> object:
        raise PlanError("a 33511B plays no role by itself: name it as the generator of an analyser's role")

    return OpenInstrument(generator, play, generator=generator, safe=lambda row: Sine(generator))
