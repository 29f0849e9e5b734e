"""Ratios of voltages in decibels, defined for silence too."""

from __future__ import annotations

import math

FLOOR_DB = -200.0
"""What a ratio to nothing is called; no converter reaches it (24 bit: 144 dB)."""


def ratio_db(value_v: float, reference_v: float) -> float:
    """20 lg of ``value_v`` over ``reference_v``, never outside ``FLOOR_DB`` to ``-FLOOR_DB``, never NaN.

    Gain, crosstalk, response and S/N are all this: two levels of the same kind.
    """
    if value_v <= 0 or reference_v <= 0:
        return FLOOR_DB if value_v <= 0 else -FLOOR_DB
    return min(max(20 * (math.log10(value_v) - math.log10(reference_v)), FLOOR_DB), -FLOOR_DB)


def times_of(decibels: float) -> float:
    """The ratio of voltages that ``decibels`` stand for."""
    return float(10 ** (decibels / 20))
