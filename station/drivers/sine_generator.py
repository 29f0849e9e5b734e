"""What an analyser without a generator of its own borrows from another instrument."""

from __future__ import annotations

from typing import Protocol


class SineGenerator(Protocol):
    """One output with a sine."""

    def generate(self, frequency_hz: float, level_v: float) -> None:
        """A sine of ``level_v`` RMS from here on, proved by reading back; 0 V is off. Raises CommandRefused."""
        ...
