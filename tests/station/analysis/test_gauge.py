"""Gauge studies whose figures are published, to every digit that is printed; and studies that are none.

AIAG: the data of the manual's worked example (10 parts, 3 appraisers, 3 trials). ANOVA table: AIAG, Measurement
Systems Analysis, table A 3, and Minitab 19, "Example of crossed gage R&R study" (tolerance 8). Thermal impedance: Houf
and Berman (1988); the figures on which JASP, JMP, Minitab, R and a calculation by hand agree are those of the JASP
verification project, chapter 10.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.analysis.gauge import GaugeStudy, gauge_study

AIAG = (
    (
        (0.29, -0.56, 1.34, 0.47, -0.80, 0.02, 0.59, -0.31, 2.26, -1.36),
        (0.41, -0.68, 1.17, 0.50, -0.92, -0.11, 0.75, -0.20, 1.99, -1.25),
        (0.64, -0.58, 1.27, 0.64, -0.84, -0.21, 0.66, -0.17, 2.01, -1.31),
    ),
    (
        (0.08, -0.47, 1.19, 0.01, -0.56, -0.20, 0.47, -0.63, 1.80, -1.68),
        (0.25, -1.22, 0.94, 1.03, -1.20, 0.22, 0.55, 0.08, 2.12, -1.62),
        (0.07, -0.68, 1.34, 0.20, -1.28, 0.06, 0.83, -0.34, 2.19, -1.50),
    ),
    (
        (0.04, -1.38, 0.88, 0.14, -1.46, -0.29, 0.02, -0.46, 1.77, -1.49),
        (-0.11, -1.13, 1.09, 0.20, -1.07, -0.67, 0.01, -0.56, 1.45, -1.77),
        (-0.15, -0.96, 0.67, 0.11, -1.45, -0.49, 0.21, -0.49, 1.87, -2.16),
    ),
)
"""By appraiser and trial, the ten parts in a row, as the manual prints them."""
IMPEDANCE = (
    ((37, 42, 30, 42, 28, 42, 25, 40, 25, 35), (38, 41, 31, 43, 30, 42, 26, 40, 25, 34)),
    ((41, 42, 31, 43, 29, 45, 28, 43, 27, 35), (41, 42, 31, 43, 30, 45, 28, 42, 29, 35)),
    ((41, 43, 29, 42, 31, 44, 29, 43, 26, 35), (42, 42, 30, 42, 29, 46, 27, 43, 26, 34)),
)
IMPEDANCE_3 = (
    (37, 43, 31, 42, 29, 43, 27, 40, 25, 34),
    (40, 42, 31, 43, 29, 45, 30, 42, 28, 34),
    (41, 43, 28, 42, 29, 45, 27, 41, 26, 35),
)
TABLE = {
    "operator": (2, 3.1673, 1.58363, 79.406, 0.000),
    "part": (9, 88.3619, 9.81799, 492.291, 0.000),
    "operator × part": (18, 0.3590, 0.01994, 0.434, 0.974),
    "equipment": (60, 2.7589, 0.04598, None, None),
    "total": (89, 94.6471, None, None, None),
}


def by_cell(rows: object) -> list[list[list[float]]]:
    """By operator, part and trial."""
    values: list[list[list[float]]] = np.array(rows, dtype=float).transpose(0, 2, 1).tolist()
    return values


@pytest.fixture(scope="module")
def aiag() -> GaugeStudy:
    return gauge_study(by_cell(AIAG), tolerance=8.0)


@pytest.fixture(scope="module")
def impedance() -> GaugeStudy:
    rows = [(*trials, third) for trials, third in zip(IMPEDANCE, IMPEDANCE_3, strict=True)]
    return gauge_study(by_cell(rows))


def test_the_table_of_the_manuals_example_is_the_published_one(aiag: GaugeStudy) -> None:
    for row in aiag.table:
        degrees, squares, mean_square, f, p = TABLE[row.source]
        assert row.degrees == degrees
        assert round(row.sum_of_squares, 4) == squares
        assert mean_square is None or round(row.mean_square, 5) == mean_square
        assert f is None or (row.f is not None and round(row.f, 3) == f)
        assert p is None or (row.p is not None and round(row.p, 3) == p)
    assert [row.source for row in aiag.table] == list(TABLE)


def test_an_interaction_that_is_not_significant_is_pooled_as_in_the_manual(aiag: GaugeStudy) -> None:
    assert aiag.is_pooled
    variances = {component.name: component.sigma**2 for component in aiag.components}
    published = {"GRR": 0.09143, "EV": 0.03997, "AV": 0.05146, "PV": 1.08645, "TV": 1.17788}
    assert {name: round(variances[name], 5) for name in published} == published
    assert variances["interaction"] == 0.0


@pytest.mark.parametrize(
    ("name", "variance", "variation", "tolerance"),
    [
        ("GRR", 7.76, 27.86, 22.68),
        ("EV", 3.39, 18.42, 14.99),
        ("AV", 4.37, 20.90, 17.01),
        ("PV", 92.24, 96.04, 78.17),
        ("TV", 100.00, 100.00, 81.40),
    ],
)
def test_the_shares_of_the_manuals_example_are_the_published_ones(
    aiag: GaugeStudy, name: str, variance: float, variation: float, tolerance: float
) -> None:
    component = aiag.component(name)
    assert round(component.variance_percent, 2) == variance
    assert round(component.variation_percent, 2) == variation
    assert component.tolerance_percent is not None and round(component.tolerance_percent, 2) == tolerance


def test_the_manuals_gauge_tells_four_categories_apart(aiag: GaugeStudy) -> None:
    assert aiag.categories == 4


def test_a_significant_interaction_is_a_component_of_its_own_as_five_programs_agree(impedance: GaugeStudy) -> None:
    assert not impedance.is_pooled
    variances = {component.name: component.sigma**2 for component in impedance.components}
    published = {"EV": 0.511, "AV": 1.293, "operator": 0.565, "interaction": 0.728, "GRR": 1.804, "PV": 48.293}
    assert {name: round(variances[name], 3) for name in published} == published
    shares = {component.name: round(component.variance_percent, 2) for component in impedance.components}
    assert shares == {
        "EV": 1.02, "AV": 2.58, "operator": 1.13, "interaction": 1.45, "GRR": 3.60, "PV": 96.40, "TV": 100.00,
    }  # fmt: skip


def test_without_two_limits_nothing_is_said_of_the_tolerance(impedance: GaugeStudy) -> None:
    assert {component.tolerance_percent for component in impedance.components} == {None}


def test_a_gauge_that_never_varies_has_no_spread_and_no_number_of_categories() -> None:
    study = gauge_study([[[1.0, 1.0], [2.0, 2.0]]] * 2)
    assert (study.component("GRR").sigma, study.categories) == (0.0, None)
    assert study.component("PV").variance_percent == pytest.approx(100.0)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [[]],
        [[[1.0, 2.0], [1.0, 2.0]]],
        [[[1.0, 2.0]], [[1.0, 2.0]]],
        [[[1.0], [2.0]], [[1.0], [2.0]]],
        [[[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [1.0]]],
        [[[1.0, 2.0], [1.0, math.nan]], [[1.0, 2.0], [1.0, 2.0]]],
    ],
    ids=["nothing", "no part", "one operator", "one part", "one trial", "a hole", "no number"],
)
def test_what_is_no_crossed_study_is_refused(readings: list[list[list[float]]]) -> None:
    with pytest.raises(ValueError, match=r"crossed study|not finite"):
        gauge_study(readings)


VALUES = st.floats(-1e6, 1e6, allow_nan=False)


@given(
    st.integers(2, 4).flatmap(
        lambda trials: st.lists(
            st.lists(st.lists(VALUES, min_size=trials, max_size=trials), min_size=3, max_size=3), min_size=2, max_size=2
        )
    )
)
def test_the_components_of_any_study_add_up_and_none_is_negative(readings: list[list[list[float]]]) -> None:
    study = gauge_study(readings)
    variance = {component.name: component.sigma**2 for component in study.components}
    assert min(variance.values()) >= 0
    assert variance["TV"] == pytest.approx(variance["EV"] + variance["AV"] + variance["PV"])
    whole = study.table[-1].sum_of_squares
    assert sum(row.sum_of_squares for row in study.table[:-1]) == pytest.approx(whole, rel=1e-9, abs=1e-9)
