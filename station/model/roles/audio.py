"""What feeds and measures sound."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from station.model.reading import Reading


class Weighting(StrEnum):
    """What is counted of a level: 20 Hz to 20 kHz, that by the A curve (IEC 61672-1), or 20 Hz to 15 kHz.

    ``BROADCAST`` is what an FM programme can hold: it leaves out the 19 kHz pilot, 40 dB below a usual programme in
    many tuners, that would hide the noise of a stereo reception.
    """

    FLAT = "flat"
    A = "a"
    BROADCAST = "broadcast"


class AudioAnalyser(Protocol):
    """Inputs by name (``front_left``, ...) across the loads, and one generator into the unit's line input."""

    def generate(self, frequency_hz: float, level_v: float) -> None:
        """A sine of ``level_v`` RMS from here on, proved by reading back; 0 V is off. Raises CommandRefused."""
        ...

    def read_level_v(self, channel: str, weighting: Weighting) -> Reading:
        """RMS volts."""
        ...

    def read_tone_v(self, channel: str, frequency_hz: float) -> Reading:
        """RMS volts of what is within 1 % of one frequency, whatever else sounds."""
        ...

    def read_thd_n(self, channel: str, frequency_hz: float) -> Reading:
        """THD+N of the fundamental ``frequency_hz``, 20 Hz to 20 kHz, as per cent of the whole ("%")."""
        ...

    def steady(self) -> AbstractContextManager[None]:
        """Inside, the caller changes nothing of unit, generator and switches: readings may be of one record."""
        ...
