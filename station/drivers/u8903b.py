"""Keysight U8903B audio analyser, used as generator and recorder: what is measured is computed from its samples.

Source: Agilent U8903A Programmer's Reference (U8903-ProgramRef), headings of the Source, Output, Input, Sense, Trigger,
Initiate, Fetch and Status subsystems; parameters, byte order (big-endian float32 in volts) and sample rates (78125 Hz
in the low bandwidth of 30 kHz, 312500 Hz in the high one) as two public programs use them with a U8903A:
echeever/U8903AGUI and monteiroman/VISA_Instruments_Connection_Py. The U8903B is the U8903A's successor with 2 to 8
inputs and is driven by the same IVI driver (MathWorks, "Keysight U8903A Audio Analyzer"); its own programming guide was
not at hand. Only those commands are used, so neither its THD+N function nor its weighting filters.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from station.config.bench_file import Identity, RoleRow
from station.drivers.instrument import OpenInstrument
from station.drivers.safe_output import Sine
from station.drivers.scpi import OVERLOAD, ScpiInstrument
from station.link.link import Link
from station.model.clock import Clock, wait_until
from station.model.errors import CommandRefused, InstrumentError

if TYPE_CHECKING:
    from station.analysis.sound import Record

RATE_HZ = 78125.0
FEWEST_POINTS, MOST_POINTS = 256, 65536
GENERATOR = "(@1)"
POLL_S = 0.01
LEVEL_TOLERANCE, FREQUENCY_TOLERANCE = 0.005, 0.0001
"""How far a setting read back may be from what was asked: rounding."""

_STATES: Mapping[str, bool] = {"0": False, "OFF": False, "1": True, "ON": True}


class U8903B:
    """The whole analyser; a station.drivers.sampled_analyser.Recorder."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._scpi = ScpiInstrument(link, clock, timeout_s)
        self._points = 0
        self._wired: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """The bench file's name."""
        return self._scpi.name

    def begin(self) -> Identity:
        """Synchronise and say who it is."""
        return self._scpi.begin()

    def prepare(self) -> None:
        """Generator off, a sine chosen; low bandwidth; records begin when they are asked for.

        What computes is loaded here, where others are waited for meanwhile.
        """
        importlib.import_module("station.analysis.sound")
        self._scpi.act(
            f"OUTP:STAT OFF, {GENERATOR}",
            f"SOUR:FUNC SINE, {GENERATOR}",
            "INP:BAND LOW",
            "DISP:ANAL:MODE TIME",
            "TRIG:GRAP:SOUR IMM",
        )
        self._points, self._wired = 0, frozenset()
        self._require_output(False)

    def generate(self, frequency_hz: float, level_v: float) -> None:
        """A sine of ``level_v`` RMS, open circuit; frequency, level and output state are read back."""
        with self._link.hold():
            if level_v <= 0:
                self._scpi.act(f"OUTP:STAT OFF, {GENERATOR}")
                self._require_output(False)
                return
            self._scpi.act(
                f"SOUR:FREQ {frequency_hz:.3f}Hz, {GENERATOR}",
                f"SOUR:VOLT {level_v:.6f}Vrms, {GENERATOR}",
                f"OUTP:STAT ON, {GENERATOR}",
            )
            self._require("SOUR:FREQ?", frequency_hz, frequency_hz * FREQUENCY_TOLERANCE)
            self._require("SOUR:VOLT?", level_v, level_v * LEVEL_TOLERANCE + 1e-6)
            self._require_output(True)

    def record(self, inputs: Sequence[int], seconds: float) -> Mapping[int, Record]:
        """One record of all ``inputs`` at once, a power of two points long."""
        points = max(FEWEST_POINTS, 1 << (math.ceil(seconds * RATE_HZ) - 1).bit_length())
        if points > MOST_POINTS:
            raise InstrumentError(self.name, f"records at most {MOST_POINTS / RATE_HZ:.2f} s, not {seconds:.2f} s")
        with self._link.hold():
            self._wire(frozenset(inputs))
            if points != self._points:
                self._points = 0
                self._scpi.act(f"SENS:WAV:POIN {points}")
                self._points = points
            self._scpi.act(f"INIT:GRAP {_listed(inputs)}")
            if not self._is_done():
                self._clock.wait(points / RATE_HZ)
                if not wait_until(self._clock, self._is_done, self._clock.now() + self._timeout_s, POLL_S):
                    raise InstrumentError(self.name, f"its record of {points} points does not end")
            return {number: self._fetch(number, points) for number in inputs}

    def _wire(self, inputs: frozenset[int]) -> None:
        """Inputs not used before: no running measurement, AC, and the range found by the analyser."""
        if inputs <= self._wired:
            return
        listed = _listed(sorted(inputs))
        self._scpi.act(f"INIT:CONT:ANAL OFF, {listed}", f"INP:COUP AC, {listed}", f"SENS:VOLT:RANG:AUTO ON, {listed}")
        self._wired |= inputs

    def _is_done(self) -> bool:
        return self._scpi.ask_number("STAT:OPER:COND?", "").value == 0

    def _fetch(self, number: int, points: int) -> Record:
        import numpy as np

        from station.analysis.sound import Record

        block = self._scpi.ask_block(f"FETC:ARR? (@{number})")
        if len(block) != 4 * points:
            raise InstrumentError(self.name, f"input {number} gave {len(block)} bytes for {points} points")
        volts = np.frombuffer(block, ">f4").astype(np.float64)
        is_usable = bool(np.all(np.abs(volts) < OVERLOAD))
        return Record(volts, RATE_HZ, is_overload=not is_usable)

    def _require(self, query: str, asked: float, tolerance: float) -> None:
        found = self._scpi.ask_number(f"{query} {GENERATOR}", "")
        if found.is_overload or abs(found.value - asked) > tolerance:
            raise CommandRefused(self.name, f"asked for {asked:g}, {query} says {found.raw}")

    def _require_output(self, is_on: bool) -> None:
        query = f"OUTP:STAT? {GENERATOR}"
        answer = self._scpi.ask(query)
        if answer not in _STATES:
            raise self._link.distrust(f"answer {answer!r} to {query} is no state of an output")
        if _STATES[answer] is not is_on:
            raise InstrumentError(self.name, f"its generator did not switch {'on' if is_on else 'off'}")


def _listed(inputs: Sequence[int]) -> str:
    return f"(@{','.join(str(number) for number in inputs)})"


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The analyser with its generator, its inputs named as the role says."""
    analyser = U8903B(link, clock, timeout_s)

    def play(row: RoleRow) -> object:
        from station.drivers.sampled_analyser import (
            SampledAnalyser,
        )  # numpy costs make-safe, which hears nothing, 0.15 s

        return SampledAnalyser(analyser, row.points or {}, clock, analyser.generate)

    return OpenInstrument(analyser, play, generator=analyser, safe=lambda row: Sine(analyser))
