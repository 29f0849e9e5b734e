"""A DC supply that speaks SCPI and differs from others only in its phrases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from station.config.bench_file import Identity
from station.drivers.scpi import STANDARD, Dialect, ScpiInstrument
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import CommandRefused, InstrumentError
from station.model.reading import Reading

_STATES: Mapping[str, bool] = {"0": False, "OFF": False, "1": True, "ON": True}


def switch_state(answer: str, channel: int) -> bool | None:
    """``0``, ``1``, ``OFF`` or ``ON``; None for anything else."""
    return _STATES.get(answer)


class Phrases(msgspec.Struct, frozen=True):
    """How a family says it; ``{channel}``, ``{volts}`` and ``{amperes}`` are filled in.

    ``quiet`` keeps it from beeping at every error, where a family can be told.
    ``select`` goes before every group where the commands name no channel. ``state_of`` makes on or off of the answer
    to ``ask_state``, None where it is neither. A setting read back may differ by the resolution.
    """

    set_v: str
    set_a: str
    ask_v: str
    ask_a: str
    on: str
    off: str
    ask_state: str
    read_v: str
    read_a: str
    resolution_v: float
    resolution_a: float
    select: str = ""
    quiet: str = ""
    state_of: Callable[[str, int], bool | None] = switch_state
    dialect: Dialect = STANDARD


class ScpiSupply:
    """The whole supply."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float, phrases: Phrases) -> None:
        self._link = link
        self._scpi = ScpiInstrument(link, clock, timeout_s, phrases.dialect)
        self._phrases = phrases

    def begin(self) -> Identity:
        """Synchronise and say who it is; outputs stay as they are."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Silence it; nothing else: a step sets an output before it switches it on."""
        if self._phrases.quiet:
            self._scpi.act(self._phrases.quiet)

    def output(self, channel: int) -> ScpiOutput:
        """One of the outputs."""
        return ScpiOutput(self._link, self._scpi, self._phrases, channel)


class ScpiOutput:
    """One output; a station.model.roles.Supply."""

    def __init__(self, link: Link, scpi: ScpiInstrument, phrases: Phrases, channel: int) -> None:
        self._link = link
        self._scpi = scpi
        self._phrases = phrases
        self._channel = channel
        self._before = (phrases.select.format(channel=channel),) if phrases.select else ()

    def set(self, volts_v: float, limit_a: float) -> None:
        """Set both and read both back; raises CommandRefused where the instrument did not take them."""
        words = self._phrases
        set_v = words.set_v.format(channel=self._channel, volts=f"{volts_v:.3f}")
        set_a = words.set_a.format(channel=self._channel, amperes=f"{limit_a:.3f}")
        with self._link.hold():
            self._scpi.act(*self._before, set_v, set_a)
            self._require(words.ask_v, volts_v, words.resolution_v)
            self._require(words.ask_a, limit_a, words.resolution_a)

    def switch_on(self) -> None:
        """On, proved by reading back; the other channels stay as they are."""
        self._switch(self._phrases.on, True)

    def switch_off(self) -> None:
        """Off, proved by reading back; the other channels stay as they are."""
        self._switch(self._phrases.off, False)

    def read_v(self) -> Reading:
        """Volts at the output's terminals."""
        return self._scpi.ask_number(self._phrases.read_v.format(channel=self._channel), "V", *self._before)

    def read_a(self) -> Reading:
        """Amperes out of the output."""
        return self._scpi.ask_number(self._phrases.read_a.format(channel=self._channel), "A", *self._before)

    def _require(self, query: str, asked: float, resolution: float) -> None:
        text = query.format(channel=self._channel)
        found = self._scpi.ask_number(text, "", *self._before)
        if found.is_overload or abs(found.value - asked) > resolution:
            problem = f"channel {self._channel}: asked for {asked:g}, {text} says {found.raw}"
            raise CommandRefused(self._scpi.name, problem)

    def _switch(self, command: str, is_on: bool) -> None:
        query = self._phrases.ask_state.format(channel=self._channel)
        with self._link.hold():
            self._scpi.act(*self._before, command.format(channel=self._channel))
            answer = self._scpi.ask(query, *self._before)
            state = self._phrases.state_of(answer, self._channel)
            if state is None:
                raise self._link.distrust(f"answer {answer!r} to {query} is no state of an output")
            if state is not is_on:
                problem = f"channel {self._channel} did not switch {'on' if is_on else 'off'}"
                raise InstrumentError(self._scpi.name, problem)
