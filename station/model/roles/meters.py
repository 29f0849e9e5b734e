"""What measures direct voltage and current."""

from __future__ import annotations

from typing import Protocol

from station.model.reading import Reading


class Multimeter(Protocol):
    """A voltmeter that is switched to named test points of the jig."""

    def read_v(self, point: str, range_v: float) -> Reading:
        """DC volts at ``point`` in the fixed range that holds ``range_v``."""
        ...


class Ammeter(Protocol):
    """A current through a shunt of the jig."""

    def read_a(self, range_a: float) -> Reading:
        """DC amperes in the fixed range that holds ``range_a``."""
        ...
