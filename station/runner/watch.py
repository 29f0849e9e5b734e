"""What a monitor's step carries: how it is sampled and which aggregates its measurements are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from station.model.reading import Reading
from station.runner.series import Series

AGGREGATES: Mapping[str, Callable[[Series], Reading]] = {
    "minimum": Series.minimum,
    "maximum": Series.maximum,
    "mean": Series.mean,
}


class Watch(msgspec.Struct, frozen=True):
    """As station.runner.monitor.Monitor says it; ``read`` takes one reading from the roles."""

    read: Callable[..., Reading]
    unit: str
    every_s: float
    at_least: int
    measures: Mapping[str, str]
    trips: bool
    beside: frozenset[str] = frozenset()
    """In an excerpt, whose steps come after others than in the plan: those that are watched all the same."""
