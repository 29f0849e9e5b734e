"""ITECH IT6800A and IT6800B series: one output.

Source: IT6800A/B Programming Guide: VOLTage, CURRent, OUTPut[:STATe], MEASure:VOLTage?, CURRent?; see itech for what
the maker's have in common. The older IT6800 series speaks binary frames and is not supported.
"""

from __future__ import annotations

from station.drivers.itech import ITECH
from station.drivers.scpi_supply import Phrases, ScpiSupply
from station.link.link import Link
from station.model.clock import Clock

PHRASES = Phrases(
    set_v="VOLT {volts}",
    set_a="CURR {amperes}",
    ask_v="VOLT?",
    ask_a="CURR?",
    on="OUTP 1",
    off="OUTP 0",
    ask_state="OUTP?",
    read_v="MEAS:VOLT?",
    read_a="MEAS:CURR?",
    resolution_v=0.001,
    resolution_a=0.001,
    dialect=ITECH,
)


def it6800(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """A supply of the series."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
