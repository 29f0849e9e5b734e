"""What each comparator takes: every value that is inside, and the nearest ones that are not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.model.limit import NUMERIC, Comparator, Limit, Value, is_inside, is_near

COMPARATORS = ("between", "at_least", "at_most", "equals", "one_of", "matches", "same_as", "is_true")
"""Fixed: plans and letters have these words."""
ABOVE_2, BELOW_1 = math.nextafter(2.0, 3.0), math.nextafter(1.0, 0.0)


def limit(
    comparator: str, *expected: str, low: float | None = None, high: float | None = None, marginal: float | None = None
) -> Limit:
    return Limit("x", "V", Comparator(comparator), low, high, expected, True, "this test", marginal)


BAND = limit("between", low=1.0, high=2.0)
VECTORS: list[tuple[Limit, Value, Value, bool]] = [
    (BAND, 1.0, None, True),
    (BAND, 2.0, None, True),
    (BAND, BELOW_1, None, False),
    (BAND, ABOVE_2, None, False),
    (BAND, "1.5", None, False),
    (BAND, True, None, False),
    (BAND, None, None, False),
    (BAND, math.nan, None, False),
    (limit("between", low=1.0), 1.5, None, False),
    (limit("between", high=2.0), 1.5, None, False),
    (limit("at_least", low=1.0), 1.0, None, True),
    (limit("at_least", low=1.0), BELOW_1, None, False),
    (limit("at_least", low=1.0), math.inf, None, False),
    (limit("at_least", high=2.0), 1.5, None, False),
    (limit("at_least", low=1.0, high=2.0), ABOVE_2, None, False),
    (limit("at_most", high=2.0), 2.0, None, True),
    (limit("at_most", high=2.0), ABOVE_2, None, False),
    (limit("at_most", high=2.0), -math.inf, None, False),
    (limit("at_most", low=1.0), 1.5, None, False),
    (limit("at_most", low=1.0, high=2.0), BELOW_1, None, False),
    (limit("equals", "FJ-R1"), "FJ-R1", None, True),
    (limit("equals", "FJ-R1"), "FJ-R2", None, False),
    (limit("equals", "1"), 1.0, None, False),
    (limit("one_of", "a", "b"), "b", None, True),
    (limit("one_of", "a", "b"), "c", None, False),
    (limit("one_of", "a", "b"), "ab", None, False),
    (limit("one_of", "a", "b"), None, None, False),
    (limit("matches", "[0-9]{2}"), "42", None, True),
    (limit("matches", "[0-9]{2}"), "421", None, False),
    (limit("matches", "[0-9]{2}"), "x42", None, False),
    (limit("matches", "[0-9]{2}"), 42.0, None, False),
    (limit("same_as", "other"), "SN1", "SN1", True),
    (limit("same_as", "other"), "SN1", "SN2", False),
    (limit("same_as", "other"), "SN1", None, False),
    (limit("same_as", "other"), "other", None, False),
    (limit("same_as", "other"), "", "", False),
    (limit("same_as", "other"), None, None, False),
    (limit("same_as", "other"), 1.0, 1.0, False),
    (limit("is_true"), True, None, True),
    (limit("is_true"), False, None, False),
    (limit("is_true"), 1.0, None, False),
    (limit("is_true"), "True", None, False),
]


@pytest.mark.parametrize(("of", "value", "referred", "is_so"), VECTORS)
def test_each_comparator_takes_what_is_inside_and_nothing_beside_it(
    of: Limit, value: Value, referred: Value, is_so: bool
) -> None:
    assert is_inside(of, value, referred) is is_so


def test_the_comparators_are_those_of_plans_and_letters_and_each_has_a_vector_of_both_kinds() -> None:
    assert tuple(Comparator) == COMPARATORS
    assert {comparator.value for comparator in NUMERIC} == {"between", "at_least", "at_most"}
    for is_so in (True, False):
        assert {of.comparator.value for of, *_, said in VECTORS if said is is_so} == set(COMPARATORS)


@pytest.mark.parametrize(
    ("value", "is_so"), [(1.0, True), (1.125, True), (1.25, False), (1.5, False), (1.75, False), (1.875, True)]
)
def test_a_value_as_far_from_its_bound_as_the_band_is_wide_is_not_near(value: float, is_so: bool) -> None:
    assert is_near(limit("between", low=1.0, high=2.0, marginal=0.25), value) is is_so


def test_each_bound_that_there_is_has_its_band_and_a_limit_without_a_band_has_none() -> None:
    assert [is_near(limit("at_most", high=2.0, marginal=0.25), value) for value in (1.0, 1.9)] == [False, True]
    assert [is_near(limit("at_least", low=1.0, marginal=0.25), value) for value in (1.1, 2.0)] == [True, False]
    assert is_near(BAND, 1.0) is False


@pytest.mark.parametrize("value", [True, False, None, "1.1", math.nan, 0.99])
def test_what_is_not_inside_is_not_near_either(value: Value) -> None:
    assert is_near(limit("between", low=1.0, high=2.0, marginal=0.25), value) is False
    assert is_near(limit("is_true", marginal=0.25), value) is False


ANY = st.none() | st.booleans() | st.floats() | st.integers().map(float) | st.text(max_size=3)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(NUMERIC)), st.none() | st.floats(), st.none() | st.floats(), ANY)
def test_no_bounds_make_a_number_of_what_is_none_or_let_one_out(
    comparator: Comparator, low: float | None, high: float | None, value: Value
) -> None:
    if is_inside(limit(comparator, low=low, high=high), value):
        assert isinstance(value, float) and math.isfinite(value)
        assert (low is not None) if comparator is not Comparator.AT_MOST else (high is not None)
        assert (low is None or low <= value) and (high is None or value <= high)
