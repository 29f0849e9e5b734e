"""Two runs of one unit, measurement by measurement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.runs.queries import Run, RunMeasurement


@dataclass(frozen=True, slots=True)
class Pair:
    """A measurement by name as each run took it; None where one did not."""

    name: str
    before: RunMeasurement | None
    after: RunMeasurement | None

    @property
    def has_other_limits(self) -> bool:
        """Whether both runs took it, against different limits."""
        return bool(self.before and self.after and self.before.definition != self.after.definition)

    @property
    def has_other_outcome(self) -> bool:
        return bool(self.before and self.after and self.before.outcome != self.after.outcome)

    @property
    def shift(self) -> float | None:
        """How far the value moved, as a share of the room between its limits; None where that cannot be said."""
        if not self.before or not self.after:
            return None
        low, high = self.after.definition.low, self.after.definition.high
        values = (self.before.value, self.after.value)
        numbers = [value for value in values if isinstance(value, float) and value == value]
        if len(numbers) != len(values) or low is None or high is None or high <= low:
            return None
        return (numbers[1] - numbers[0]) / (high - low)


def compare(before: Run, after: Run) -> list[Pair]:
    """Every measurement of either run, in the order of the later one, then those that only the earlier one took."""
    earlier = _by_name(before)
    later = _by_name(after)
    return [Pair(name, earlier.get(name), later.get(name)) for name in dict.fromkeys((*later, *earlier))]


def _by_name(run: Run) -> dict[str, RunMeasurement]:
    return dict(_last_of_each(run))


def _last_of_each(run: Run) -> Iterator[tuple[str, RunMeasurement]]:
    """A name that was measured twice counts by its last value."""
    for measurement in run.measurements:
        yield measurement.definition.name, measurement
