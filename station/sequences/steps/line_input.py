"""The unit between generator and analyser: how steps play a tone through its line input and read its four outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

from msgspec.structs import replace

from station.analysis.decibel import ratio_db, times_of
from station.model.clock import Clock
from station.model.errors import DutError, InstrumentError, StationError
from station.model.reading import Reading
from station.model.roles import AudioAnalyser, HeadUnit, Weighting
from station.runner.conditions import Conditions

CHANNELS = ("front_left", "front_right", "rear_left", "rear_right")
REFERENCE_HZ, REFERENCE_W = 1000.0, 1.0
FADER_END = 7
EXPECTED_GAIN_DB = 26.0
"""Where the search for 1 W begins; what the unit really has is measured."""
SILENT_DB = -40.0

SETTING = {"audio_volume": "step", "load_resistance": "ohm", "audio_settling": "s"}


@dataclass(frozen=True, slots=True)
class Sound:
    """The unit between generator and analyser; every change is followed by its settling time."""

    audio: AudioAnalyser
    dut: HeadUnit
    clock: Clock
    settling_s: float
    reference_v: float

    def play(self, frequency_hz: float, level_v: float) -> None:
        """Feed a sine of ``level_v`` into the line input."""
        self.audio.generate(frequency_hz, level_v)
        self.clock.wait(self.settling_s)

    def set(self, **items: int) -> None:
        """Change settings of the unit."""
        for item, value in items.items():
            self.dut.write(item, str(value))
        self.clock.wait(self.settling_s)

    def only(self, channel: str) -> None:
        """Only ``channel`` is to be heard."""
        self.set(
            fader=FADER_END if channel.startswith("front") else -FADER_END,
            balance=FADER_END if channel.endswith("right") else -FADER_END,
        )

    def weighted(self) -> dict[str, Reading]:
        """The A-weighted level of every output, of one record."""
        with self.audio.steady():
            return {channel: self.audio.read_level_v(channel, Weighting.A) for channel in CHANNELS}

    def tones(self, frequency_hz: float) -> dict[str, Reading]:
        """The tone at every output, of one record."""
        with self.audio.steady():
            return {channel: self.audio.read_tone_v(channel, frequency_hz) for channel in CHANNELS}

    def drive_reference(self) -> float:
        """Play, and give, the level at which the loudest output has 1 W; raises DutError where none is heard."""
        level_v = self.reference_v / times_of(EXPECTED_GAIN_DB)
        for _ in range(2):
            self.play(REFERENCE_HZ, level_v)
            loudest = extreme(list(self.tones(REFERENCE_HZ).values()), is_largest=True)
            if sure(loudest) < self.reference_v * times_of(SILENT_DB):
                raise DutError(f"no output is heard: {loudest.value:.6f} V at the loudest, at {level_v:.3f} V in")
            level_v *= self.reference_v / loudest.value
        self.play(REFERENCE_HZ, level_v)
        return level_v


@contextmanager
def line_input(
    audio: AudioAnalyser, dut: HeadUnit, clock: Clock, conditions: Conditions, volume: int | None = None
) -> Iterator[Sound]:
    """The unit on its line input at the volume of the plan, all outputs alike; the sine is off afterwards.

    Make-safe switches it off where that cannot be done here.
    """
    reference_v = math.sqrt(REFERENCE_W * conditions["load_resistance"])
    sound = Sound(audio, dut, clock, conditions["audio_settling"], reference_v)
    dut.write("source", "aux")
    sound.set(mute=0, fader=0, balance=0, volume=round(conditions["audio_volume"]) if volume is None else volume)
    is_through = False
    try:
        yield sound
        is_through = True
    finally:
        with nullcontext() if is_through else suppress(StationError):  # what went wrong first is what is told
            audio.generate(REFERENCE_HZ, 0.0)


def sure(reading: Reading) -> float:
    """The value, for a step that decides by it; raises InstrumentError for an overload."""
    if reading.is_overload:
        raise InstrumentError(reading.instrument, f"its input is overloaded ({reading.raw})")
    return reading.value


def ratio(value: Reading, reference: Reading) -> Reading:
    """``value`` in decibels above ``reference``."""
    is_overload = value.is_overload or reference.is_overload
    raw = f"{value.value:.6g} V to {reference.value:.6g} V"
    decibels = ratio_db(value.value, reference.value)
    return replace(value, value=decibels, unit="dB", raw=raw, is_overload=is_overload)


def extreme(readings: Sequence[Reading], is_largest: bool) -> Reading:
    """The largest or the smallest; an overload before all."""
    overload = next((reading for reading in readings if reading.is_overload), None)
    sign = 1 if is_largest else -1
    return overload or max(readings, key=lambda reading: sign * reading.value)
