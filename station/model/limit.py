"""What a measurement is held against; comparators are a fixed list with golden vectors."""

from __future__ import annotations

import math
import re
from enum import StrEnum

import msgspec

Value = float | str | bool | None
"""A number, a text, a statement, or nothing because nothing was measured."""


class Comparator(StrEnum):
    """How value and limit are compared; both ends are inclusive."""

    BETWEEN = "between"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUALS = "equals"
    ONE_OF = "one_of"
    MATCHES = "matches"
    SAME_AS = "same_as"
    IS_TRUE = "is_true"


NUMERIC = frozenset({Comparator.BETWEEN, Comparator.AT_LEAST, Comparator.AT_MOST})


class Limit(msgspec.Struct, frozen=True):
    """One row of a plan: ``expected`` holds the texts of equals, one_of and matches, or the name same_as refers to.

    ``marginal`` is how close to a bound, in the limit's unit, a value inside is worth a warning; None: it never is.
    """

    name: str
    unit: str
    comparator: Comparator
    low: float | None
    high: float | None
    expected: tuple[str, ...]
    is_required: bool
    source: str
    marginal: float | None = None


def is_inside(limit: Limit, value: Value, referred: Value = None) -> bool:
    """Whether ``value`` satisfies ``limit``; never true for None, NaN, infinity or a value of another type.

    ``referred`` is the value that a same_as limit names.
    """
    match limit.comparator:
        case Comparator.BETWEEN | Comparator.AT_LEAST | Comparator.AT_MOST:
            return _is_number_inside(limit, value)
        case Comparator.EQUALS:
            return isinstance(value, str) and value == limit.expected[0]
        case Comparator.ONE_OF:
            return isinstance(value, str) and value in limit.expected
        case Comparator.MATCHES:
            return isinstance(value, str) and re.fullmatch(limit.expected[0], value) is not None
        case Comparator.SAME_AS:
            return isinstance(value, str) and value != "" and value == referred
        case Comparator.IS_TRUE:
            return value is True


def is_near(limit: Limit, value: Value) -> bool:
    """Whether ``value`` is inside ``limit`` and nearer to one of its bounds than ``limit.marginal``."""
    if limit.marginal is None or not isinstance(value, float) or not is_inside(limit, value):
        return False
    bounds = [bound for bound in (limit.low, limit.high) if bound is not None]
    return any(abs(value - bound) < limit.marginal for bound in bounds)


def _is_number_inside(limit: Limit, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    has_bounds = {
        Comparator.BETWEEN: limit.low is not None and limit.high is not None,
        Comparator.AT_LEAST: limit.low is not None,
        Comparator.AT_MOST: limit.high is not None,
    }[limit.comparator]
    is_above = limit.low is None or value >= limit.low
    is_below = limit.high is None or value <= limit.high
    return has_bounds and is_above and is_below
