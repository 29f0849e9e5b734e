"""Siglent SPD3303X: two outputs of 32 V, 3.2 A that can be set, and a third with a switch on the front.

Source: SPD3303X Quick Start QS0503X-E01B, "Commands list"; see siglent_spd for what the family has in common.
SYSTem:STATus? says in bits 4 and 5 which output is on. Series and parallel mode (OUTPut:TRACK) are not used.
"""

from __future__ import annotations

from station.drivers.scpi_supply import ScpiSupply
from station.drivers.siglent_spd import PHRASES, status_bits
from station.link.link import Link
from station.model.clock import Clock
from station.model.errors import InstrumentError

INDEPENDENT = 0b01
_MODE_SHIFT = 2


class Spd3303x(ScpiSupply):
    """The supply; refuses to start while its outputs are wired in series or in parallel."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        super().__init__(link, clock, timeout_s, PHRASES)

    def prepare(self) -> None:
        """Raise InstrumentError in series or parallel mode: then output 2 is not what CH2 says."""
        answer = self._scpi.ask("SYST:STAT?")
        bits = status_bits(answer)
        if bits is None or bits >> _MODE_SHIFT & 0b11 != INDEPENDENT:
            raise InstrumentError(self._scpi.name, f"SYST:STAT? says {answer}: its outputs are not independent")
