"""How far good units may lie from each other in a measurement, against the window that its limits leave them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as combinations

from station.model.limit import NUMERIC, Limit
from station.runner.plan import Plan
from tests.unit_truths import TRUTHS, Figures, Truth, tolerance_of, typical_figures

LEAST_SHARE = 0.25
"""Of the window that the tolerance must have: limits far wider than the units would pass bad ones."""


@dataclass(frozen=True, slots=True)
class Window:
    """A measurement of a product: its limits, the typical truth, and the least and the most of a good unit."""

    limit: Limit
    truth: Truth
    least: float
    typical: float
    most: float

    @property
    def least_read(self) -> float:
        """The lowest reading of any good unit."""
        return self.least + self.truth.least_off

    @property
    def most_read(self) -> float:
        """The highest reading of any good unit."""
        return self.most + self.truth.most_off

    @property
    def share(self) -> float:
        """Tolerance by window; with one limit, its half on that side by the way from the typical reading to there."""
        low, high = self.limit.low, self.limit.high
        if low is not None and high is not None:
            return (self.most - self.least) / (high - low)
        typical_read = self.typical + (self.truth.least_off + self.truth.most_off) / 2
        if high is not None:
            return (self.most - self.typical) / (high - typical_read)
        assert low is not None
        return (self.typical - self.least) / (typical_read - low)


def numeric_limits(plan: Plan) -> dict[str, Limit]:
    """The limits of all numbers that ``plan`` measures."""
    limits = {name: limit for step in plan.steps for name, limit in plan.limits_of(step).items()}
    return {name: limit for name, limit in limits.items() if limit.comparator in NUMERIC}


def window_of(product: str, limit: Limit) -> Window:
    """Every combination of the ends of what the measurement depends on is looked at."""
    truth, typical = TRUTHS[limit.name], typical_figures(product)
    ends = [[at - by, at + by] for at, by in (tolerance_of(product, trait) for trait in truth.traits)]
    corners: list[Figures] = [
        {**typical, **dict(zip(truth.traits, values, strict=True))} for values in combinations(*ends)
    ]
    found = [truth.of(figures) for figures in corners]
    return Window(limit, truth, min(found), truth.of(typical), max(found))
