"""The same thing measured again and again: mean, spread, drift, and whether the gauge is fine enough for its limits.

Cg and Cgk as a type-1 study has them: a fifth of the tolerance against six standard deviations, without and with the
bias from a reference of known value. Source: Minitab, "Methods and formulas for Type 1 Gage Study", with its defaults
of 20 % and 6 standard deviations; a gauge is held to be fine enough from 1.33 on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE_SHARE = 0.2
SPREAD = 6.0


@dataclass(frozen=True, slots=True)
class Repeatability:
    """Figures in the unit of the values; ``drift_per_run`` is the slope of the straight line through them.

    ``deviation`` is the sample's standard deviation, 0 for one value. ``cg`` needs two limits, ``cgk`` a reference too;
    both are None where the values do not vary, because then nothing is known of the spread.
    """

    count: int
    mean: float
    deviation: float
    lowest: float
    highest: float
    drift_per_run: float
    cg: float | None
    cgk: float | None


def repeatability(
    values: Sequence[float], tolerance: float | None = None, reference: float | None = None
) -> Repeatability:
    """Figures of ``values`` in the order they were taken; ``tolerance`` is upper minus lower limit.

    Raises ValueError for no value at all, or one that is not finite.
    """
    if not values or not all(map(math.isfinite, values)):
        raise ValueError("there must be values, and all of them finite")
    count = len(values)
    origin = values[0]
    mean = (
        origin + math.fsum(value - origin for value in values) / count
    )  # values close to each other keep their digits
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1)) if count > 1 else 0.0
    cg = cgk = None
    if tolerance is not None and tolerance > 0 and deviation > 0:
        cg = TOLERANCE_SHARE * tolerance / (SPREAD * deviation)
        if reference is not None:
            cgk = (TOLERANCE_SHARE / 2 * tolerance - abs(mean - reference)) / (SPREAD / 2 * deviation)
    return Repeatability(count, mean, deviation, min(values), max(values), _slope(values, mean), cg, cgk)


def _slope(values: Sequence[float], mean: float) -> float:
    """Least squares over 0, 1, 2 …"""
    middle = (len(values) - 1) / 2
    weight = math.fsum((place - middle) ** 2 for place in range(len(values)))
    moment = math.fsum((place - middle) * (value - mean) for place, value in enumerate(values))
    return moment / weight if weight else 0.0
