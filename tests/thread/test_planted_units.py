"""A unit ten sigma inside a limit passes, one ten sigma outside fails by that measurement and what must fail with it.

Some limits of each kind and part; `make soak AREA=units` plants every one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from station.model.limit import Comparator, Limit
from tests.unit_plants import Planting, expected_failures, measured_sigmas, plantings, sigma_of, try_plantings
from tests.unit_trials import Outcome

PLANTED = {
    "FJ-R5": ("rail_5v", "boot_time", "fm_snr_stereo", "response_low"),
    "FJ-N7": ("dimming_ratio", "usb_voltage_1a5", "channel_balance"),
}
REPEATS = 3


def try_product(product: str) -> list[Outcome]:
    return try_plantings(product, measured_sigmas(product, PLANTED[product], REPEATS))


def test_units_ten_sigma_inside_and_outside_a_limit_fall_on_the_right_side() -> None:
    with ThreadPoolExecutor(len(PLANTED)) as pool:
        outcomes = [outcome for found in pool.map(try_product, PLANTED) for outcome in found]
    assert [f"{outcome.name}: {outcome.wrong}" for outcome in outcomes if outcome.wrong] == []
    assert len(outcomes) == 2 * (2 + 1 + 1 + 1) + 2 * (2 + 1 + 1)


def limit(name: str, unit: str, low: float | None, high: float | None) -> Limit:
    comparator = Comparator.AT_MOST if low is None else Comparator.BETWEEN
    return Limit(name, unit, comparator, low, high, (), True, "a test")


def test_each_bound_is_planted_from_both_sides_at_ten_sigma() -> None:
    rail = limit("rail_5v", "V", 4.9, 5.1)
    made = plantings("FJ-R5", rail, 0.01, {"rail_5v_v": 5.02})
    assert [(planting.bound, planting.is_inside) for planting in made] == [
        ("low", True),
        ("low", False),
        ("high", True),
        ("high", False),
    ]
    for planting, value in zip(made, (5.0, 4.8, 5.0, 5.2), strict=True):
        assert abs(planting.planted - value) < 1e-9
        assert isinstance(planting, Planting)


def test_what_lies_near_a_limit_may_fail_and_what_lies_beyond_it_must() -> None:
    limits = {"rail_5v": limit("rail_5v", "V", 4.9, 5.1)}
    assert expected_failures(limits, {"rail_5v_v": 5.0}) == (set(), set())
    assert expected_failures(limits, {"rail_5v_v": 5.101}) == (set(), {"rail_5v"})
    assert expected_failures(limits, {"rail_5v_v": 5.2}) == ({"rail_5v"}, set())


def test_sigma_is_never_less_than_what_a_reading_may_be_off() -> None:
    assert sigma_of("rail_5v", [5.0, 5.0, 5.0]) > 0.001
    assert sigma_of("rail_5v", [4.9, 5.0, 5.1]) > 0.1
