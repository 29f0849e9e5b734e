"""Many readings as one measurement: what a series of points sums up to, and how it lies in a mask.

Whatever it gives is a reading like any other, to be measured against a limit in its unit. It is an overload where any
point of the series is none that can be judged, so that no PASS comes of the others alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

from msgspec.structs import replace

from station.config.mask import Mask, MaskPoint
from station.model.errors import PlanError
from station.model.reading import Reading


class Series:
    """Points in the order in which they were taken."""

    def __init__(self, name: str, x_unit: str, y_unit: str) -> None:
        self.name = name
        self.x_unit = x_unit
        self.y_unit = y_unit
        self._points: list[tuple[float, Reading]] = []

    def add(self, x: float, reading: Reading) -> None:
        """Take ``reading`` at ``x``; raises PlanError for one in another unit, and for an x that is no number."""
        if reading.unit != self.y_unit:
            raise PlanError(f"series {self.name} is in {self.y_unit!r}, not {reading.unit!r}")
        if not math.isfinite(x):
            raise PlanError(f"series {self.name} has no point at {x}")
        self._points.append((x, reading))

    def __len__(self) -> int:
        return len(self._points)

    def points(self) -> Iterator[tuple[float, float]]:
        """Those that can be drawn."""
        return ((x, reading.value) for x, reading in self._points if _is_usable(reading))

    def maximum(self) -> Reading:
        """The largest value."""
        x, value = max(self._judged(), key=lambda point: point[1])
        return self._sum_up(value, self.y_unit, f"maximum at {x:g} {self.x_unit}")

    def minimum(self) -> Reading:
        """The smallest value."""
        x, value = min(self._judged(), key=lambda point: point[1])
        return self._sum_up(value, self.y_unit, f"minimum at {x:g} {self.x_unit}")

    def spread(self) -> Reading:
        """How far the largest value is from the smallest."""
        values = [value for _, value in self._judged()]
        return self._sum_up(max(values) - min(values), self.y_unit, "spread")

    def mean(self) -> Reading:
        """The mean of the values, each counting alike."""
        values = [value for _, value in self._judged()]
        return self._sum_up(math.fsum(values) / len(values), self.y_unit, "mean")

    def slope(self) -> Reading:
        """The slope of the straight line with the least squares, in y's unit per x's: ``V/s``.

        Raises PlanError where all points are at one x.
        """
        points = self._judged()
        middle_x = math.fsum(x for x, _ in points) / len(points)
        middle_y = math.fsum(y for _, y in points) / len(points)
        spread = math.fsum((x - middle_x) ** 2 for x, _ in points)
        if spread == 0:
            raise PlanError(f"series {self.name} has no slope: all its points are at one x")
        rise = math.fsum((x - middle_x) * (y - middle_y) for x, y in points)
        return self._sum_up(rise / spread, f"{self.y_unit}/{self.x_unit}", "slope")

    def margin(self, mask: Mask) -> Reading:
        """How far the point that is nearest to a bound of ``mask`` is inside it; negative outside.

        Points beyond the ends of the mask are not judged. Raises PlanError for a mask in other units, and for a series
        that has no point on a piece of it: what was not measured is not inside.
        """
        if (mask.x_unit, mask.y_unit) != (self.x_unit, self.y_unit):
            here, there = f"{self.y_unit} over {self.x_unit}", f"{mask.y_unit} over {mask.x_unit}"
            raise PlanError(f"series {self.name} is {here}, mask {mask.name} is {there}")
        points = self._judged()
        margins: list[tuple[float, float]] = []
        for before, after in pairwise(mask.points):
            inside = [(x, y) for x, y in points if before.x <= x <= after.x]
            if not inside:
                piece = f"from {before.x:g} to {after.x:g} {self.x_unit}"
                raise PlanError(f"series {self.name} has no point {piece}, where mask {mask.name} bounds it")
            margins += [(_margin(before, after, x, y), x) for x, y in inside]
        value, x = min(margins)
        return self._sum_up(value, self.y_unit, f"nearest to {mask.name} at {x:g} {self.x_unit}")

    def _judged(self) -> list[tuple[float, float]]:
        """Every point; one that cannot be judged counts as 0 and makes the whole an overload."""
        if not self._points:
            raise PlanError(f"series {self.name} has no point to sum up")
        return [(x, reading.value if _is_usable(reading) else 0.0) for x, reading in self._points]

    def _sum_up(self, value: float, unit: str, what: str) -> Reading:
        last = self._points[-1][1]
        is_overload = not all(_is_usable(reading) for _, reading in self._points)
        raw = f"{value:.6g} {what}, of {len(self._points)}"
        return replace(last, value=value, unit=unit, raw=raw, is_overload=is_overload)


class Masks:
    """The masks that one step said it holds curves against."""

    def __init__(self, step: str, masks: Mapping[str, Mask]) -> None:
        self._step = step
        self._masks = masks

    def __getitem__(self, name: str) -> Mask:
        """Raises PlanError for one that the step did not declare."""
        if name not in self._masks:
            raise PlanError(f"step {self._step} uses the mask {name} without declaring it")
        return self._masks[name]


def _is_usable(reading: Reading) -> bool:
    return math.isfinite(reading.value) and not reading.is_overload


def _margin(before: MaskPoint, after: MaskPoint, x: float, y: float) -> float:
    share = (x - before.x) / (after.x - before.x)
    margins = []
    if before.low is not None and after.low is not None:
        margins.append(y - (before.low + share * (after.low - before.low)))
    if before.high is not None and after.high is not None:
        margins.append(before.high + share * (after.high - before.high) - y)
    return min(margins)
