"""The limits of FJ-R5 and FJ-N7 leave room for every good unit, and not much more than that."""

from __future__ import annotations

import math

import pytest

from tests.product_play import load
from tests.unit_trials import WORLD_OF
from tests.unit_truths import TRUTHS, WITHOUT_TOLERANCE
from tests.unit_windows import LEAST_SHARE, numeric_limits, window_of

CASES = [(product, name) for product in WORLD_OF for name in numeric_limits(load(product)) if name in TRUTHS]


@pytest.mark.parametrize(("product", "name"), CASES)
def test_the_tolerance_of_good_units_is_at_least_a_quarter_of_the_window(product: str, name: str) -> None:
    assert window_of(product, numeric_limits(load(product))[name]).share >= LEAST_SHARE


@pytest.mark.parametrize(("product", "name"), CASES)
def test_no_reading_of_a_good_unit_lies_outside_the_limits(product: str, name: str) -> None:
    limit = numeric_limits(load(product))[name]
    window = window_of(product, limit)
    assert window.least_read >= (-math.inf if limit.low is None else limit.low)
    assert window.most_read <= (math.inf if limit.high is None else limit.high)


def test_every_number_has_a_tolerance_or_a_reason_why_not() -> None:
    measured = {name for product in WORLD_OF for name in numeric_limits(load(product))}
    assert measured - TRUTHS.keys() - WITHOUT_TOLERANCE.keys() == set()
    assert TRUTHS.keys() - measured == set()
    assert not TRUTHS.keys() & WITHOUT_TOLERANCE.keys()
