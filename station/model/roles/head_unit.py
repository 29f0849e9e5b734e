"""The unit under test as its service port shows it."""

from __future__ import annotations

from typing import Protocol

from station.model.reading import TextReading


class HeadUnit(Protocol):
    """The service port of a unit under test; silence raises DutError, a lost port LinkLost."""

    def is_ready(self) -> bool:
        """Whether the unit answers as booted; silence is False."""
        ...

    def uptime_s(self) -> float:
        """Seconds since the unit booted; tells a reset that nobody saw."""
        ...

    def read(self, item: str) -> TextReading:
        """One text of the unit's own: serial, model, firmware, volume, key, ..."""
        ...

    def write(self, item: str, value: str) -> None:
        """Set ``item`` and prove it by reading it back; raises DutError where the unit refuses or did not take it."""
        ...

    def act(self, action: str) -> None:
        """Begin an action; raises DutError where the unit refuses."""
        ...
