"""The DMM6500 by its exchange: every line on the wire, in order."""

from __future__ import annotations

import pytest

from station.config.bench_file import Shunt
from station.drivers.dmm6500 import Dmm6500
from station.drivers.point_multimeter import PointMultimeter
from station.drivers.shunt_ammeter import ShuntAmmeter
from station.model.errors import InstrumentError, PlanError
from tests.station.drivers.transcript import CLOCK, SYNCHRONISED, asked, playing, proved

RESET = proved("*RST", 'SENS:FUNC "VOLT:DC"', "SENS:VOLT:NPLC 1")
POINTS = {"b_plus": 1, "rail_5v": 3}


def test_it_is_reset_to_dc_volts_on_the_rear_terminals() -> None:
    with playing([*SYNCHRONISED, *RESET, *asked("ROUT:TERM?", "REAR")]) as link:
        Dmm6500(link, CLOCK, 1.0).prepare()


def test_front_terminals_are_refused_because_the_scanner_is_behind() -> None:
    exchanges = [*SYNCHRONISED, *RESET, *asked("ROUT:TERM?", "FRON")]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="press TERMINALS"):
        Dmm6500(link, CLOCK, 1.0).prepare()


def test_a_point_is_read_through_its_channel_in_a_fixed_range() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("READ?", "+5.020134E+00", "ROUT:CLOS (@3)", "SENS:VOLT:RANG 10"),
        *asked("READ?", "+5.020140E+00"),
        *asked("READ?", "+1.439812E+01", "ROUT:CLOS (@1)", "SENS:VOLT:RANG 100"),
    ]
    with playing(exchanges) as link:
        points = PointMultimeter(Dmm6500(link, CLOCK, 1.0), POINTS)
        values = [points.read_v("rail_5v", 5.0).value, points.read_v("rail_5v", 5.0).value]
        values.append(points.read_v("b_plus", 14.4).value)
    assert values == [5.020134, 5.02014, 14.39812]


def test_a_point_that_is_not_wired_is_a_mistake_of_the_plan() -> None:
    with (
        playing([]) as link,
        pytest.raises(PlanError, match=r"wires no point 'rail_1v8' \(there are: b_plus, rail_5v\)"),
    ):
        PointMultimeter(Dmm6500(link, CLOCK, 1.0), POINTS).read_v("rail_1v8", 1.8)


def test_volts_beyond_the_largest_range_are_a_mistake_of_the_plan() -> None:
    with playing([]) as link, pytest.raises(PlanError, match="up to 1000 V, not 1200 V"):
        PointMultimeter(Dmm6500(link, CLOCK, 1.0), POINTS).read_v("b_plus", 1200.0)


def test_a_current_is_the_volts_across_the_shunt_by_its_resistance() -> None:
    exchanges = [*SYNCHRONISED, *asked("READ?", "+4.100000E-02", "ROUT:CLOS (@7)", "SENS:VOLT:RANG 0.1")]
    with playing(exchanges) as link:
        reading = ShuntAmmeter(Dmm6500(link, CLOCK, 1.0), Shunt(7, 0.1, 10.0)).read_a(1.0)
    assert reading.value == pytest.approx(0.41)
    assert (reading.unit, reading.raw) == ("A", "+4.100000E-02")


def test_an_overload_across_the_shunt_is_no_current() -> None:
    exchanges = [*SYNCHRONISED, *asked("READ?", "+9.900000E+37", "ROUT:CLOS (@7)", "SENS:VOLT:RANG 0.1")]
    with playing(exchanges) as link:
        reading = ShuntAmmeter(Dmm6500(link, CLOCK, 1.0), Shunt(7, 0.1, 10.0)).read_a(1.0)
    assert reading.is_overload
    assert reading.value == 9.9e37
