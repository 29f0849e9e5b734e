"""``measure``: holds a reading against its limit and puts it in the journal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date

from station.model.errors import PlanError
from station.model.limit import NUMERIC, Comparator, Limit, Value, is_inside, is_near
from station.model.reading import Reading, Statement, TextReading
from station.runner.entries import Measured
from station.runner.rounds import numbered

AnyReading = Reading | TextReading | Statement


def outcome_of(limit: Limit, value: Value, referred: Value) -> str:
    """PASS or FAIL by the limit; ERROR where there is no value, or one of a kind the limit cannot be held against."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "ERROR"
    if limit.comparator in NUMERIC:
        is_comparable = not isinstance(value, bool | str)
    elif limit.comparator is Comparator.IS_TRUE:
        is_comparable = isinstance(value, bool)
    else:
        is_comparable = isinstance(value, str)
    if not is_comparable:
        return "ERROR"
    return "PASS" if is_inside(limit, value, referred) else "FAIL"


class Measure:
    """Takes the measurements of one step; ``taken`` is shared by all steps of a run."""

    def __init__(
        self,
        step: str,
        limits: Mapping[str, Limit],
        taken: dict[str, Value],
        cal_due: Mapping[str, date | None],
        note: Callable[[Measured], None],
        *,
        round_number: int,
        retries: int,
    ) -> None:
        self._step = step
        self._limits = limits
        self._taken = taken
        self._cal_due = cal_due
        self._note = note
        self._round = round_number
        self._retries = retries

    def __call__(self, name: str, reading: AnyReading) -> None:
        """Record ``reading`` as ``name``.

        An overload or a value that is not finite is an ERROR without a value, never a number. Raises PlanError for a
        name the step did not declare, a name measured before, and a reading in another unit than the limit's.
        """
        limit = self._limit(name, reading)
        name = limit.name
        if name in self._taken:
            raise PlanError(f"step {self._step} measures {name} twice")
        value = _usable(reading)
        self._taken[name] = value
        outcome = outcome_of(limit, value, self._referred(limit))
        entry = Measured(
            step=self._step,
            name=name,
            value=value,
            unit=limit.unit,
            outcome=outcome,
            instrument=reading.instrument,
            cal_due=self._cal_due.get(reading.instrument),
            retries=self._retries,
            taken_at=reading.taken_at,
            is_marginal=outcome == "PASS" and (self._retries > 0 or is_near(limit, value)),
        )
        self._note(entry)

    def is_inside(self, name: str, reading: AnyReading) -> bool:
        """Whether ``reading`` would pass as ``name``, without recording it: for steps that wait for a value."""
        limit = self._limit(name, reading)
        return outcome_of(limit, _usable(reading), self._referred(limit)) == "PASS"

    def _limit(self, name: str, reading: AnyReading) -> Limit:
        name = numbered(name, self._round)
        if name not in self._limits:
            raise PlanError(f"step {self._step} measures {name} without declaring it")
        limit = self._limits[name]
        unit = reading.unit if isinstance(reading, Reading) else ""
        if unit != limit.unit:
            raise PlanError(f"step {self._step}: {name} was read in {unit!r}, its limit is in {limit.unit!r}")
        return limit

    def _referred(self, limit: Limit) -> Value:
        return self._taken.get(limit.expected[0]) if limit.comparator is Comparator.SAME_AS else None


def _usable(reading: AnyReading) -> Value:
    match reading:
        case Reading():
            return float(reading.value) if math.isfinite(reading.value) and not reading.is_overload else None
        case TextReading():
            return reading.value
        case Statement():
            return reading.is_so
