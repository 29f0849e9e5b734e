"""The control unit of FJ-N7 answers as docs/fj-head-units.md, "CAN (FJ-N7)", and ISO 14229-1 say."""

from __future__ import annotations

import pytest

from fixtures.sim.surroundings import ANTENNA_OPEN, ANTENNA_SHORT
from tests.sim.fj_n7 import SERIAL, PoweredUnit

EXTENDED = "1003"


@pytest.fixture
def n7() -> PoweredUnit:
    return PoweredUnit().boot()


def test_it_says_who_it_is(n7: PoweredUnit) -> None:
    assert n7.text("F187") == "FJN7-8601-A"
    assert n7.text("F189") == "2.1.0"
    assert n7.text("F18C") == SERIAL
    assert n7.text("F191") == n7.unit.traits.hardware
    assert n7.text("F195") == "2026.1"


def test_several_identifiers_are_read_at_once_and_unknown_ones_left_out(n7: PoweredUnit) -> None:
    (answer,) = n7.ask("22F1AAF191F195")
    assert answer == "62f191" + n7.unit.traits.hardware.encode().hex() + "f195" + b"2026.1".hex()


def test_faults_are_told_on_the_bus_as_well() -> None:
    unit = PoweredUnit("wrong_firmware", "old_map", "wrong_serial").boot()
    assert (unit.text("F189"), unit.text("F195"), unit.text("F18C")) == ("1.3.9", "2025.1", "FJR126119999")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("3E00", "7e00"),
        ("3E01", "7f3e12"),
        ("3E", "7f3e13"),
        ("3E0000", "7f3e13"),
        ("1001", "500100320032"),
        ("1003", "500300320032"),
        ("1002", "7f1012"),
        ("100300", "7f1013"),
        ("22F1AA", "7f2231"),
        ("22F1", "7f2213"),
        ("22F187F1", "7f2213"),
        ("14FFFFFE", "7f1431"),
        ("14FFFF", "7f1413"),
        ("1901FF", "7f1912"),
        ("1902", "7f1913"),
        ("190208", "590209"),
        ("190204", "590209"),
        ("2701", "7f2711"),
        ("3101FF00", "7f317f"),
        ("31", "7f317f"),
    ],
)
def test_each_request_has_the_answer_of_the_standard(n7: PoweredUnit, request_: str, answer: str) -> None:
    assert n7.ask(request_) == [answer]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("3101FF01", "7f3131"),
        ("3102FF00", "7f3112"),
        ("3101FF", "7f3113"),
        ("3101FF0000", "7f3113"),
        ("3103FF00", "7f3124"),
    ],
)
def test_a_routine_that_it_does_not_have_or_that_has_not_begun_is_refused(
    n7: PoweredUnit, request_: str, answer: str
) -> None:
    n7.ask(EXTENDED)
    assert n7.ask(request_) == [answer]


def test_a_positive_answer_can_be_suppressed_a_negative_one_cannot(n7: PoweredUnit) -> None:
    assert n7.ask("3E80") == []
    assert n7.ask("1083") == []
    assert n7.ask("1082") == ["7f1012"]
    assert n7.ask("3181FF00") == []
    assert n7.ask("3103FF00") == ["7103ff0001"]


def test_the_factory_reset_takes_a_fifth_of_a_second(n7: PoweredUnit) -> None:
    unit = n7.unit
    unit.memory.is_vehicle_paired = True
    vehicle = n7.text("F190")
    assert len(vehicle) == 17 and vehicle != "0" * 17
    n7.ask(EXTENDED)
    assert n7.ask("3101FF00") == ["7101ff00"]
    assert n7.ask("3101FF00") == ["7f3122"]
    assert n7.ask("3103FF00") == ["7103ff0001"]
    n7.wait(0.3)
    assert n7.ask("3103FF00") == ["7103ff0000"]
    assert n7.text("F190") == "0" * 17
    assert unit.memory.phones == 0


def test_a_session_ends_five_seconds_after_the_last_request(n7: PoweredUnit) -> None:
    n7.ask(EXTENDED)
    n7.wait(4.9)
    assert n7.ask("3E00") == ["7e00"]
    n7.wait(4.9)
    assert n7.ask("3102FF00") == ["7f3112"]
    n7.wait(5.1)
    assert n7.ask("3102FF00") == ["7f317f"]


def test_a_session_does_not_outlive_a_reset(n7: PoweredUnit) -> None:
    n7.ask(EXTENDED)
    n7.supply(0.0)
    n7.wait(0.2)
    n7.supply(14.4)
    n7.wait(3.0)
    assert n7.ask("3102FF00") == ["7f317f"]


def test_clearing_takes_longer_than_p2_and_says_so(n7: PoweredUnit) -> None:
    assert n7.ask("14FFFFFF") == ["7f1478", "54"]
    frames = n7.node.receive(bytes.fromhex("07A0 0414FFFFFF"))
    assert frames[0].delay_s < 0.05 < frames[1].delay_s < 0.5


@pytest.mark.parametrize(("volts_v", "code"), [(9.0, "9B0116"), (16.0, "9B0117")])
def test_supply_outside_its_range_is_stored_once_it_has_lasted(n7: PoweredUnit, volts_v: float, code: str) -> None:
    n7.supply(volts_v)
    n7.clock.advance(0.010)
    n7.supply(14.4)
    assert n7.codes() == []
    n7.supply(volts_v)
    n7.wait(0.1)
    n7.supply(14.4)
    n7.wait(0.1)
    assert n7.codes() == [code]


@pytest.mark.parametrize(("coil", "code"), [(ANTENNA_OPEN, "9A2213"), (ANTENNA_SHORT, "9A2211")])
def test_a_fault_of_the_antenna_is_stored_and_comes_back_while_it_lasts(n7: PoweredUnit, coil: int, code: str) -> None:
    n7.world.switch_relays(frozenset({coil}))
    n7.wait(0.2)
    assert n7.codes() == [code]
    n7.ask("14FFFFFF")
    n7.wait(0.2)
    assert n7.codes() == [code]
    n7.world.switch_relays(frozenset())
    n7.wait(0.1)
    assert n7.codes() == [code]
    n7.ask("14FFFFFF")
    n7.wait(1.0)
    assert n7.codes() == []


def test_codes_are_kept_without_battery(n7: PoweredUnit) -> None:
    n7.supply(9.0)
    n7.wait(0.1)
    n7.supply(0.0)
    n7.wait(1.0)
    n7.supply(14.4)
    n7.wait(4.0)
    assert n7.codes() == ["9B0116"]


def test_switching_off_and_booting_store_nothing(n7: PoweredUnit) -> None:
    for _ in range(3):
        n7.supply(0.0)
        n7.wait(0.5)
        n7.supply(14.4)
        n7.wait(4.0)
    assert n7.codes() == []


def test_a_code_whose_cause_stays_returns_by_itself() -> None:
    unit = PoweredUnit("code_stored").boot()
    assert unit.codes() == ["9A4098"]
    unit.ask("14FFFFFF")
    assert unit.codes() == []
    unit.wait(0.3)
    assert unit.codes() == ["9A4098"]
