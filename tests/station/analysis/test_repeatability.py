"""Mean, spread and drift of repeated values: certified data sets, and the capability of a gauge by hand.

NumAcc1 to NumAcc4 are generated data sets of the NIST Statistical Reference Datasets (univariate summary statistics,
after Simon and Lesage 1989) with certified mean and standard deviation: what cancels is their leading digits.
"""

from __future__ import annotations

import math

import pytest

from station.analysis.repeatability import repeatability

CERTIFIED = {
    "NumAcc1": ([10000001.0, 10000003.0, 10000002.0], 10000002.0, 1.0),
    "NumAcc2": ([1.2, *[1.1, 1.3] * 500], 1.2, 0.1),
    "NumAcc3": ([1000000.2, *[1000000.1, 1000000.3] * 500], 1000000.2, 0.1),
    "NumAcc4": ([10000000.2, *[10000000.1, 10000000.3] * 500], 10000000.2, 0.1),
}
DIGITS = {"NumAcc1": 15, "NumAcc2": 14, "NumAcc3": 9, "NumAcc4": 8}
"""How many of the deviation's digits are left when the data themselves have been rounded to binary."""


@pytest.mark.parametrize("name", CERTIFIED)
def test_mean_and_deviation_are_the_certified_ones(name: str) -> None:
    values, mean, deviation = CERTIFIED[name]
    found = repeatability(values)
    assert found.mean == pytest.approx(mean, rel=1e-15)
    assert found.deviation == pytest.approx(deviation, rel=10.0 ** -DIGITS[name])
    assert (found.count, found.lowest, found.highest) == (len(values), min(values), max(values))


def test_cg_and_cgk_are_a_fifth_of_the_tolerance_against_six_deviations() -> None:
    values = [4.99, 5.01] * 25
    deviation = 0.01 * math.sqrt(50 / 49)
    found = repeatability(values, tolerance=0.5, reference=5.01)
    assert found.cg == pytest.approx(0.2 * 0.5 / (6 * deviation))
    assert found.cgk == pytest.approx((0.1 * 0.5 - 0.01) / (3 * deviation))


def test_without_a_reference_there_is_no_cgk_and_without_limits_neither() -> None:
    assert repeatability([1.0, 2.0], tolerance=1.0).cgk is None
    found = repeatability([1.0, 2.0], reference=1.5)
    assert (found.cg, found.cgk) == (None, None)


def test_values_that_do_not_vary_say_nothing_of_a_gauges_capability() -> None:
    found = repeatability([3.3] * 10, tolerance=0.3, reference=3.3)
    assert (found.deviation, found.cg, found.cgk, found.drift_per_run) == (0.0, None, None, 0.0)


def test_a_steady_drift_is_found_run_by_run() -> None:
    assert repeatability([5.0 + 0.002 * run for run in range(30)]).drift_per_run == pytest.approx(0.002)
    assert repeatability([5.0]).drift_per_run == 0.0


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_no_values_and_values_that_are_none_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        repeatability(values)
