"""Keysight 34461A and its predecessor 34401A: 6½ digits, one input, terminals on front and back.

Sources: Truevolt Operating and Service Guide 34460-90901, Agilent 34401A User's Guide, chapter 4 (the 34461A takes the
commands of the 34401A: data sheet 5991-1983EN). At 1 PLC the 34401A adds 0.001 % of the range to its errors; the empty
error queue is +0,"No error".
"""

from __future__ import annotations

from station.drivers.input_multimeter import MeterPhrases

PHRASES = MeterPhrases(
    ranges_v=(0.1, 1.0, 10.0, 100.0, 1000.0),
    line_cycles=1,
    quiet="SYST:BEEP:STAT OFF",
    has_terminals_switch=True,
)
