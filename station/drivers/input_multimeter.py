"""A multimeter with one input that speaks the language of the HP 34401A; families differ only in their phrases.

Source: Agilent 34401A User's Guide, chapter 4: [SENSe:]FUNCtion, [SENSe:]VOLTage:DC:RANGe (switches autorange off) and
:NPLCycles, READ? (triggers a new measurement), ROUTe:TERMinals?; beyond the range 9.9E37 is read.
"""

from __future__ import annotations

import msgspec

from station.config.bench_file import Identity
from station.drivers.instrument import OpenInstrument
from station.drivers.scpi import STANDARD, Dialect, ScpiInstrument
from station.drivers.voltmeter_roles import play_voltmeter
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError, PlanError
from station.model.reading import Reading

RESET = ("*RST", 'SENS:FUNC "VOLT:DC"')
ASK_RANGE = "VOLT:DC:RANG?"


class MeterPhrases(msgspec.Struct, frozen=True):
    """Where families differ.

    ``line_cycles`` is the integration time that the data sheet's accuracy is stated for, or one that costs little of
    it. ``language`` is chosen before anything else where a family has several; empty for one that has not.
    ``quiet`` keeps it from beeping at every error, where a family can be told.
    ``has_terminals_switch`` is whether a switch on the front may take the wired terminals away.
    """

    ranges_v: tuple[float, ...]
    line_cycles: float
    dialect: Dialect = STANDARD
    language: str = ""
    quiet: str = ""
    has_terminals_switch: bool = False


class InputMultimeter:
    """The whole multimeter, always in a fixed range; a ChannelVoltmeter whose one channel is its input."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float, phrases: MeterPhrases) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s, phrases.dialect)
        self._phrases = phrases
        self._range_v: float | None = None

    def begin(self) -> Identity:
        """Synchronise and say who it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Reset it to DC volts; raises InstrumentError while the terminals on its back are selected."""
        with self._link.hold():
            self._range_v = None
            self._choose_language()
            quiet = (self._phrases.quiet,) if self._phrases.quiet else ()
            self._scpi.act(*RESET, *quiet, f"VOLT:DC:NPLC {self._phrases.line_cycles:g}")
            if self._phrases.has_terminals_switch and self._scpi.ask("ROUT:TERM?") != "FRON":
                raise InstrumentError(self._scpi.name, "the front terminals are the wired ones: press Front/Rear")

    def read_channel_v(self, channel: int, range_v: float) -> Reading:
        """DC volts at its input, which is channel 1."""
        if channel != 1:
            raise PlanError(f"{self._scpi.name} has one input, there is no channel {channel}")
        return self.read_input_v(range_v)

    def read_input_v(self, range_v: float) -> Reading:
        """DC volts at the input in the smallest fixed range that holds ``range_v``."""
        fixed_v = next((known for known in self._phrases.ranges_v if abs(range_v) <= known), None)
        if fixed_v is None:
            raise PlanError(f"{self._scpi.name} measures up to {self._phrases.ranges_v[-1]:g} V, not {range_v:g} V")
        with self._link.hold():
            known, self._range_v = self._range_v, None  # unknown until the reading has succeeded
            if fixed_v != known:
                self._set_range(fixed_v)
            reading = self._scpi.ask_number("READ?", "V")
            self._range_v = fixed_v
        return reading

    def _set_range(self, fixed_v: float) -> None:
        found = self._scpi.ask_number(ASK_RANGE, "V", f"VOLT:DC:RANG {fixed_v:g}")
        if found.is_overload or abs(found.value - fixed_v) > 0.01 * fixed_v:
            raise CommandRefused(self._scpi.name, f"asked for the {fixed_v:g} V range, {ASK_RANGE} says {found.raw}")

    def _choose_language(self) -> None:
        language = self._phrases.language
        if not language:
            return
        self._scpi.act(f"CMDSET {language}")
        answer = self._scpi.ask("CMDSET?")
        if answer != language:
            raise InstrumentError(self._scpi.name, f"was told to speak {language}, CMDSET? says {answer}")


def open_input_multimeter(link: Link, clock: Clock, timeout_s: float, phrases: MeterPhrases) -> OpenInstrument:
    """The multimeter and how it plays roles by itself, its input being channel 1."""
    meter = InputMultimeter(link, clock, timeout_s, phrases)
    return OpenInstrument(meter, lambda row: play_voltmeter(meter, row), voltmeter=meter)
