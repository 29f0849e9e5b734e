"""Yields, a histogram and a control chart as coordinates; templates/charts.html draws them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from server.db.span import Span
from server.runs.figures import Yield
from server.statistics.control import ControlChart
from server.statistics.queries import MeasuredValue
from server.statistics.shares import wilson

WIDTH, HEIGHT = 960.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 84.0, 24.0, 30.0
TICKS = 4
MOST_CLASSES = 24
MARGIN = 0.06
"""Of the scale, left free beyond the outermost value or limit."""
NARROWEST = sys.float_info.min * 1e6
"""What is closer together is one value: its distance cannot be divided any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The room of a drawing."""

    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class YieldPoint:
    """A month's yield, and the ends of its interval, down the drawing."""

    x: float
    y: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class YieldDrawing(Frame):
    points: tuple[YieldPoint, ...]
    ticks: tuple[tuple[float, str], ...]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


@dataclass(frozen=True, slots=True)
class Column:
    """A class of values: how many it has."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class HistogramDrawing(Frame):
    """``values`` are the marks of the scale, ``limits`` those of the definition, each with where it lies."""

    bars: tuple[Column, ...]
    counts: tuple[tuple[float, int], ...]
    values: tuple[tuple[float, float], ...]
    limits: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """A value of the control chart; ``path`` is its run's page."""

    x: float
    y: float
    is_odd: bool
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class ControlDrawing(Frame):
    """``lines`` are height, value and kind: the mean, three sigma on either side, and the limits that are in sight."""

    points: tuple[ChartPoint, ...]
    lines: tuple[tuple[float, float, str], ...]

    @property
    def line(self) -> str:
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def month_of(span: Span) -> str:
    """Year and month in which most of the span lies: its start is in UTC."""
    return (span.start + (span.end - span.start) / 2).strftime("%Y-%m")


def draw_yields(yields: Sequence[Yield]) -> YieldDrawing | None:
    """Months with tests only; the scale begins at a round share below the lowest interval. None without any."""
    tested = [one for one in yields if one.tested]
    if not tested:
        return None
    intervals = [wilson(one.passed, one.tested) for one in tested]
    bottom = math.floor(min(interval.low for interval in intervals) * 10) / 10
    room = (WIDTH - LEFT - RIGHT) / len(tested)

    def down(share: float) -> float:
        return _down(share, bottom, 1.0)

    points = tuple(
        YieldPoint(
            LEFT + room * (index + 0.5),
            down(one.passed / one.tested),
            down(interval.low),
            down(interval.high),
            month_of(one.span),
        )
        for index, (one, interval) in enumerate(zip(tested, intervals, strict=True))
    )
    steps = max(round((1 - bottom) * 10), 1)
    shares = [bottom + (1 - bottom) * step / steps for step in range(steps + 1)]
    return YieldDrawing(points, tuple((down(share), f"{share * 100:.0f} %") for share in shares))


def draw_histogram(values: Sequence[float], low: float | None, high: float | None) -> HistogramDrawing | None:
    """As many classes as the root of the number of values, at most MOST_CLASSES; None without a value."""
    if not values:
        return None
    start, end = _scale([*values, *(bound for bound in (low, high) if bound is not None)])
    first, last = min(values), max(values)
    is_spread = last - first >= NARROWEST
    classes = min(MOST_CLASSES, max(1, round(math.sqrt(len(values))))) if is_spread else 1
    wide = (last - first) / classes if is_spread else (end - start) / MOST_CLASSES
    begin = first if is_spread else first - wide / 2
    counts = [0] * classes
    for value in values:
        counts[min(int((value - begin) / wide), classes - 1)] += 1
    most = max(counts)

    def along(value: float) -> float:
        return LEFT + (value - start) / (end - start) * (WIDTH - LEFT - RIGHT)

    bars = tuple(
        Column(
            along(begin + wide * index),
            _down(count, 0, most),
            along(begin + wide) - along(begin),
            HEIGHT - BOTTOM - _down(count, 0, most),
            count,
        )
        for index, count in enumerate(counts)
    )
    scale = tuple(
        (along(value), value) for value in (start + (end - start) * tick / TICKS for tick in range(TICKS + 1))
    )
    limits = tuple((along(bound), bound) for bound in (low, high) if bound is not None)
    return HistogramDrawing(bars, ((_down(0, 0, most), 0), (_down(most, 0, most), most)), scale, limits)


def draw_control(
    values: Sequence[MeasuredValue], chart: ControlChart, low: float | None, high: float | None
) -> ControlDrawing:
    """The values in their order; a limit is drawn where it lies no further away than nine sigma."""
    lines = [(chart.mean, "center"), *((chart.mean + side * 3 * chart.sigma, "control") for side in (1, -1))]
    near = [bound for bound in (low, high) if bound is not None and abs(bound - chart.mean) <= 9 * chart.sigma]
    lines += [(bound, "limit") for bound in near]
    start, end = _scale([*(one.value for one in values), *(value for value, _ in lines)])
    room = (WIDTH - LEFT - RIGHT) / max(len(values) - 1, 1)
    points = tuple(
        ChartPoint(
            LEFT + room * index,
            _down(one.value, start, end),
            bool(broken),
            f"/units/{one.unit_id}/runs/{one.run_id}",
            f"{one.serial} · {one.value:g}",
        )
        for index, (one, broken) in enumerate(zip(values, chart.broken, strict=True))
    )
    return ControlDrawing(points, tuple((_down(value, start, end), value, kind) for value, kind in lines))


def _down(value: float, start: float, end: float) -> float:
    """How far down the drawing a value lies on a scale that goes up."""
    return HEIGHT - BOTTOM - (value - start) / (end - start or 1) * (HEIGHT - TOP - BOTTOM)


def _scale(values: Sequence[float]) -> tuple[float, float]:
    lowest, highest = min(values), max(values)
    span = next((one for one in (highest - lowest, abs(highest)) if one >= NARROWEST), 1.0)
    return lowest - MARGIN * span, highest + MARGIN * span
