"""A monitor: a function that is sampled again and again beside steps, and what is judged of all its readings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import cast, get_type_hints

import msgspec

from station.config.limits_file import LimitsFile
from station.model.errors import PlanError
from station.model.limit import NUMERIC
from station.model.reading import Reading
from station.model.roles import Ammeter, Multimeter
from station.runner.step import Declaration, Step
from station.runner.watch import AGGREGATES, Watch

READING_ROLES = (Multimeter, Ammeter)
"""A monitor reads and changes nothing: it gets no role that could switch."""
SHORTEST_S = 0.05
SUM_UP_S = 5.0
"""The deadline of the step that sums up; the samples are taken before."""


class Monitor(msgspec.Struct, frozen=True, kw_only=True):
    """The decorator ``@monitor(...)`` of a function that gives one Reading in ``unit``.

    It is sampled every ``every_s`` seconds of real time while a step that it comes ``after`` is under way and no step
    under way uses its instruments: a sample keeps such a step waiting, never the other way round. ``measures`` gives
    for each measurement which aggregate of all samples it is: minimum, maximum or mean. Fewer than ``at_least``
    samples, and a sample that could not be taken, are an ERROR: what was not looked at is not good.

    ``trips``: a sample outside the limits of a minimum or maximum ends the run at once.
    """

    zh: str
    en: str
    unit: str
    every_s: float
    at_least: int
    measures: Mapping[str, str]
    trips: bool = False
    after: Sequence[Step] = ()

    def __call__(self, function: Callable[..., Reading]) -> Step:
        name = function.__name__
        if not self.every_s >= SHORTEST_S or not self.at_least >= 1:
            raise PlanError(f"monitor {name}: every_s is at least {SHORTEST_S}, at_least at least 1")
        for measured, aggregate in self.measures.items():
            if aggregate not in AGGREGATES:
                raise PlanError(f"monitor {name}: {measured} is one of {', '.join(AGGREGATES)}, not {aggregate!r}")
        if not self.measures:
            raise PlanError(f"monitor {name}: measures says what is judged of the samples")
        hints = get_type_hints(function)
        roles = {parameter: hints.get(parameter) for parameter in inspect.signature(function).parameters}
        players = {role: kind for role, kind in roles.items() if kind in READING_ROLES and isinstance(kind, type)}
        if hints.get("return") is not Reading or not roles or len(players) != len(roles):
            raise PlanError(f"monitor {name}: it takes a Multimeter or an Ammeter, and gives a Reading")
        declared = Declaration(
            zh=self.zh,
            en=self.en,
            deadline_s=SUM_UP_S,
            takes_s=0.1,
            after=self.after,
            measures=dict.fromkeys(self.measures, self.unit),
            mode="any",
        )
        watch = Watch(function, self.unit, self.every_s, self.at_least, self.measures, self.trips)
        sampled = cast(Callable[..., None], function)  # by the runner alone, which takes what it gives
        return Step(name, sampled, declared, players, frozenset(), 0, watch)


monitor = Monitor


def check_monitors(steps: Sequence[Step], limits_file: LimitsFile) -> None:
    """Raise PlanError for a monitor that could never take a sample, or whose limits no number can be held against."""
    for step in steps:
        if step.watch is None:
            continue
        beside = step.declaration.after
        if not beside or all(not step.roles.keys().isdisjoint(other.roles) for other in beside):
            raise PlanError(f"monitor {step.name} comes after no step beside which its instruments are free")
        for name in step.declaration.measures:
            if limits_file.measurements[name].limit.comparator not in NUMERIC:
                raise PlanError(f"{limits_file.file}: {name} of monitor {step.name} needs a limit for numbers")
