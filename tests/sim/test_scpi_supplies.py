"""The SCPI supplies do what their manuals say, each in its own words, and give no more than their data sheets allow."""

from __future__ import annotations

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.siglent_spd import DEAF_S
from fixtures.sim.supplies import SUPPLIES
from fixtures.sim.wiring import TerminalsFrom
from tests.sim.bench_wiring import Client, ResistorOn, dice


@pytest.fixture
def load() -> ResistorOn:
    return ResistorOn(ohm=10.0)


def client_of(model: str, load: ResistorOn, clock: SimClock | None = None) -> Client:
    return Client(SUPPLIES[model](load, clock or SimClock(0.0), dice(7), "S1"))


@pytest.mark.parametrize(
    ("model", "identity"),
    [
        ("e36312a", "Keysight Technologies,E36312A,S1,2.1.0-1.0.4-1.12"),
        ("e36313a", "Keysight Technologies,E36313A,S1,2.1.0-1.0.4-1.12"),
        ("dp832", "RIGOL TECHNOLOGIES,DP832,S1,00.01.19"),
        ("dp821", "RIGOL TECHNOLOGIES,DP821,S1,00.01.19"),
        ("spd3303x", "Siglent Technologies,SPD3303X,S1,1.01.01.01.02,V3.0"),
        ("spd1168x", "Siglent Technologies,SPD1168X,S1,1.01.01.01.02,V3.0"),
        ("it6302", "ITECH Ltd., IT6302, S1, 1.05-1.04"),
        ("it6322a", "ITECH Ltd., IT6322A, S1, 1.11-1.08"),
        ("it6831a", "ITECH Ltd., IT6831A, S1, 1.11-1.08"),
        ("it6832a", "ITECH Ltd., IT6832A, S1, 1.11-1.08"),
    ],
)
def test_each_says_who_it_is(model: str, identity: str, load: ResistorOn) -> None:
    assert client_of(model, load).ask("*IDN?") == identity


SETTING = {
    "e36312a": ("VOLT 12.3456,(@2);:CURR 0.5,(@2);:OUTP 1,(@2)", "VOLT? (@2);:CURR? (@2)"),
    "dp832": (":SOUR2:VOLT 12.3456;:SOUR2:CURR 0.5;:OUTP CH2,ON", ":SOUR2:VOLT?;:SOUR2:CURR?"),
    "spd3303x": ("CH2:VOLT 12.3456;:CH2:CURR 0.5;:OUTP CH2,ON", "CH2:VOLT?;:CH2:CURR?"),
    "it6322a": ("SYST:REM;:INST:NSEL 2;:VOLT 12.3456;:CURR 0.5;:CHAN:OUTP 1", "VOLT?;:CURR?"),
}
READING = {
    "e36312a": ("MEAS:VOLT? (@2)", "MEAS:CURR? (@2)"),
    "dp832": ("MEAS:VOLT? CH2", "MEAS:CURR? CH2"),
    "spd3303x": ("MEAS:VOLT? CH2", "MEAS:CURR? CH2"),
    "it6322a": ("MEAS:VOLT?", "MEAS:CURR?"),
}


@pytest.mark.parametrize("model", SETTING)
def test_a_setting_is_rounded_and_driven_within_the_accuracy(model: str, load: ResistorOn) -> None:
    load.ohm = 100.0
    client = client_of(model, load)
    command, query = SETTING[model]
    client.say(command)
    volts, amperes = (float(text) for text in client.ask(query).split(";"))
    assert (volts, amperes) == (pytest.approx(12.35 if model == "dp832" else 12.346, abs=1e-9), 0.5)
    true_v, limit_a, is_on = load.states[2]
    assert true_v == pytest.approx(12.346, abs=0.03) and true_v != volts
    assert (limit_a, is_on, load.states[1][2]) == (0.5, True, False)


@pytest.mark.parametrize("model", READING)
def test_readback_is_the_truth_within_its_accuracy_and_moves_by_a_digit(model: str, load: ResistorOn) -> None:
    load.ohm = 100.0
    client = client_of(model, load)
    client.say(SETTING[model][0])
    readings = [client.number(READING[model][0]) for _ in range(50)]
    assert max(abs(reading - load.volts_v(2)) for reading in readings) < 0.05
    assert len(set(readings)) > 1
    assert client.number(READING[model][1]) == pytest.approx(load.current_a(2), abs=0.008)


@pytest.mark.parametrize(
    ("model", "command"),
    [
        ("e36312a", "VOLT 6.2,(@1)"),
        ("e36312a", "CURR 1.1,(@2)"),
        ("e36312a", "VOLT 1,(@4)"),
        ("e36313a", "CURR 10.4,(@1)"),
        ("dp832", ":SOUR1:VOLT 32.1"),
        ("dp832", ":SOUR3:VOLT 5.4"),
        ("dp821", ":SOUR1:CURR 1.1"),
        ("spd3303x", "CH1:VOLT 32.1"),
        ("spd1168x", "CH1:VOLT 16.1"),
        ("it6302", "SYST:REM;:VOLT 30.1"),
        ("it6322a", "SYST:REM;:INST:NSEL 3;:VOLT 5.1"),
        ("it6831a", "SYST:REM;:VOLT 18.1"),
        ("it6832a", "SYST:REM;:CURR 6.1"),
    ],
)
def test_what_the_data_sheet_does_not_offer_is_refused_and_changes_nothing(
    model: str, command: str, load: ResistorOn
) -> None:
    client = client_of(model, load)
    before = dict(load.states)
    client.say(command)
    assert int(client.ask("SYST:ERR?").replace(",", " ").split()[0]) == -222
    assert load.states == before


def test_a_keysight_answers_for_several_channels_at_once(load: ResistorOn) -> None:
    client = client_of("e36312a", load)
    client.say("VOLT 5,(@1,3)")
    assert client.ask("VOLT? (@1:3)") == "+5.00000000E+00,+0.00000000E+00,+5.00000000E+00"
    assert client.ask("SYST:ERR?") == '+0,"No error"'
    client.say("VOLT")
    assert client.ask("SYST:ERR?") == '-109,"Missing parameter"'


def test_a_keysight_command_without_a_list_is_for_the_selected_channel(load: ResistorOn) -> None:
    client = client_of("e36312a", load)
    client.say("INST CH2", "VOLT 9", "OUTP ON")
    assert client.ask("VOLT?;:INST:NSEL?;:VOLT? (@1)") == "+9.00000000E+00;2;+0.00000000E+00"
    client.say("*RST")
    assert load.states[2][2] is False


def test_a_rigol_says_on_and_off_and_its_mode(load: ResistorOn) -> None:
    client = client_of("dp832", load)
    client.say(":SOUR1:VOLT 20", ":SOUR1:CURR 1")
    assert client.ask(":OUTP? CH1") == "OFF"
    client.say(":OUTP CH1,ON")
    assert client.ask(":OUTP? CH1;:OUTP:MODE? CH1") == "ON;CC"
    client.say(":INST CH2")
    assert client.ask(":OUTP?;:INST?") == "OFF;CH2"


def test_a_siglent_tells_limiting_mode_and_outputs_in_one_word(load: ResistorOn) -> None:
    client = client_of("spd3303x", load)
    assert client.ask("SYST:STAT?") == "0x0004"
    client.say("CH1:VOLT 10", "CH1:CURR 0.5", "OUTP CH1,ON", "OUTP CH2,ON")
    assert client.ask("SYST:STAT?") == "0x0035"


@pytest.mark.parametrize("message", ["*ESE 1", "CH1:VOLT:PROT 5", "OUTP:OVP ON", "CH3:VOLT 5"])
def test_a_siglent_has_neither_masks_nor_protections_nor_a_third_channel(message: str, load: ResistorOn) -> None:
    client = client_of("spd3303x", load)
    client.say(message)
    assert client.ask("SYST:ERR?").split()[0] in ("-113", "-114")
    assert client.ask("SYST:ERR?") == "0  No Error"


def test_a_siglent_loses_what_comes_at_once_after_a_command(load: ResistorOn) -> None:
    clock = SimClock(5.0)
    client = client_of("spd1168x", load, clock)
    client.say("CH1:VOLT 5", "CH1:VOLT 6")
    assert client.lines("CH1:VOLT?") == []
    until = clock.now() + clock.duration(DEAF_S)
    while clock.now() < until:
        pass
    assert client.ask("CH1:VOLT?") == "5.000"
    assert client.ask("SYST:ERR?") == "0  No Error"


def test_an_itech_takes_no_setting_before_it_is_in_remote_mode(load: ResistorOn) -> None:
    client = client_of("it6322a", load)
    client.say("VOLT 5", "CHAN:OUTP 1")
    assert (client.error(), client.error(), client.error()) == (-221, -221, 0)
    assert load.states[1] == (0.0, 3.0, False)
    client.say("SYST:REM", "VOLT 5", "CHAN:OUTP 1", "SYST:LOC", "CHAN:OUTP 0")
    assert load.states[1][2] is True


def test_an_itech_ignores_the_rest_of_a_message_after_an_invalid_command(load: ResistorOn) -> None:
    client = client_of("it6322a", load)
    client.say("SYST:REM", "VOLTS 13.5;:SYST:ERR?")
    assert client.error() == -113


def test_an_itech_switches_one_channel_or_all(load: ResistorOn) -> None:
    client = client_of("it6302", load)
    client.say("SYST:REM", "OUTP 1", "INST CH2", "CHAN:OUTP 0")
    assert [load.states[channel][2] for channel in (1, 2, 3)] == [True, False, True]
    assert client.ask("INST?;:INST:NSEL?;:CHAN:OUTP?;:OUTP?") == "CH2;2;0;1"


def test_an_itech_with_one_output_has_no_channels(load: ResistorOn) -> None:
    client = client_of("it6831a", load)
    client.say("VOLT 5")
    assert client.error() == -221
    client.say("SYST:REM", "VOLT 14.4", "CURR 3", "OUTP 1", "INST:NSEL 1")
    assert client.error() == -113
    assert client.ask("VOLT?;:CURR?;:OUTP?") == "14.400;3.000;1"
    assert load.states[1][2] and sorted(load.states) == [1]
    assert client.number("MEAS:VOLT?") == pytest.approx(14.4, abs=0.02)
    assert client.number("MEAS:CURR?") == pytest.approx(1.44, abs=0.01)


def test_two_supplies_are_wired_to_terminals_of_their_own(load: ResistorOn) -> None:
    terminals = TerminalsFrom(load, 5)
    client = Client(SUPPLIES["e36312a"](terminals, SimClock(0.0), dice(), "S2"))
    client.say("VOLT 10,(@2)", "OUTP 1,(@2)")
    assert sorted(load.states) == [5, 6, 7]
    assert load.states[6][2] is True
    assert client.number("MEAS:CURR? (@2)") == pytest.approx(1.0, abs=0.01)
    assert client.number("MEAS:VOLT? (@2)") == pytest.approx(10.0, abs=0.03)
