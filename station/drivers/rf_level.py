"""Two ways to say how strong a carrier is, kept apart: volts across a matched load, and the volts of its source.

A generator's setting (dBm, dBµV PD) is what a matched load of 50 ohm gets; a receiver is specified by dBµV EMF, the
voltage of the source without a load, which is twice that.
"""

from __future__ import annotations

import math

LOAD_OHM = 50.0
DBUV_OF_0_DBM = 10.0 * math.log10(1e-3 * LOAD_OHM / 1e-12)
"""106.99: 0 dBm are 223.6 mV across 50 ohm."""

EMF_ABOVE_PD_DB = 20.0 * math.log10(2.0)


def dbm_of_emf(level_dbuv_emf: float) -> float:
    """The setting in dBm whose source voltage is ``level_dbuv_emf``."""
    return level_dbuv_emf - EMF_ABOVE_PD_DB - DBUV_OF_0_DBM


def emf_of_dbm(level_dbm: float) -> float:
    """The source voltage in dBµV of a setting in dBm."""
    return level_dbm + DBUV_OF_0_DBM + EMF_ABOVE_PD_DB
