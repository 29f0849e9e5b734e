"""Curves that a step draws while it works."""

from __future__ import annotations

import math
from collections.abc import Callable

from station.model.errors import PlanError
from station.model.reading import Reading
from station.runner.entries import TracePoints
from station.runner.series import Series


class Curve:
    """One curve; every point is in the journal before ``add`` returns."""

    def __init__(self, empty: TracePoints, note: Callable[[TracePoints], None]) -> None:
        self._empty = empty
        self._note = note

    def add(self, x: float, reading: Reading) -> None:
        """Draw ``reading`` at ``x``; an overload or what is no finite number leaves a gap.

        Raises PlanError for a reading in another unit than the curve's.
        """
        curve = self._empty
        if reading.unit != curve.y_unit:
            raise PlanError(f"step {curve.step}: curve {curve.name} is in {curve.y_unit!r}, not {reading.unit!r}")
        if math.isfinite(x) and math.isfinite(reading.value) and not reading.is_overload:
            self._note(TracePoints(curve.step, curve.name, curve.x_unit, curve.y_unit, (x,), (reading.value,)))


class TraceRecorder:
    """Starts the curves of one step."""

    def __init__(self, step: str, note: Callable[[TracePoints], None]) -> None:
        self._step = step
        self._note = note

    def draw(self, series: Series) -> None:
        """The points of ``series`` as a curve of its name."""
        points = list(series.points())
        xs, ys = tuple(x for x, _ in points), tuple(y for _, y in points)
        self._note(TracePoints(self._step, series.name, series.x_unit, series.y_unit, xs, ys))

    def curve(self, name: str, x_unit: str, y_unit: str) -> Curve:
        """A curve of this step; it exists in the record once it has a point."""
        return Curve(TracePoints(self._step, name, x_unit, y_unit, (), ()), self._note)
