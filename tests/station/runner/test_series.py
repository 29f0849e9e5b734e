"""Series and masks: aggregates in their units, bounds between points, and no pass of what was not measured."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.config.mask import Mask, MaskPoint
from station.model.errors import ConfigError, PlanError
from station.model.reading import Reading
from station.runner.measure import Measure
from station.runner.series import Masks, Series
from station.runner.step import Step, step
from station.runner.trace import TraceRecorder
from tests.station.runner.bench_pieces import START, plan_of, played, row

POINTS = [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0)]


def volts(value: float, is_overload: bool = False) -> Reading:
    return Reading(value, "V", "dmm", f"{value:E}", START, is_overload)


def series(points: Sequence[tuple[float, float]] = POINTS) -> Series:
    made = Series("ripple", "s", "V")
    for x, y in points:
        made.add(x, volts(y))
    return made


def mask(*points: tuple[float, float | None, float | None]) -> Mask:
    return Mask("shape", "s", "V", tuple(MaskPoint(*point) for point in points), "this test")


@pytest.mark.parametrize(
    ("take", "value", "unit", "raw"),
    [
        (Series.maximum, 3.0, "V", "3 maximum at 1 s, of 3"),
        (Series.minimum, 1.0, "V", "1 minimum at 0 s, of 3"),
        (Series.mean, 2.0, "V", "2 mean, of 3"),
        (Series.spread, 2.0, "V", "2 spread, of 3"),
        (Series.slope, 0.5, "V/s", "0.5 slope, of 3"),
        (lambda made: made.margin(mask((0, 0, 4), (2, 0, 4))), 1.0, "V", "1 nearest to shape at 0 s, of 3"),
    ],
)
def test_a_series_sums_up_to_a_reading_in_its_unit(
    take: Callable[[Series], Reading], value: float, unit: str, raw: str
) -> None:
    reading = take(series())
    assert (reading.value, reading.unit, reading.raw, reading.instrument) == (pytest.approx(value), unit, raw, "dmm")
    assert not reading.is_overload


@pytest.mark.parametrize(
    "take",
    [
        *(Series.maximum, Series.minimum, Series.mean, Series.spread, Series.slope),
        lambda made: made.margin(mask((0, -9, 9), (3, -9, 9))),
    ],
)
@pytest.mark.parametrize("bad", [volts(9.9e37, is_overload=True), volts(math.nan), volts(math.inf)])
def test_one_point_that_is_no_number_makes_the_whole_an_overload(
    take: Callable[[Series], Reading], bad: Reading
) -> None:
    made = series()
    made.add(3.0, bad)
    assert take(made).is_overload
    assert [x for x, _ in made.points()] == [0.0, 1.0, 2.0]
    empty = Series("none", "s", "V")
    with pytest.raises(PlanError, match="no point"):
        take(empty)


@pytest.mark.parametrize(
    ("at", "y", "margin"),
    [
        (0.0, 1.0, 0.0),
        (1.0, 2.0, 0.5),
        (1.0, 1.5, 0.0),
        (1.0, 1.0, -0.5),
        (1.0, 4.5, -0.5),
        (2.0, 5.0, 0.0),
    ],
)
def test_bounds_are_straight_lines_between_the_points_of_a_mask(at: float, y: float, margin: float) -> None:
    for begin in (0.0, 10.0):
        sloping = mask((begin, 1, 3), (begin + 2, 2, 5))
        assert series([(begin + at, y)]).margin(sloping).value == pytest.approx(margin)


@pytest.mark.parametrize(
    ("points", "margin"),
    [
        ([(0, 0, 3), (1, None, 3)], 7.0),
        ([(0, None, 3), (1, 0, 3)], 7.0),
        ([(0, -9, None), (1, -9, 3)], 5.0),
        ([(0, -9, 3), (1, -9, None)], 5.0),
        ([(0, -9, 3), (1, -9, 3)], 5.0),
        ([(0, -9, 9), (1, -9, 9)], 5.0),
    ],
)
def test_a_piece_is_bound_on_the_side_that_has_a_bound_at_both_its_ends(
    points: Sequence[tuple[float, float | None, float | None]], margin: float
) -> None:
    assert series([(0.5, -4.0)]).margin(mask(*points)).value == pytest.approx(margin)


def test_a_piece_with_one_bound_has_one() -> None:
    only_high = mask((0, None, 3), (1, 0, 3), (2, 0, 3))
    assert series([(0.5, -99.0), (1.5, 1.0)]).margin(only_high).value == pytest.approx(1.0)


def test_what_was_not_measured_is_not_inside() -> None:
    with pytest.raises(PlanError, match="no point from 1 to 2 s, where mask shape bounds it"):
        series([(0.5, 1.0)]).margin(mask((0, 0, 4), (1, 0, 4), (2, 0, 4)))


def test_points_beyond_the_mask_are_not_judged() -> None:
    assert series([(0.5, 1.0), (9.0, 99.0)]).margin(mask((0, 0, 4), (1, 0, 4))).value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (lambda made: made.add(0.0, Reading(1.0, "A", "dmm", "1", START)), "is in 'V', not 'A'"),
        (lambda made: made.add(math.nan, volts(1.0)), "no point at nan"),
        (lambda made: series([(1.0, 1.0), (1.0, 2.0)]).slope(), "all its points are at one x"),
        (lambda made: made.margin(Mask("m", "Hz", "V", mask((0, 0, 1), (1, 0, 1)).points, "")), "mask m is V over Hz"),
    ],
)
def test_what_does_not_fit_is_the_authors_error(act: Callable[[Series], object], problem: str) -> None:
    with pytest.raises(PlanError, match=problem):
        act(series())


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(-9, 9)), min_size=1, max_size=8))
def test_a_margin_is_not_negative_exactly_when_every_point_is_inside(points: list[tuple[float, float]]) -> None:
    made = series(points)
    assert (made.margin(mask((0, -1, 1), (2, -1, 1))).value >= 0) is all(-1 <= y <= 1 for _, y in points)
    assert made.minimum().value <= made.mean().value + 1e-9
    assert made.mean().value <= made.maximum().value + 1e-9


MASK = """[masks.shape]
x_unit = "s"
y_unit = "V"
points = [{ x = 0.0, low = 0.0, high = 4.0 }, { x = 2.0, low = 0.0, high = 4.0 }]
source = "this test"
"""
UNBOUND = MASK.replace(", high = 4.0 }, {", " }, {").replace("x = 2.0, low = 0.0, ", "x = 2.0, ")
MARGIN = row("margin", "at_least", unit="V", low=0.0)


def shaped(points: Sequence[tuple[float, float]], units: tuple[str, str] = ("s", "V"), uses: str = "shape") -> Step:
    @step(zh="x", en="x", deadline_s=1, measures={"margin": "V"}, masks={"shape": units})
    def draws(masks: Masks, measure: Measure, trace: TraceRecorder) -> None:
        made = series(points)
        trace.draw(made)
        measure("margin", made.margin(masks[uses]))

    return draws


@pytest.mark.parametrize(("y", "verdict"), [(4.0, "PASS"), (4.1, "FAIL"), (math.nan, "ERROR")])
def test_a_curve_is_judged_by_its_mask_and_drawn(tmp_path: Path, y: float, verdict: str) -> None:
    plan = plan_of(tmp_path, [shaped([(0.0, 1.0), (1.0, y)])], MARGIN + MASK)
    _, record = played(plan)
    assert record.verdict == verdict
    assert record.traces[0].x == ((0.0,) if math.isnan(y) else (0.0, 1.0))


def test_a_mask_that_was_not_declared_is_not_given(tmp_path: Path) -> None:
    _, record = played(plan_of(tmp_path, [shaped(POINTS, uses="other")], MARGIN + MASK))
    assert record.failure is not None and "uses the mask other without declaring it" in record.failure.message


@pytest.mark.parametrize(
    ("body", "units", "error", "problem"),
    [
        (MARGIN, ("s", "V"), PlanError, "uses the mask shape, which is not given"),
        (MARGIN + MASK, ("Hz", "V"), PlanError, "the mask shape is 'V' over 's', step draws takes 'V' over 'Hz'"),
        (MARGIN + MASK + MASK.replace("shape", "other"), ("s", "V"), PlanError, "no step uses the mask other"),
        (MARGIN + MASK.replace("x = 2.0", "x = 0.0"), ("s", "V"), ConfigError, "at a greater x"),
        (MARGIN + UNBOUND, ("s", "V"), ConfigError, "there is no bound from 0 to 2"),
        (MARGIN + MASK.replace("[{ x = 0.0, low = 0.0, high = 4.0 }, ", "["), ("s", "V"), ConfigError, "at least two"),
        (MARGIN + MASK.replace("low = 0.0", "low = 5.0"), ("s", "V"), ConfigError, "low 5 is above high 4"),
        (MARGIN + MASK.replace("high = 4.0", "high = inf"), ("s", "V"), ConfigError, "must be finite"),
        (MARGIN + MASK.replace('"this test"', '""'), ("s", "V"), ConfigError, "every figure needs a source"),
        (MARGIN + MASK.replace('"V"', '""'), ("s", ""), ConfigError, "y_unit: must not be empty"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(
    tmp_path: Path, body: str, units: tuple[str, str], error: type[Exception], problem: str
) -> None:
    with pytest.raises(error, match=re.escape(problem)):
        plan_of(tmp_path, [shaped(POINTS, units)], body)
