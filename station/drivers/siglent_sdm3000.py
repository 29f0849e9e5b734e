"""Siglent SDM3055, a 5½-digit multimeter of the SDM3000 series: one input, on the front.

Source: SDM3055 Remote Manual RC06035-E01A: SCPI like that of the 34401A, ranges 200 mV, 2 V, 20 V, 200 V and 1000 V,
NPLC 0.3, 1 and 10. DataSheet-2021.05 states the accuracy for the slow rate, which is 10 PLC. Whether SYSTem:ERRor?
answers in the standard's form or in that of Siglent's supplies (``0  No Error``), it is understood.
"""

from __future__ import annotations

from station.drivers.input_multimeter import MeterPhrases
from station.drivers.scpi import Dialect
from station.drivers.siglent_spd import ERROR

PHRASES = MeterPhrases(
    ranges_v=(0.2, 2.0, 20.0, 200.0, 1000.0),
    line_cycles=10,
    dialect=Dialect(error=ERROR),
)
