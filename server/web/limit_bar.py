"""Where a value lies against its limits, as coordinates for a small drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH = 120.0
EDGE = 4.0
MARGIN = 0.25  # of the allowed span, drawn on either side of it


@dataclass(frozen=True, slots=True)
class LimitBar:
    """Coordinates along ``width`` of the allowed band and the value; ``beyond`` is -1 or 1 where that is off it."""

    width: float
    band_start: float
    band_end: float
    has_low: bool
    has_high: bool
    value: float
    beyond: int


def limit_bar(value: object, low: float | None, high: float | None) -> LimitBar | None:
    """The drawing of a number against at least one bound; None for anything else.

    With both bounds the band takes the middle two thirds. With one bound the scale starts at zero where
    that lies on the allowed side, so that the distance to the bound is in proportion.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    scale = _scale(low, high)
    if scale is None:
        return None
    start, end = scale
    position = (value - start) / (end - start) * WIDTH
    return LimitBar(
        width=WIDTH,
        band_start=0.0 if low is None else (low - start) / (end - start) * WIDTH,
        band_end=WIDTH if high is None else (high - start) / (end - start) * WIDTH,
        has_low=low is not None,
        has_high=high is not None,
        value=min(max(position, EDGE), WIDTH - EDGE),
        beyond=-1 if position < 0 else 1 if position > WIDTH else 0,
    )


def _scale(low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is not None and high is not None:
        span = high - low or abs(high) or 1.0
        return low - span * MARGIN, high + span * MARGIN
    if high is not None:
        span = abs(high) or 1.0
        return (0.0 if high > 0 else high - span), high + span * MARGIN
    if low is not None:
        span = abs(low) or 1.0
        return low - span * MARGIN, (0.0 if low < 0 else low + span)
    return None
