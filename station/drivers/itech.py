"""What ITECH's supplies and loads have in common: remote mode first, one message at a time, an error report of its own.

Sources: IT6300 and IT6800A/B Programming Guides and IT8500+ Programming Guide V2.0: SYSTem:REMote before anything is
set; SYSTem:ERRor?. IT6800A/B Programming Guide, "Message exchange protocol", rule 2: the complete response must be
received before another message is sent. IT-M7700 manual: after an invalid command the rest of its message is ignored;
so each command is a message.
"""

from __future__ import annotations

import re

from station.drivers.scpi import Dialect, Draw, sentinels
from station.link.link import Challenge

ERROR = re.compile(r"\s*([+-]?\d+)\s*,\s*[\"']?([^\"']*)[\"']?\s*")
"""Number and text; the quotes differ between manuals and firmware."""


def challenges(draw: Draw) -> tuple[Challenge, Challenge]:
    """The usual numbers, each behind SYST:REM: what was switched off and on is back in local mode."""
    return sentinels(draw, b"SYST:REM\n")


ITECH = Dialect(ERROR, challenges)
