"""A control chart of single values (I-MR): its lines from the moving ranges, and the values that break a rule.

Sources: Western Electric, Statistical Quality Control Handbook (1956), "Tests for unnatural patterns"; NIST/SEMATECH
e-Handbook 6.3.2.2 for the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

D2 = 1.128
"""The mean range of two values of a normal distribution, in sigma."""

FEWEST = 10
"""Of fewer values no line is drawn: an estimate of sigma from nine ranges is worth little."""

RULES: tuple[tuple[str, int, int, float], ...] = (
    ("beyond", 1, 1, 3.0),
    ("two_of_three", 2, 3, 2.0),
    ("four_of_five", 4, 5, 1.0),
    ("eight_in_a_row", 8, 8, 0.0),
)
"""Name, how many of how many values in a row lie on one side and further from the mean than so many sigma."""


@dataclass(frozen=True, slots=True)
class ControlChart:
    """``sigma`` is that within, from neighbours; ``broken`` has the rules that end at each value, mostly none."""

    mean: float
    sigma: float
    broken: tuple[tuple[str, ...], ...]

    @property
    def odd(self) -> int:
        """How many values break a rule."""
        return sum(1 for rules in self.broken if rules)

    def cpk(self, low: float | None, high: float | None) -> float | None:
        """How many times three sigma (within) the nearer limit is away; None without a limit or without spread."""
        room = [*([self.mean - low] if low is not None else []), *([high - self.mean] if high is not None else [])]
        return min(room) / (3 * self.sigma) if room and self.sigma else None


def control_chart(values: Sequence[float]) -> ControlChart | None:
    """The chart of values in the order in which they were measured; None of too few, or where none differs."""
    if len(values) < FEWEST:
        return None
    mean = sum(values) / len(values)
    ranges = [abs(after - before) for before, after in pairwise(values)]
    sigma = sum(ranges) / len(ranges) / D2
    if not sigma:
        return None
    apart = [(value - mean) / sigma for value in values]
    broken = tuple(
        tuple(name for name, least, of, far in RULES if _breaks(apart[: at + 1], least, of, far))
        for at in range(len(apart))
    )
    return ControlChart(mean, sigma, broken)


def _breaks(apart: Sequence[float], least: int, of: int, sigmas: float) -> bool:
    """Whether the last value is the one with which a rule is broken."""
    last = apart[-of:]
    for side in (1, -1):
        beyond = [side * value > sigmas for value in last]
        if len(last) == of and beyond[-1] and sum(beyond) >= least:
            return True
    return False
