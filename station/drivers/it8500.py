"""ITECH IT8500+ series: electronic loads with one input; B&K Precision sells them as 8600 series.

Source: IT8500+ Programming Guide V2.0: [SOURce:]FUNCtion, CURRent:RANGe (the range that holds the number), CURRent,
INPut[:STATe] (the query answers 1 or 0), MEASure:VOLTage?, MEASure:CURRent?; see itech for what the maker's have in
common. Data sheet: a setting has a resolution of 1 mA in the larger range.
"""

from __future__ import annotations

from station.drivers.itech import ITECH
from station.drivers.scpi_load import LoadPhrases

PHRASES = LoadPhrases(
    choose_current="FUNC CURR",
    ask_function="FUNC?",
    set_range="CURR:RANG {amperes}",
    set_a="CURR {amperes}",
    ask_a="CURR?",
    on="INP 1",
    off="INP 0",
    ask_state="INP?",
    read_v="MEAS:VOLT?",
    read_a="MEAS:CURR?",
    resolution_a=0.001,
    dialect=ITECH,
)
