"""Siglent SPD1168X: one output of 16 V, 8 A.

Source: SPD1000X User Manual, "Commands list"; see siglent_spd for what the family has in common. SYSTem:STATus? says
in bit 4 whether the output is on and in bit 5 whether sensing is by four wires, which is set at the front (MODE:SET).
"""

from __future__ import annotations

from station.drivers.scpi_supply import ScpiSupply
from station.drivers.siglent_spd import PHRASES
from station.link.link import Link
from station.model.clock import Clock


def spd1168x(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """The supply."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
