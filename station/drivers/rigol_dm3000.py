"""Rigol DM3058 and DM3058E of the DM3000 series, 5½ digits, one input on the front, three languages.

Source: Programming Guide DM3058/DM3058E (Rigol, Jan. 2015): CMDSET {RIGOL|AGILENT|FLUKE}, RIGOL at power-on. In its own
language :MEASure:VOLTage:DC? tells what the meter measured last by itself, which may be from before a relay closed; so
AGILENT is spoken here, whose READ? measures anew. *ESE takes 0 to 189 (bits 1 and 6 do not exist), so the sentinels are
numbers made of the other bits. The accuracy is stated for the slow rate, which is 10 PLC. SYSTem:BEEPer:STATe is in the
guide and in the 34401A's language alike.
"""

from __future__ import annotations

from station.drivers.input_multimeter import MeterPhrases
from station.drivers.scpi import Dialect, Draw, sentinels
from station.link.link import Challenge

EVENT_BITS = 189
_NUMBERS = tuple(number for number in range(256) if not number & ~EVENT_BITS)


def challenges(draw: Draw) -> tuple[Challenge, Challenge]:
    """Two different numbers that *ESE? gives back as they were."""
    return sentinels(draw, numbers=_NUMBERS)


PHRASES = MeterPhrases(
    ranges_v=(0.2, 2.0, 20.0, 200.0, 1000.0),
    line_cycles=10,
    dialect=Dialect(challenges=challenges),
    language="AGILENT",
    quiet="SYST:BEEP:STAT OFF",
)
