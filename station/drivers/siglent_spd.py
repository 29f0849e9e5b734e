"""What Siglent's SPD supplies have in common: a small language with few common commands, and little patience.

Sources: SPD3303X Quick Start QS0503X-E01B and SPD1000X User Manual, "Commands list": *IDN?, *SAV, *RCL, INSTrument,
MEASure, CURRent, VOLTage, OUTPut, TIMEr, SYSTem:ERRor?, VERSion?, STATus?; there is no *ESE, no *OPC and nothing for
overvoltage or overcurrent. SYSTem:ERRor? answers ``0  No Error``, without comma and quotes; firmware that answers
``+0,"No error"`` is known as well. The state of an output is told by SYSTem:STATus? alone, in hexadecimal.
A command that follows another at once can be lost (libsigrok pull requests 75 and 77, pyvisa issue 362: 10 ms help).
"""

from __future__ import annotations

import re

from station.drivers.scpi import Dialect, Draw
from station.drivers.scpi_supply import Phrases
from station.link.link import Challenge

PAUSE_S = 0.02
"""Twice the 10 ms of pyvisa issue 362."""

ERROR = re.compile(r"\s*([+-]?\d+)(?:\s*,\s*\"|\s+)([A-Za-z][^\"]*)\"?\s*")

_STATUS = re.compile(r"0x[0-9A-Fa-f]{1,8}")
_FIRST_OUTPUT_BIT = 4  # bit 4: CH1 is on, bit 5: CH2 is on


def challenges(_draw: Draw) -> tuple[Challenge, Challenge]:
    """Two answers of different form: without *ESE there is no number to send through the instrument.

    A peer that lags by one answers the second challenge with the form of the first, and is found out.
    """
    identity = Challenge((b"*IDN?\n",), re.compile(rb"(?m:^)[^,\r\n]+(?:,[^,\r\n]*){3,}\r?\n"))
    status = Challenge((b"SYST:STAT?\n",), re.compile(rb"0x[0-9A-Fa-f]{1,8}\r?\n"))
    return identity, status


def status_bits(answer: str) -> int | None:
    """The bits in the answer to ``SYST:STAT?``; None where it is none."""
    return int(answer, 16) if _STATUS.fullmatch(answer) else None


def output_state(answer: str, channel: int) -> bool | None:
    """Whether the bit of ``channel`` is set in the answer to ``SYST:STAT?``."""
    bits = status_bits(answer)
    return None if bits is None else bool(bits >> (_FIRST_OUTPUT_BIT + channel - 1) & 1)


PHRASES = Phrases(
    set_v="CH{channel}:VOLT {volts}",
    set_a="CH{channel}:CURR {amperes}",
    ask_v="CH{channel}:VOLT?",
    ask_a="CH{channel}:CURR?",
    on="OUTP CH{channel},ON",
    off="OUTP CH{channel},OFF",
    ask_state="SYST:STAT?",
    read_v="MEAS:VOLT? CH{channel}",
    read_a="MEAS:CURR? CH{channel}",
    resolution_v=0.001,
    resolution_a=0.001,
    state_of=output_state,
    dialect=Dialect(ERROR, challenges, PAUSE_S),
)
