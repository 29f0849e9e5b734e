"""The steps of the tuner on the simulated bench: a good unit has the data sheet's figures, each fault is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from station.model.clock import Clock, wait_until
from station.model.roles import HeadUnit, Supply
from station.runner.conditions import Conditions
from station.runner.plan import Plan
from station.runner.step import step
from station.sequences.steps import tuner, tuning
from tests.conftest import Bench, start_bench
from tests.product_play import Played, play_unit, steps_for
from tests.radio_bench import RADIO, radio_world
from tests.station.runner.bench_pieces import plan_of, row

SUPPLIES = "".join(
    f'[supplies.{role}]\nhighest_voltage = "nominal_supply"\nhighest_current = "supply_limit"\n'
    for role in ("supply", "acc")
)
CONDITIONS: Mapping[str, tuple[float, str]] = {
    "nominal_supply": (14.4, "V"),
    "supply_limit": (3.0, "A"),
    "tuner_volume": (32, "step"),
    "tuner_settling": (0.05, "s"),
    "sensitivity_resolution": (0.2, "dB"),
    "fm_frequency": (98000, "kHz"),
    "fm_level": (60, "dBuV EMF"),
    "fm_deviation": (22.5, "kHz"),
    "fm_audio": (1000, "Hz"),
    "fm_sensitivity_snr": (30, "dB"),
    "fm_weakest": (0, "dBuV EMF"),
    "fm_strongest": (40, "dBuV EMF"),
    "stereo_deviation": (67.5, "kHz"),
    "pilot_deviation": (6.75, "kHz"),
    "distortion_deviation": (75, "kHz"),
    "longest_rds": (2, "s"),
    "fm_low_frequency": (90000, "kHz"),
    "fm_high_frequency": (106000, "kHz"),
    "seek_weakest": (8, "dBuV EMF"),
    "seek_strongest": (40, "dBuV EMF"),
    "fm_lowest": (87000, "kHz"),
    "fm_highest": (108000, "kHz"),
    "fm_channel": (50, "kHz"),
    "am_lowest": (522, "kHz"),
    "am_highest": (1620, "kHz"),
    "am_channel": (9, "kHz"),
    "seek_from": (97000, "kHz"),
    "longest_seek": (2, "s"),
    "am_frequency": (999, "kHz"),
    "am_level": (60, "dBuV EMF"),
    "am_depth": (30, "%"),
    "am_audio": (400, "Hz"),
    "am_sensitivity_snr": (20, "dB"),
    "am_weakest": (10, "dBuV EMF"),
    "am_strongest": (60, "dBuV EMF"),
}
LIMITS = "".join(
    (
        row("fm_sensitivity_90", unit="dBuV EMF", high=15.0),
        row("fm_sensitivity", unit="dBuV EMF", high=15.0),
        row("fm_sensitivity_106", unit="dBuV EMF", high=15.0),
        row("fm_snr_mono", "at_least", unit="dB", low=58.0),
        row("fm_snr_stereo", "at_least", unit="dB", low=52.0),
        row("fm_separation_left", "at_least", unit="dB", low=33.0),
        row("fm_separation_right", "at_least", unit="dB", low=33.0),
        row("pilot_suppression", "at_least", unit="dB", low=44.0),
        row("fm_distortion", unit="%", high=0.8),
        row("fm_balance", "between", unit="dB", low=-1.5, high=1.5),
        row("rds_pi", "one_of", expected=["D3C1"]),
        row("rds_name", "one_of", expected=["FANJI FM"]),
        row("seek_frequency", "between", unit="kHz", low=98000.0, high=98000.0),
        row("seek_stop_level", "between", unit="dBuV EMF", low=18.0, high=27.0),
        row("are_bands_right", "is_true"),
        row("am_sensitivity", unit="dBuV EMF", high=33.0),
        row("am_snr", "at_least", unit="dB", low=46.0),
        row("am_distortion", unit="%", high=1.4),
    )
)
TYPICAL: Mapping[str, tuple[float, float]] = {
    "fm_sensitivity_90": (12.0, 2.0),
    "fm_sensitivity": (12.0, 2.0),
    "fm_sensitivity_106": (12.0, 2.0),
    "seek_stop_level": (22.1, 2.3),
    "fm_snr_mono": (61.5, 2.0),
    "fm_snr_stereo": (56.0, 2.0),
    "fm_separation_left": (38.0, 3.0),
    "fm_separation_right": (38.0, 3.0),
    "pilot_suppression": (51.0, 4.0),
    "fm_distortion": (0.55, 0.15),
    "fm_balance": (0.0, 1.1),
    "seek_frequency": (98000.0, 0.0),
    "am_sensitivity": (30.0, 2.6),
    "am_snr": (50.0, 2.6),
    "am_distortion": (0.95, 0.25),
}
"""The data sheet's figures, and how far a unit, its amplifier and the bench may be from them."""


@step(zh="开机", en="Start", deadline_s=20, uses={"nominal_supply": "V", "supply_limit": "A"})
def boot(supply: Supply, acc: Supply, dut: HeadUnit, clock: Clock, conditions: Conditions) -> None:
    """The unit is awake."""
    for output in (supply, acc):
        output.set(conditions["nominal_supply"], conditions["supply_limit"])
    supply.switch_on()
    acc.switch_on()
    assert wait_until(clock, dut.is_ready, clock.now() + 10.0, 0.02)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    body = "".join(
        f'[conditions.{name}]\nvalue = {value}\nunit = "{unit}"\nsource = "this test"\n'
        for name, (value, unit) in CONDITIONS.items()
    )
    steps = (boot, *(each.following(boot) for each in (*tuner.STEPS, *tuning.STEPS)))
    return plan_of(tmp_path_factory.mktemp("plan"), steps, body + SUPPLIES + LIMITS)


@pytest.fixture(scope="module", params=["smb100a"])
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("radio")
    running = start_bench(radio_world(folder, request.param), folder / "bench.toml", None)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def good(box: Bench, plan: Plan) -> Played:
    return play_unit(box, plan, RADIO)


def test_a_good_unit_passes_and_every_measurement_is_taken(good: Played) -> None:
    assert (good.verdict, good.failed, good.missing) == ("PASS", set(), set()), good.explain()


@pytest.mark.parametrize("name", TYPICAL)
def test_a_good_unit_has_the_figures_of_its_data_sheet(good: Played, name: str) -> None:
    typical, within = TYPICAL[name]
    assert good.value(name) == pytest.approx(typical, abs=within)


@pytest.mark.parametrize(
    ("fault", "must_fail", "may_fail"),
    [
        ("deaf_tuner", {"fm_sensitivity_90", "fm_sensitivity", "fm_sensitivity_106", "fm_snr_mono", "seek_stop_level"},
         {"fm_snr_stereo", "fm_separation_left", "fm_separation_right", "seek_frequency", "rds_pi", "rds_name"}),
        ("deaf_am", {"am_sensitivity", "am_snr"}, {"am_distortion"}),
        ("missing_pilot", {"fm_separation_left", "fm_separation_right"}, set()),
        ("weak_separation", {"fm_separation_left", "fm_separation_right"}, set()),
        ("pilot_leaks", {"pilot_suppression"}, set()),
        ("distorted_tuner", {"fm_distortion"}, set()),
        ("no_rds", {"rds_pi", "rds_name"}, set()),
        ("wrong_region", {"are_bands_right"}, set()),
    ],
)  # fmt: skip
def test_each_fault_of_a_tuner_is_found(
    box: Bench, plan: Plan, fault: str, must_fail: set[str], may_fail: set[str]
) -> None:
    box.control("unit_fault", unit=RADIO, fault=fault, on=True)
    try:
        found = play_unit(box, steps_for(plan, must_fail), RADIO)
    finally:
        box.control("unit_fault", unit=RADIO, fault=fault, on=False)
    assert must_fail <= found.failed <= must_fail | may_fail, found.explain()
    assert found.verdict == "FAIL", found.explain()
