"""The vehicle's side of a unit: its network, and what its control unit tells a tester."""

from __future__ import annotations

from typing import Protocol

from station.model.reading import Reading, TextReading


class VehicleBus(Protocol):
    """The vehicle's network as the bench plays it."""

    def keep_awake(self, is_on: bool) -> None:
        """Send network management from here on, or stop it."""
        ...

    def wait_awake(self, longest_s: float) -> Reading:
        """Seconds until the unit sends network management; raises DutError after ``longest_s``."""
        ...

    def wait_asleep(self, longest_s: float) -> Reading:
        """Seconds until the unit's last network management, once it has been silent; raises DutError."""
        ...


class Diagnostics(Protocol):
    """UDS (ISO 14229) with the unit; a negative response or silence raises DutError."""

    def enter_session(self, session: int) -> None:
        """DiagnosticSessionControl (0x10)."""
        ...

    def read(self, identifier: int) -> TextReading:
        """ReadDataByIdentifier (0x22) of a text, trailing blanks and NUL removed."""
        ...

    def read_confirmed_codes(self) -> tuple[str, ...]:
        """ReadDTCInformation (0x19 02): confirmed trouble codes as six upper-case hex digits, in order."""
        ...

    def clear_codes(self) -> None:
        """ClearDiagnosticInformation (0x14) of all groups."""
        ...

    def run_routine(self, identifier: int, longest_s: float) -> TextReading:
        """RoutineControl (0x31): start, then wait for its result in hex; raises DutError after ``longest_s``."""
        ...
