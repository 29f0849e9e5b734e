"""PyMeasure's drivers of the 34401A and 34410A, which know nothing of this project, work the 34461A unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymeasure.instruments.agilent import Agilent34410A
from pymeasure.instruments.hp import HP34401A
from pyvisa.errors import VisaIOError

from fixtures.sim.device import SimClock
from fixtures.sim.meters import make_meter
from tests.referee.pymeasure_bench import connected, served
from tests.sim.bench_wiring import ProbesOn, dice


@pytest.fixture
def probes() -> ProbesOn:
    return ProbesOn(volts={None: 14.4})


@pytest.fixture(params=["34461a", "34401a"])
def meter(request: pytest.FixtureRequest, probes: ProbesOn) -> Iterator[HP34401A]:
    clock = SimClock(1.0)
    device = make_meter(request.param, probes, clock, dice(), "MY1")
    with served(device, clock) as port, connected(port) as adapter:
        with pytest.warns(FutureWarning, match="not known whether this device support SCPI"):
            made = HP34401A(adapter)
        yield made


@pytest.fixture
def truevolt(probes: ProbesOn) -> Iterator[Agilent34410A]:
    clock = SimClock(0.0)
    with served(make_meter("34461a", probes, clock, dice(), "MY1"), clock) as port, connected(port) as adapter:
        with pytest.warns(FutureWarning, match="not known whether this device support SCPI"):
            made = Agilent34410A(adapter)
        yield made


def test_the_meter_is_known_by_its_identity_and_has_no_errors(meter: HP34401A) -> None:
    meter.reset()
    meter.clear()
    assert meter.id.split(",")[1] in ("34461A", "34401A")
    assert (meter.scpi_version, meter.terminals_used, meter.self_test_result) == (1999.0, "FRONT", 0)
    assert meter.check_errors() == []


def test_the_meter_reads_dc_volts_in_a_fixed_range(meter: HP34401A, probes: ProbesOn) -> None:
    meter.function_ = "DCV"
    meter.range_ = 100
    meter.nplc = 1
    assert (meter.function_, meter.range_, meter.autorange, meter.nplc) == ("DCV", 100.0, False, 1.0)
    assert meter.reading == pytest.approx(14.4, rel=1e-4)
    probes.volts[None] = -0.0031
    assert meter.reading == pytest.approx(-0.0031, abs=1e-3)
    assert meter.check_errors() == []


def test_the_meter_says_overload_and_autoranges_out_of_it(meter: HP34401A) -> None:
    meter.range_ = 10
    meter.nplc = 0.2
    assert meter.reading == 9.9e37
    meter.autorange = True
    assert meter.reading == pytest.approx(14.4, rel=1e-3)
    assert (meter.autorange, meter.range_) == (True, 100.0)


@pytest.mark.parametrize("function", ["DCV", "ACV", "DCI", "ACI", "R2W", "R4W"])
def test_the_meter_changes_between_functions(meter: HP34401A, function: str) -> None:
    meter.function_ = function
    assert meter.function_ == function
    assert meter.check_errors() == []


@pytest.mark.parametrize("nplc", [0.02, 0.2, 1, 10, 100])
def test_the_meter_has_the_five_integration_times(meter: HP34401A, nplc: float) -> None:
    meter.nplc = nplc
    assert meter.nplc == nplc
    meter.range_ = 10
    assert meter.resolution == pytest.approx(10 * {0.02: 1e-4, 0.2: 1e-5, 1: 3e-6, 10: 1e-6, 100: 3e-7}[nplc])


def test_the_meter_takes_several_samples_and_keeps_them(meter: HP34401A) -> None:
    meter.nplc = 0.02
    meter.sample_count, meter.trigger_source = 5, "IMM"
    assert (meter.sample_count, meter.trigger_source) == (5, "IMM")
    readings = meter.reading
    assert readings == pytest.approx([14.4] * 5, rel=1e-2)
    assert (meter.stored_readings_count, meter.stored_reading) == (5, readings)
    meter.trigger_delay = 0.01
    assert (meter.trigger_delay, meter.trigger_auto_delay_enabled) == (0.01, False)
    assert meter.check_errors() == []


def test_the_meter_keeps_what_has_no_effect_on_readings(meter: HP34401A) -> None:
    meter.autozero_enabled, meter.auto_input_impedance_enabled, meter.beeper_enabled = False, True, False
    assert (meter.autozero_enabled, meter.auto_input_impedance_enabled, meter.beeper_enabled) == (False, True, False)
    meter.display_enabled, meter.displayed_text, meter.detector_bandwidth = True, "FJ-R1", 200
    assert (meter.displayed_text, meter.detector_bandwidth) == ("FJ-R1", 200)
    meter.remote_control_enabled = True
    meter.beep()
    assert meter.check_errors() == []


def test_the_meter_takes_its_integration_time(meter: HP34401A) -> None:
    meter.nplc = 10
    meter.adapter.connection.timeout = 150
    with pytest.raises(VisaIOError, match="VI_ERROR_TMO"):
        meter.ask("READ?")


def test_another_driver_measures_in_one_message(truevolt: Agilent34410A) -> None:
    assert truevolt.voltage_dc == pytest.approx(14.4, rel=1e-4)
    assert truevolt.voltage_ac == pytest.approx(0.0, abs=0.01)
    assert truevolt.current_dc == pytest.approx(0.0, abs=1e-6)
    assert truevolt.resistance == 9.9e37
    assert truevolt.check_errors() == []
