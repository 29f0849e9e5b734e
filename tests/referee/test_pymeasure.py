"""PyMeasure's drivers, which know nothing of this project, set and read the simulated instruments unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymeasure.instruments.keithley import KeithleyDMM6500
from pymeasure.instruments.rohdeschwarz.hmp import HMP4040
from pyvisa.errors import VisaIOError

from fixtures.sim.device import SimClock
from fixtures.sim.dmm6500 import Dmm6500
from fixtures.sim.hmp4040 import Hmp4040
from tests.referee.pymeasure_bench import connected, served
from tests.sim.bench_wiring import ProbesOn, ResistorOn, dice


@pytest.fixture
def load() -> ResistorOn:
    return ResistorOn(ohm=10.0)


@pytest.fixture
def supply(load: ResistorOn) -> Iterator[HMP4040]:
    clock = SimClock(0.0)
    with served(Hmp4040(load, clock, dice(), "109401"), clock) as port, connected(port) as adapter:
        yield HMP4040(adapter)


@pytest.fixture
def probes() -> ProbesOn:
    return ProbesOn(volts={1: 14.4, 3: 5.02, 7: 0.041})


@pytest.fixture
def meter(probes: ProbesOn) -> Iterator[KeithleyDMM6500]:
    clock = SimClock(1.0)
    with served(Dmm6500(probes, clock, dice(), "04592428"), clock) as port, connected(port) as adapter:
        yield KeithleyDMM6500(adapter)


def test_the_supply_is_known_by_its_identity_and_has_no_errors(supply: HMP4040) -> None:
    supply.reset()
    supply.clear()
    assert supply.id == "ROHDE&SCHWARZ,HMP4040,109401,HW50020003/SW2.70"
    assert (supply.complete, supply.status, supply.version) == ("1", "0", 1999.0)
    assert supply.check_errors() == []


def test_the_supply_sets_and_reads_volts_and_amperes_of_each_channel(supply: HMP4040) -> None:
    for channel in (1, 2, 3, 4):
        supply.selected_channel = channel
        supply.voltage = 3.0 * channel
        supply.current = 0.5 * channel
        assert supply.selected_channel == channel
        assert (supply.voltage, supply.current) == (3.0 * channel, 0.5 * channel)
    supply.voltage_and_current = (14.4, 3)
    assert supply.voltage_and_current == [14.4, 3.0]
    assert supply.check_errors() == []


def test_the_supply_drives_the_load_when_its_outputs_are_enabled(supply: HMP4040, load: ResistorOn) -> None:
    supply.selected_channel = 2
    supply.voltage_and_current = (14.4, 3)
    supply.set_channel_state(2, True)
    assert (supply.selected_channel_active, supply.output_enabled, load.states[2][2]) == (True, False, False)
    supply.output_enabled = True
    assert supply.output_enabled is True
    assert supply.measured_voltage == pytest.approx(14.4, abs=0.02)
    assert supply.measured_current == pytest.approx(1.44, abs=0.01)
    supply.output_enabled = False
    assert supply.measured_current == 0.0
    assert load.states[2][2] is False


def test_the_supply_steps_and_goes_to_its_limits(supply: HMP4040) -> None:
    assert (supply.min_voltage, supply.max_voltage, supply.min_current, supply.max_current) == (0.0, 32.05, 0.0, 10.0)
    supply.voltage = 5
    supply.voltage_step = 0.5
    supply.step_voltage_up()
    supply.step_voltage_up()
    supply.step_voltage_down()
    assert (supply.voltage_step, supply.voltage) == (0.5, 5.5)
    supply.voltage_to_max()
    supply.current_to_max()
    assert (supply.voltage, supply.current) == (32.05, 4.992)
    supply.voltage_to_min()
    supply.current_to_min()
    assert (supply.voltage, supply.current) == (0.0, 0.0)
    supply.control_method = "RWL"
    supply.control_method = "LOC"
    supply.beep()
    assert supply.check_errors() == []


def test_the_supply_tells_its_client_what_it_cannot_deliver(supply: HMP4040) -> None:
    supply.voltage = 40
    supply.voltage_and_current = (32, 10)
    assert [int(error[0]) for error in supply.check_errors()] == [-222, -222]
    assert supply.voltage == 0.0


def test_a_client_that_asks_what_the_supply_does_not_know_waits_in_vain(supply: HMP4040) -> None:
    supply.adapter.connection.timeout = 200
    with pytest.raises(VisaIOError, match="VI_ERROR_TMO"):
        supply.ask("FOO?")
    supply.adapter.connection.timeout = 2000
    assert int(supply.next_error[0]) == -113


def test_the_meter_is_known_by_its_identity_and_its_card(meter: KeithleyDMM6500) -> None:
    meter.reset()
    meter.clear()
    assert meter.id == "KEITHLEY INSTRUMENTS,MODEL DMM6500,04592428,1.7.12b"
    assert (meter.command_set, meter.terminals_used, meter.line_frequency) == ("SCPI", "REAR", 50)
    assert meter.scan_id == "2000,10-Chan Mux,0.0.0a,00000000"
    assert (meter.scan_vch_start, meter.scan_vch_end, meter.scan_card_vmax) == (1, 10, 110)
    assert meter.check_errors() == []


@pytest.mark.parametrize(("channel", "range_v"), [(1, 100), (3, 10), (7, 0.1)])
def test_the_meter_reads_the_volts_of_a_scanner_channel(
    meter: KeithleyDMM6500, probes: ProbesOn, channel: int, range_v: float
) -> None:
    meter.write(f":ROUT:CLOS (@{channel})")
    meter.measure_voltage(max_voltage=range_v)
    assert (meter.mode, meter.voltage_range, meter.autorange_enabled) == ("voltage", range_v, False)
    assert meter.voltage == pytest.approx(probes.volts[channel], rel=1e-3)
    assert meter.check_errors() == []


def test_the_meter_says_overflow_and_autoranges_out_of_it(meter: KeithleyDMM6500) -> None:
    meter.write(":ROUT:CLOS (@1)")
    meter.measure_voltage(max_voltage=10)
    assert meter.voltage == 9.9e37
    meter.auto_range()
    assert meter.auto_range_status() is True
    assert meter.voltage == pytest.approx(14.4, rel=1e-3)


def test_the_meter_keeps_the_settings_of_the_active_function(meter: KeithleyDMM6500) -> None:
    meter.mode = "voltage"
    meter.nplc, meter.autozero_enabled, meter.digits, meter.relative = 0.1, False, 5, 0.5
    meter.relative_enabled = True
    assert (meter.nplc, meter.autozero_enabled, meter.digits) == (0.1, False, 5)
    assert (meter.relative, meter.relative_enabled) == (0.5, True)
    assert meter.aperture == pytest.approx(0.002)
    meter.range = 10
    assert (meter.range, meter.voltage_range) == (10, 10)
    assert meter.enable_filter(count=3) == "1"
    assert meter.disable_filter() == "0"
    meter.measure_current(max_current=0.01)
    assert (meter.mode, meter.current_range, meter.nplc) == ("current", 0.01, 1)
    assert meter.check_errors() == []


@pytest.mark.parametrize("mode", ["voltage", "voltage ac", "current", "current ac", "resistance", "resistance 4W"])
def test_the_meter_changes_between_functions(meter: KeithleyDMM6500, mode: str) -> None:
    meter.mode = mode
    assert meter.mode == mode
    assert meter.check_errors() == []


def test_the_meter_sets_up_a_channel_of_its_own_and_scans_it(meter: KeithleyDMM6500) -> None:
    for channel in (1, 3):
        meter.channels[channel].mode = "voltage"
        assert meter.channels[channel].enable_filter(count=2) == "1"
        assert meter.channels[channel].disable_filter() == "0"
    assert [meter.channels[channel].mode for channel in (1, 2, 3)] == ["voltage", "NONE", "voltage"]
    meter.write("VOLT:NPLC 0.1, (@1,3)")  # ScannerCard2000Channel.nplc formats its text twice and raises KeyError
    assert meter.ask("VOLT:NPLC? (@1:3)") == "0.1,1,0.1"
    meter.scan_channels_list = [1, 3]
    meter.scan_start(count=2)
    assert meter.scan_channels_list == [1, 3]
    assert meter.points_in_buffer == 4
    assert meter.scanned_data() == [pytest.approx([14.4, 14.4], rel=1e-2), pytest.approx([5.02, 5.02], rel=1e-2)]
    assert meter.check_errors() == []


def test_the_meter_shows_and_sounds_what_it_is_told(meter: KeithleyDMM6500) -> None:
    meter.displayed_text("FJ-R1", "fail")
    meter.display_screen = "HOME_LARG"
    meter.beep(1000, 0.1)
    assert meter.check_errors() == []


def test_the_meter_takes_its_integration_time(meter: KeithleyDMM6500) -> None:
    meter.voltage_nplc = 12
    meter.adapter.connection.timeout = 100
    with pytest.raises(VisaIOError, match="VI_ERROR_TMO"):
        meter.ask(":READ?")
