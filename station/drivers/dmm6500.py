"""Keithley DMM6500, a 6½-digit multimeter, with a 2000-SCAN card of ten channels in its slot.

Source: Model DMM6500 Reference Manual DMM6500-901-01, SCPI command reference: [:SENSe[1]]:FUNCtion,
:VOLTage[:DC]:RANGe[:UPPer] and :NPLCycles, :ROUTe[:CHANnel]:CLOSe, :ROUTe:TERMinals?, :READ?; overflow reads 9.9E37.
"""

from __future__ import annotations

from station.config.bench_file import Identity
from station.drivers.instrument import OpenInstrument
from station.drivers.scpi import ScpiInstrument
from station.drivers.voltmeter_roles import play_voltmeter
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import InstrumentError, PlanError
from station.model.reading import Reading

CHANNELS = range(1, 11)
RANGES_V = (0.1, 1.0, 10.0, 100.0, 1000.0)
LINE_CYCLES = 1


class Dmm6500:
    """The whole multimeter: one closed scanner channel at a time, always in a fixed range."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s)
        self._closed: int | None = None
        self._range_v: float | None = None

    def begin(self) -> Identity:
        """Synchronise and say who it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Reset it to DC volts; raises InstrumentError while the front terminals are selected."""
        with self._link.hold():
            self._scpi.act("*RST", 'SENS:FUNC "VOLT:DC"', f"SENS:VOLT:NPLC {LINE_CYCLES}")
            self._closed = self._range_v = None
            if self._scpi.ask("ROUT:TERM?") != "REAR":
                raise InstrumentError(self._scpi.name, "the scanner card needs the rear terminals: press TERMINALS")

    def read_channel_v(self, channel: int, range_v: float) -> Reading:
        """DC volts at a scanner channel in the smallest fixed range that holds ``range_v``."""
        fixed_v = next((known for known in RANGES_V if abs(range_v) <= known), None)
        if fixed_v is None:
            raise PlanError(f"{self._scpi.name} measures up to {RANGES_V[-1]:g} V, not {range_v:g} V")
        before: list[str] = []
        with self._link.hold():
            if channel != self._closed:
                before.append(f"ROUT:CLOS (@{channel})")
            if fixed_v != self._range_v:
                before.append(f"SENS:VOLT:RANG {fixed_v:g}")
            self._closed = self._range_v = None  # unknown until the whole group has succeeded
            reading = self._scpi.ask_number("READ?", "V", *before)
            self._closed, self._range_v = channel, fixed_v
        return reading


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The multimeter and how it plays roles: across a shunt, or at named points."""
    meter = Dmm6500(link, clock, timeout_s)
    return OpenInstrument(meter, lambda row: play_voltmeter(meter, row))
