"""ITECH IT6300 series: three outputs that share one selection.

Sources: IT6300 Series Programming Guide: SYSTem:REMote before anything is set, INSTrument:NSELect, VOLTage, CURRent,
[SOURce:]CHANnel:OUTPut[:STATe] (the selected channel; OUTPut is all of them), MEASure:VOLTage?, CURRent?. IT6800A/B
Programming Guide, "Message exchange protocol", rule 2: the complete response must be received before another message
is sent. IT-M7700 manual: after an invalid command the rest of its message is ignored; so each command is a message.
"""

from __future__ import annotations

import re

from station.drivers.scpi import Dialect, Draw, sentinels
from station.drivers.scpi_supply import Phrases, ScpiSupply
from station.link.link import Challenge, Link
from station.model.clock import Clock

ERROR = re.compile(r"\s*([+-]?\d+)\s*,\s*[\"']?([^\"']*)[\"']?\s*")
"""Number and text; the quotes differ between manuals and firmware."""


def challenges(draw: Draw) -> tuple[Challenge, Challenge]:
    """The usual numbers, each behind SYST:REM: a supply that was switched off and on is back in local mode."""
    return sentinels(draw, b"SYST:REM\n")


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
    dialect=Dialect(ERROR, challenges),
)


def it6300(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """A supply of the series."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
