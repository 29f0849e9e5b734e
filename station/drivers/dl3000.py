"""Rigol DL3000 series: electronic loads with one input.

Source: DL3000 Programming Guide: [:SOURce]:FUNCtion, :CURRent:RANGe (the range that holds the number),
:CURRent[:LEVel][:IMMediate], :INPut[:STATe] (the query answers 1 or 0), :MEASure:VOLTage?, :MEASure:CURRent?.
Data sheet: a setting has a resolution of 1 mA in the larger range.
"""

from __future__ import annotations

from station.drivers.scpi_load import LoadPhrases

PHRASES = LoadPhrases(
    choose_current=":SOUR:FUNC CURR",
    ask_function=":SOUR:FUNC?",
    set_range=":SOUR:CURR:RANG {amperes}",
    set_a=":SOUR:CURR:LEV:IMM {amperes}",
    ask_a=":SOUR:CURR:LEV:IMM?",
    on=":SOUR:INP:STAT 1",
    off=":SOUR:INP:STAT 0",
    ask_state=":SOUR:INP:STAT?",
    read_v=":MEAS:VOLT?",
    read_a=":MEAS:CURR?",
    resolution_a=0.001,
)
