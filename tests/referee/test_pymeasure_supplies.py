"""PyMeasure's drivers, which know nothing of this project, work the simulated E36312A and SPD1168X unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pymeasure.instruments.keysight import KeysightE36312A
from pymeasure.instruments.siglenttechnologies import SPD1168X
from pymeasure.instruments.siglenttechnologies.siglent_spdbase import SystemStatusCode

from fixtures.sim.device import SimClock
from fixtures.sim.supplies import SUPPLIES
from tests.referee.pymeasure_bench import connected, served
from tests.sim.bench_wiring import ResistorOn, dice


@pytest.fixture
def load() -> ResistorOn:
    return ResistorOn(ohm=10.0)


@pytest.fixture
def keysight(load: ResistorOn) -> Iterator[KeysightE36312A]:
    clock = SimClock(0.0)
    with served(SUPPLIES["e36312a"](load, clock, dice(), "MY1"), clock) as port, connected(port) as adapter:
        yield KeysightE36312A(adapter)


@pytest.fixture
def siglent(load: ResistorOn) -> Iterator[SPD1168X]:
    clock = SimClock(0.0)
    with served(SUPPLIES["spd1168x"](load, clock, dice(), "SPD1"), clock) as port, connected(port) as adapter:
        with pytest.warns(FutureWarning, match="not known whether this device support SCPI"):
            supply = SPD1168X(adapter)
        yield supply


def test_the_keysight_is_known_by_its_identity_and_has_no_errors(keysight: KeysightE36312A) -> None:
    keysight.reset()
    keysight.clear()
    assert keysight.id == "Keysight Technologies,E36312A,MY1,2.1.0-1.0.4-1.12"
    assert keysight.complete == "1"
    assert keysight.check_errors() == []


def test_the_keysight_sets_each_channel_by_its_list(keysight: KeysightE36312A, load: ResistorOn) -> None:
    for channel, volts, amperes in ((keysight.ch_1, 6.0, 5.0), (keysight.ch_2, 25.0, 1.0), (keysight.ch_3, 4.5, 0.25)):
        channel.voltage_setpoint = volts
        channel.current_limit = amperes
        assert (channel.voltage_setpoint, channel.current_limit) == (volts, amperes)
    assert keysight.check_errors() == []  # it has answered, so it has done all before
    assert load.states[3] == (pytest.approx(4.5, abs=0.01), 0.25, False)


def test_the_keysight_drives_the_load_of_the_channel_that_is_on(keysight: KeysightE36312A, load: ResistorOn) -> None:
    keysight.ch_1.voltage_setpoint = 5
    keysight.ch_1.output_enabled = True
    assert keysight.ch_1.output_enabled is True and keysight.ch_2.output_enabled is False
    assert keysight.ch_1.voltage == pytest.approx(5.0, abs=0.02)
    assert keysight.ch_1.current == pytest.approx(0.5, abs=0.01)
    keysight.ch_1.output_enabled = False
    assert keysight.ch_1.output_enabled is False
    assert load.states[1][2] is False
    assert keysight.check_errors() == []


def test_what_the_keysight_cannot_do_is_in_its_error_queue(keysight: KeysightE36312A) -> None:
    keysight.write("VOLT 20,(@1)")
    keysight.write("VOLT 1,(@4)")
    assert [int(code) for code, *_ in keysight.check_errors()] == [-222, -222]


def test_the_siglent_tells_its_state_in_hexadecimal(siglent: SPD1168X, load: ResistorOn) -> None:
    siglent.ch_1.voltage_setpoint = 12
    siglent.ch_1.current_limit = 2
    assert (siglent.ch_1.voltage_setpoint, siglent.ch_1.current_limit) == (12.0, 2.0)
    assert siglent.system_status_code == SystemStatusCode.CONSTANT_VOLTAGE
    siglent.ch_1.enable_output()
    assert siglent.system_status_code == SystemStatusCode.OUTPUT_ENABLED
    load.ohm = 1.0
    assert siglent.system_status_code == SystemStatusCode.OUTPUT_ENABLED | SystemStatusCode.CONSTANT_CURRENT
    assert siglent.ch_1.current == pytest.approx(2.0, abs=0.03)
    assert siglent.ch_1.power == pytest.approx(4.0, abs=0.15)
    siglent.ch_1.enable_output(False)
    assert siglent.system_status_code == SystemStatusCode.CONSTANT_VOLTAGE
    assert load.states[1][2] is False


def test_the_siglent_reports_errors_without_comma(siglent: SPD1168X) -> None:
    assert siglent.error == "0  No Error"
    siglent.write("VOLT:PROT 5")
    assert str(siglent.error).startswith("-113")
    assert siglent.selected_channel == 1
