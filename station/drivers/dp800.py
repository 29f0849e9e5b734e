"""Rigol DP800 series: up to three outputs, named in each command.

Source: DP800 Programming Guide (12/2015): :SOURce<n>:VOLTage, :SOURce<n>:CURRent, :OUTPut[:STATe] CHn,ON (the query
answers ON or OFF), :MEASure[:VOLTage][:DC]? CHn, :MEASure:CURRent? CHn,
:SYSTem:BEEPer[:STATe]. The models without A set 10 mV and 1 mA.
"""

from __future__ import annotations

from station.drivers.scpi_supply import Phrases, ScpiSupply
from station.link.link import Link
from station.model.clock import Clock

PHRASES = Phrases(
    set_v=":SOUR{channel}:VOLT {volts}",
    set_a=":SOUR{channel}:CURR {amperes}",
    ask_v=":SOUR{channel}:VOLT?",
    ask_a=":SOUR{channel}:CURR?",
    on=":OUTP CH{channel},ON",
    off=":OUTP CH{channel},OFF",
    ask_state=":OUTP? CH{channel}",
    read_v=":MEAS:VOLT? CH{channel}",
    read_a=":MEAS:CURR? CH{channel}",
    quiet=":SYST:BEEP:STAT OFF",
    resolution_v=0.01,
    resolution_a=0.001,
)


def dp800(link: Link, clock: Clock, timeout_s: float) -> ScpiSupply:
    """A supply of the series."""
    return ScpiSupply(link, clock, timeout_s, PHRASES)
