"""An electronic load that speaks SCPI and differs from others only in its phrases and ranges."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from station.config.bench_file import Identity
from station.drivers.scpi import STANDARD, Dialect, ScpiInstrument
from station.drivers.scpi_supply import switch_state
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.reading import Reading

CONSTANT_CURRENT: Collection[str] = ("CURR", "CURRENT", "CC")
"""What loads call it when they are asked for their function."""


class LoadPhrases(msgspec.Struct, frozen=True):
    """How a family says it; ``{amperes}`` is filled in. A setting read back may differ by the resolution."""

    choose_current: str
    ask_function: str
    set_range: str
    set_a: str
    ask_a: str
    on: str
    off: str
    ask_state: str
    read_v: str
    read_a: str
    resolution_a: float
    dialect: Dialect = STANDARD


class ScpiLoad:
    """The whole load, which is its one input; a station.model.roles.Load."""

    def __init__(
        self, link: Link, clock: Clock, timeout_s: float, phrases: LoadPhrases, ranges_a: tuple[float, ...]
    ) -> None:
        """``ranges_a`` are its ranges of current, smallest first."""
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s, phrases.dialect)
        self._phrases = phrases
        self._ranges_a = ranges_a

    def begin(self) -> Identity:
        """Synchronise and say who it is; the input stays as it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Nothing to set: ``draw`` sets everything before it switches the input on."""

    def draw(self, amperes_a: float) -> None:
        """Constant current in the smallest range that holds it; off for a moment while it is set.

        Raises CommandRefused where the load has no such range or did not take the setting.
        """
        range_a = next((known for known in self._ranges_a if amperes_a <= known), None)
        if range_a is None or amperes_a < 0:
            raise CommandRefused(self._scpi.name, f"draws 0 A to {self._ranges_a[-1]:g} A, not {amperes_a:g} A")
        words = self._phrases
        with self._link.hold():
            self._scpi.act(words.off, words.choose_current, words.set_range.format(amperes=f"{range_a:g}"))
            self._scpi.act(words.set_a.format(amperes=f"{amperes_a:.3f}"))
            function = self._scpi.ask(words.ask_function)
            if function not in CONSTANT_CURRENT:
                raise CommandRefused(
                    self._scpi.name, f"asked for constant current, {words.ask_function} says {function}"
                )
            found = self._scpi.ask_number(words.ask_a, "A")
            if found.is_overload or abs(found.value - amperes_a) > words.resolution_a:
                raise CommandRefused(self._scpi.name, f"asked for {amperes_a:g} A, {words.ask_a} says {found.raw}")
            self._switch(words.on, True)

    def switch_off(self) -> None:
        """Off, proved by reading back."""
        self._switch(self._phrases.off, False)

    def read_v(self) -> Reading:
        """Volts at its terminals."""
        return self._scpi.ask_number(self._phrases.read_v, "V")

    def read_a(self) -> Reading:
        """Amperes that it draws."""
        return self._scpi.ask_number(self._phrases.read_a, "A")

    def _switch(self, command: str, is_on: bool) -> None:
        query = self._phrases.ask_state
        with self._link.hold():
            self._scpi.act(command)
            answer = self._scpi.ask(query)
            state = switch_state(answer, 1)
            if state is None:
                raise self._link.distrust(f"answer {answer!r} to {query} is no state of an input")
            if state is not is_on:
                raise InstrumentError(self._scpi.name, f"did not switch {'on' if is_on else 'off'}")
