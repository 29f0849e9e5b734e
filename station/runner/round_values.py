"""What was measured in each round of steps that are played several times, for what is judged over all rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from station.model.limit import Value
from station.model.reading import Reading
from station.runner.entries import Measured
from station.runner.rounds import numbered
from station.runner.series import Series
from station.runner.watch import AGGREGATES

ROUND_AGGREGATES: Mapping[str, Callable[[Series], Reading]] = {**AGGREGATES, "spread": Series.spread}


class RoundValues:
    """The rounds of some measurements; ``measured`` has what was measured last by each name."""

    def __init__(self, rounds: Mapping[str, int], measured: Mapping[str, Measured]) -> None:
        """``rounds`` is how many each has."""
        self._rounds = rounds
        self._measured = measured

    def are_all_there(self, name: str) -> bool:
        """Whether every round has measured ``name``: what is missing is known as missing, and not summed up."""
        return all(numbered(name, number) in self._measured for number in self._numbers(name))

    def series(self, name: str) -> Series:
        """Its readings by round; one that was no number makes every figure of them an overload."""
        found = {number: self._measured[numbered(name, number)] for number in self._numbers(name)}
        series = Series(name, "round", next(iter(found.values())).unit)
        for number, entry in found.items():
            series.add(float(number), _reading_of(entry))
        return series

    def _numbers(self, name: str) -> range:
        return range(1, self._rounds[name] + 1)


def _reading_of(entry: Measured) -> Reading:
    value: Value = entry.value
    number = value if isinstance(value, float) else 0.0
    return Reading(number, entry.unit, entry.instrument, f"{value}", entry.taken_at, not isinstance(value, float))
