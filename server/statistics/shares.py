"""A share of counted things, with the interval that its number allows."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959964
"""The standard normal quantile of 97.5 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Between two shares, 0 to 1."""

    low: float
    high: float


def wilson(good: int, of: int) -> Interval:
    """The 95 % score interval of a share; raises ZeroDivisionError for none.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209.
    """
    share, squared = good / of, Z95**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = Z95 / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of**2))
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))
