"""ITECH IT6300 series: three outputs that share one selection.

Source: IT6300 Series Programming Guide: INSTrument:NSELect, VOLTage, CURRent, [SOURce:]CHANnel:OUTPut[:STATe] (the
selected channel; OUTPut is all of them), MEASure:VOLTage?, CURRent?; see itech for what the maker's have in common.
"""

from __future__ import annotations

from station.drivers.itech import ITECH
from station.drivers.scpi_supply import Phrases, ScpiSupply
from station.link.link import Link
from station.model.clock import Clock

PHRASES = Phrases(
    select="INST:NSEL {channel}",
    set_v="VOLT {volts}",
    set_a="CURR {amperes}",
    ask_v="VOLT?",
    ask_a="CURR?",
    on="CHAN:OUTP 1",
    off="CHAN:OUTP 0",
    ask_state="CHAN:OUTP?",
    read_v="MEAS:VOLT?",
    read_a="MEAS:CURR?",
    resolution_v=0.001,
    resolution_a=0.001,
    dialect=ITECH,
)


def it6300(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """A supply of the series."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
