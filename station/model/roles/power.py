"""Sources and sinks of current."""

from __future__ import annotations

from typing import Protocol

from station.model.reading import Reading


class Supply(Protocol):
    """One output of a DC supply."""

    def set(self, volts_v: float, limit_a: float) -> None:
        """Set voltage and current limit; raises CommandRefused where the model cannot deliver them."""
        ...

    def switch_on(self) -> None:
        """Switch the output on and prove it by reading back the state."""
        ...

    def switch_off(self) -> None:
        """Switch the output off and prove it by reading back the state."""
        ...

    def read_v(self) -> Reading:
        """Volts at the output."""
        ...

    def read_a(self) -> Reading:
        """Amperes out of the output."""
        ...


class Load(Protocol):
    """An electronic load in constant current."""

    def draw(self, amperes_a: float) -> None:
        """Draw this current from here on, proved by reading back setting and input state; raises CommandRefused."""
        ...

    def switch_off(self) -> None:
        """Draw nothing, proved by reading back the input state."""
        ...

    def read_v(self) -> Reading:
        """Volts at the load's terminals."""
        ...

    def read_a(self) -> Reading:
        """Amperes that it draws."""
        ...
