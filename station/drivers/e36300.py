"""Keysight E36300 series: three outputs, each addressed by a channel list.

Source: E36300 Series Programming Guide E36311-90008: channel lists ``(@1)``, VOLTage, CURRent, OUTPut[:STATe],
MEASure[:SCALar]:VOLTage?, CURRent?; numbers come as +1.44000000E+01, the empty error queue as +0,"No error".
Outputs 1 to 3 are independent after *RST; coupling and tracking (OUTPut:PAIR) are left as they are.
"""

from __future__ import annotations

from station.drivers.scpi_supply import Phrases, ScpiSupply
from station.link.link import Link
from station.model.clock import Clock

PHRASES = Phrases(
    set_v="VOLT {volts},(@{channel})",
    set_a="CURR {amperes},(@{channel})",
    ask_v="VOLT? (@{channel})",
    ask_a="CURR? (@{channel})",
    on="OUTP 1,(@{channel})",
    off="OUTP 0,(@{channel})",
    ask_state="OUTP? (@{channel})",
    read_v="MEAS:VOLT? (@{channel})",
    read_a="MEAS:CURR? (@{channel})",
    resolution_v=0.001,
    resolution_a=0.001,
)


def e36300(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """A supply of the series."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
