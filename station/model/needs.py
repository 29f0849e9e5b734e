"""What a plan may need of an instrument, by the kind of the role that it plays: the keys of [needs.ROLE].

The same keys stand in a driver's capabilities, in the unit that comes first.
"""

from __future__ import annotations

from collections.abc import Mapping

UNITS: Mapping[str, Mapping[str, float]] = {
    "highest_voltage": {"V": 1.0, "mV": 1e-3},
    "highest_current": {"A": 1.0, "mA": 1e-3},
    "highest_frequency": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6},
    "highest_level": {"dBuV EMF": 1.0},
}
"""Which units a condition may have that a key names, and how many of the first one each is.

A level across a matched load, dBuV PD, is 6 dB less than that of the source: a plan has to say EMF.
"""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "multimeter": ("highest_voltage",),
    "ammeter": ("highest_current",),
    "load": ("highest_current",),
    "rf_source": ("highest_frequency", "highest_level"),
    "audio_analyser": ("highest_frequency",),
}
"""The keys of each kind of role; what a supply must give stands in [supplies.ROLE]."""


def in_first_unit(key: str, value: float, unit: str) -> float:
    """``value`` in the unit that a driver's capabilities are in."""
    return value * UNITS[key][unit]


def first_unit(key: str) -> str:
    """The unit of a driver's capability."""
    return next(iter(UNITS[key]))
