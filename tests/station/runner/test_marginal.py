"""The warning band: inside the limit and near it, which is a PASS that says so."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.model.errors import ConfigError
from station.model.limit import Comparator, Limit, Value, is_inside, is_near
from station.model.roles import Ammeter
from station.runner.measure import Measure
from station.runner.step import step
from tests.station.runner.bench_pieces import SteadyAmmeter, amperes, plan_of, played, row


def limit(comparator: Comparator, low: float | None, high: float | None, marginal: float | None = 0.1) -> Limit:
    return Limit("amps", "A", comparator, low, high, (), True, "this test", marginal)


BETWEEN = limit(Comparator.BETWEEN, 1.0, 2.0)


@pytest.mark.parametrize(
    ("of", "value", "is_so"),
    [
        (BETWEEN, 1.0, True),
        (BETWEEN, 1.09, True),
        (BETWEEN, 1.11, False),
        (BETWEEN, 1.5, False),
        (BETWEEN, 1.95, True),
        (BETWEEN, 2.0, True),
        (BETWEEN, 2.01, False),
        (BETWEEN, 0.99, False),
        (BETWEEN, math.nan, False),
        (BETWEEN, None, False),
        (BETWEEN, True, False),
        (limit(Comparator.AT_MOST, None, 2.0), 1.95, True),
        (limit(Comparator.AT_MOST, None, 2.0), -5.0, False),
        (limit(Comparator.AT_LEAST, 1.0, None), 1.05, True),
        (limit(Comparator.AT_LEAST, 1.0, None), 9.0, False),
        (limit(Comparator.BETWEEN, 1.0, 2.0, None), 1.0, False),
    ],
)
def test_near_is_inside_and_closer_to_a_bound_than_the_band_is_wide(of: Limit, value: Value, is_so: bool) -> None:
    assert is_near(of, value) is is_so


@given(st.none() | st.booleans() | st.text(max_size=3) | st.floats(), st.floats(0.001, 0.4))
def test_what_is_near_is_always_inside(value: Value, band: float) -> None:
    of = limit(Comparator.BETWEEN, 1.0, 2.0, band)
    assert not is_near(of, value) or is_inside(of, value)


@step(zh="x", en="x", deadline_s=1, measures={"amps": "A"})
def measured(current: Ammeter, measure: Measure) -> None:
    measure("amps", current.read_a(1.0))


BODY = row("amps", "between", unit="A", low=1.0, high=2.0, marginal=0.1)


@pytest.mark.parametrize(
    ("amps", "verdict", "is_marginal"), [(1.5, "PASS", False), (1.95, "PASS", True), (2.05, "FAIL", False)]
)
def test_the_flag_is_on_a_pass_and_changes_no_verdict(
    tmp_path: Path, amps: float, verdict: str, is_marginal: bool
) -> None:
    _, record = played(plan_of(tmp_path, [measured], BODY), current=SteadyAmmeter([amperes(amps)]))
    assert record.verdict == verdict
    assert record.measurements[0].is_marginal is is_marginal


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (BODY.replace("0.1", "0.0"), "measurements.amps.marginal: must be above 0"),
        (BODY.replace("0.1", "-0.1"), "must be above 0"),
        (BODY.replace("0.1", "inf"), "must be above 0"),
        (BODY.replace("0.1", "0.5"), "every value from 1 to 2 would be marginal"),
        (row("amps", "is_true", marginal=0.1), "is_true compares no quantity"),
    ],
)
def test_a_band_that_no_limit_can_have_is_refused(tmp_path: Path, body: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        plan_of(tmp_path, [measured], body)
