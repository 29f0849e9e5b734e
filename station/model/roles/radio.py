"""What radiates: the RF generator on the antenna socket, and the receiver of positions."""

from __future__ import annotations

from typing import Protocol

import msgspec

from station.model.reading import Reading


class Rds(msgspec.Struct, frozen=True):
    """Programme identification (4 hex digits) and service name (exactly 8 characters)."""

    pi: str
    ps: str


class FmModulation(msgspec.Struct, frozen=True):
    """``side`` is ``mono``, ``both``, ``left`` or ``right``; all but mono carry a pilot of ``pilot_hz`` deviation."""

    deviation_hz: float
    audio_hz: float
    side: str = "mono"
    pilot_hz: float = 0.0
    rds: Rds | None = None


class RfSource(Protocol):
    """A generator; levels are dBµV EMF at the unit's antenna socket: the bench's path loss is already in them."""

    def tune(self, frequency_hz: float, level_dbuv_emf: float) -> None:
        """Carrier on at this frequency and level, both read back; raises CommandRefused where it cannot."""
        ...

    def modulate_fm(self, modulation: FmModulation) -> None:
        """FM from here on, and no other modulation."""
        ...

    def modulate_am(self, depth_pct: float, audio_hz: float) -> None:
        """AM from here on, and no other modulation; 0 % is a bare carrier."""
        ...

    def switch_off(self) -> None:
        """Carrier off, proved by reading back the state."""
        ...


class Gnss(Protocol):
    """The NMEA output of a receiver."""

    def wait_fix(self, longest_s: float) -> Reading:
        """Seconds until a sentence sent after this call reports a valid fix; raises DutError after ``longest_s``."""
        ...

    def wait_new_fix(self, longest_loss_s: float, longest_s: float) -> Reading:
        """Seconds until a fix that comes after a sentence without one, both sent after this call.

        Raises DutError where every sentence has a fix for ``longest_loss_s``, or none has after ``longest_s``.
        """
        ...

    def read_cn0_dbhz(self, satellites: int) -> Reading:
        """Mean C/N0 of the strongest ``satellites`` in one complete GSV cycle; raises DutError for fewer."""
        ...
