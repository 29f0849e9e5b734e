"""The HMP4040 does what its manual says, gives no more than its data sheet allows, and shows what its outputs see."""

from __future__ import annotations

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.hmp4040 import Hmp4040
from tests.sim.bench_wiring import Client, ResistorOn, dice

PROGRAMMING_V = 0.005  # 0.05 % + 5 mV
READBACK_V = 0.002  # 0.05 % + 2 mV


@pytest.fixture
def load() -> ResistorOn:
    return ResistorOn(ohm=10.0)


@pytest.fixture
def supply(load: ResistorOn) -> Hmp4040:
    return Hmp4040(load, SimClock(0.0), dice(7), "109401")


@pytest.fixture
def client(supply: Hmp4040) -> Client:
    return Client(supply)


def switch_on(client: Client, volts: float, amperes: float, channel: int = 1) -> None:
    client.say(f"INST:NSEL {channel}", f"APPL {volts},{amperes}", "OUTP ON")


def test_it_says_who_it_is(client: Client) -> None:
    assert client.ask("*IDN?") == "ROHDE&SCHWARZ,HMP4040,109401,HW50020003/SW2.70"


@pytest.mark.parametrize("message", ["INST:NSEL 3", "INST OUT3", "INST:SEL OUTP3", "INSTrument:SELect OUTPut3"])
def test_a_channel_is_selected_by_number_or_name(client: Client, message: str) -> None:
    client.say(message)
    assert client.ask("INST:NSEL?;SEL?") == "3;OUTP3"


@pytest.mark.parametrize("message", ["INST:NSEL 0", "INST:NSEL 5", "INST OUT5", "INST OUT"])
def test_a_channel_it_does_not_have_is_refused(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() in (-222, -224)
    assert client.ask("INST:NSEL?") == "1"


def test_an_output_is_driven_when_its_key_and_the_master_key_are_on(client: Client, load: ResistorOn) -> None:
    client.say("INST:NSEL 2", "APPL 12,2", "OUTP:SEL ON")
    assert (client.ask("OUTP:SEL?;STAT?;GEN?"), load.states[2][2]) == ("1;0;0", False)
    client.say("OUTP:GEN ON")
    assert (client.ask("OUTP:SEL?;STAT?;GEN?"), load.states[2][2]) == ("1;1;1", True)
    client.say("OUTP:GEN OFF")
    assert (client.ask("OUTP:SEL?;STAT?;GEN?"), load.states[2][2]) == ("1;0;0", False)


def test_switching_one_output_off_leaves_the_others_on(client: Client, load: ResistorOn) -> None:
    switch_on(client, 5, 1, channel=1)
    switch_on(client, 6, 1, channel=4)
    client.say("OUTP OFF")
    assert [load.states[channel][2] for channel in (1, 2, 3, 4)] == [True, False, False, False]


def test_the_terminals_see_the_setting_within_the_programming_accuracy(client: Client, load: ResistorOn) -> None:
    switch_on(client, 14.4, 3)
    volts_v, limit_a, is_on = load.states[1]
    assert volts_v == pytest.approx(14.4, abs=14.4 * 0.0005 + PROGRAMMING_V)
    assert volts_v != 14.4
    assert (limit_a, is_on) == (3.0, True)


def test_readback_is_the_truth_within_its_accuracy_and_moves_by_a_digit(client: Client, load: ResistorOn) -> None:
    switch_on(client, 14.4, 3)
    true_v, true_a = load.volts_v(1), load.current_a(1)
    readings = [client.number("MEAS:VOLT?") for _ in range(50)]
    assert max(abs(reading - true_v) for reading in readings) < true_v * 0.0005 + READBACK_V + 0.002
    assert len(set(readings)) > 1
    assert client.number("MEAS:CURR?") == pytest.approx(true_a, abs=true_a * 0.0005 + 0.002 + 0.003)


def test_two_instruments_of_one_seed_are_the_same_and_of_two_seeds_are_not(load: ResistorOn) -> None:
    def readings(seed: int) -> list[str]:
        client = Client(Hmp4040(load, SimClock(0.0), dice(seed), "1"))
        switch_on(client, 14.4, 3)
        return [client.ask("MEAS:VOLT?;CURR?") for _ in range(10)]

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)


def test_an_output_that_is_off_reads_no_current(client: Client) -> None:
    client.say("APPL 10,1")
    assert client.ask("MEAS:CURR?") == "0.0000"
    assert client.number("MEAS:VOLT?") < 0.005


def test_values_are_rounded_to_the_resolution(client: Client) -> None:
    client.say("VOLT 12.34567", "CURR 0.12345")
    assert client.ask("VOLT?;CURR?;APPL?") == "12.346;0.1234;12.346, 0.1234"
    client.say("CURR 1.23456")
    assert client.ask("CURR?") == "1.2350"


@pytest.mark.parametrize("message", ["VOLT 32.051", "VOLT -0.1", "CURR 10.001", "APPL 33,1", "APPL 12,11", "VOLT 1E9"])
def test_what_the_data_sheet_does_not_offer_is_refused_and_changes_nothing(client: Client, message: str) -> None:
    client.say("APPL 1,1", message)
    assert client.error() == -222
    assert client.ask("APPL?") == "1.000, 1.0000"


@pytest.mark.parametrize(
    ("first", "second"), [("APPL 16.001,1", "CURR 10"), ("APPL 1,10", "VOLT 16.1"), ("VOLT 5", "APPL 32,5.1")]
)
def test_no_output_gives_more_than_160_watts(client: Client, first: str, second: str) -> None:
    client.say(first, second)
    assert client.error() == -222


@pytest.mark.parametrize("message", ["APPL 16,10", "APPL 32,5", "APPL 32.05,4.99", "APPL 14.4,10"])
def test_every_output_gives_160_watts(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() == 0


def test_min_and_max_are_what_the_other_setting_leaves(client: Client) -> None:
    client.say("APPL 20,2")
    assert client.ask("VOLT? MIN;VOLT? MAX;:CURR? MIN;CURR? MAX") == "0.000;32.050;0.0000;8.0000"
    client.say("CURR MAX")
    assert client.ask("CURR?;VOLT? MAX") == "8.0000;20.000"


def test_up_and_down_go_by_the_step_and_stop_at_the_limits(client: Client) -> None:
    client.say("VOLT:STEP 0.25", "VOLT 5", "VOLT UP", "VOLT UP", "VOLT DOWN")
    assert client.ask("VOLT?;VOLT:STEP?") == "5.250;0.250"
    client.say("VOLT 0.1", "VOLT DOWN")
    assert client.error() == -222


def test_a_load_that_takes_too_much_puts_the_output_into_constant_current(client: Client, load: ResistorOn) -> None:
    switch_on(client, 10, 2)
    assert client.ask("STAT:QUES:INST:ISUM1:COND?;:STAT:QUES:INST:ISUM2:COND?") == "2;0"
    load.ohm = 1.0
    assert client.ask("STAT:QUES:INST:ISUM1:COND?") == "1"
    assert client.number("MEAS:VOLT?") == pytest.approx(2.0, abs=0.01)
    load.ohm = 10.0
    assert client.ask("STAT:QUES:INST:ISUM1:COND?;EVEN?") == "2;3"


def test_an_event_of_a_channel_goes_up_to_the_status_byte(client: Client) -> None:
    client.say("*CLS", "STAT:QUES:ENAB 8192")
    assert client.ask("*STB?") == "0"
    switch_on(client, 10, 2, channel=3)
    assert client.ask("*STB?") == "8"
    assert client.ask("STAT:QUES?;QUES:INST?;INST:ISUM3?") == "8192;8;2"


def test_a_condition_of_a_channel_it_does_not_have_is_an_error(client: Client) -> None:
    client.say("STAT:QUES:INST:ISUM5:COND?")
    assert client.error() == -114


def test_the_fuse_switches_off_its_channel_and_those_linked_to_it(client: Client, load: ResistorOn) -> None:
    switch_on(client, 5, 1, channel=2)
    switch_on(client, 5, 1, channel=3)
    switch_on(client, 5, 1, channel=1)
    client.say("FUSE ON", "FUSE:LINK 2")
    load.ohm = 0.1
    assert client.ask("FUSE:TRIP?") == "1"
    assert [load.states[channel][2] for channel in (1, 2, 3)] == [False, False, True]
    assert client.ask("STAT:QUES:INST:ISUM1:COND?") == "1024"
    load.ohm = 10.0
    client.say("OUTP ON")
    assert client.ask("FUSE:TRIP?;:OUTP?") == "0;1"


def test_a_fuse_waits_for_its_delay() -> None:
    load = ResistorOn(ohm=0.1)
    client = Client(Hmp4040(load, SimClock(1e6), dice(1), "1"))
    client.say("FUSE:DEL 0.25", "FUSE ON")
    switch_on(client, 5, 1)
    assert client.ask("FUSE:TRIP?;STAT?;DEL?;DEL? MAX") == "0;1;0.250;0.250"


def test_without_a_fuse_the_output_only_limits(client: Client, load: ResistorOn) -> None:
    load.ohm = 0.1
    switch_on(client, 5, 1)
    assert client.ask("OUTP?;:FUSE:TRIP?") == "1;0"


def test_overvoltage_protection_switches_off_and_stays_so_until_it_is_cleared(client: Client, load: ResistorOn) -> None:
    client.say("VOLT:PROT 15")
    switch_on(client, 14.4, 3)
    assert client.ask("VOLT:PROT:TRIP?;:OUTP?") == "0;1"
    client.say("VOLT 16")
    assert load.states[1][2] is False
    assert client.ask("VOLT:PROT:TRIP?;:OUTP?;:STAT:QUES:INST:ISUM1:COND?") == "1;0;512"
    client.say("VOLT 14.4", "OUTP ON")
    assert (client.error(), load.states[1][2]) == (-221, False)
    client.say("VOLT:PROT:CLE", "OUTP ON")
    assert client.ask("VOLT:PROT:TRIP?;:OUTP?") == "0;1"


def test_protected_mode_looks_at_the_setting_even_when_the_load_pulls_the_output_down(
    client: Client, load: ResistorOn
) -> None:
    load.ohm = 1.0
    client.say("VOLT:PROT 15")
    switch_on(client, 20, 2)
    assert client.ask("VOLT:PROT:TRIP?") == "0"
    client.say("VOLT:PROT:MODE PROT")
    assert client.ask("VOLT:PROT:MODE?;TRIP?") == "PROT;1"


def test_the_protection_level_goes_from_0_to_33_volts(client: Client) -> None:
    assert client.ask("VOLT:PROT? MIN;PROT? MAX;PROT?") == "0.000;33.000;33.000"
    client.say("VOLT:PROT 33.1")
    assert client.error() == -222


def test_reset_switches_everything_off(client: Client, load: ResistorOn) -> None:
    switch_on(client, 5, 1, channel=3)
    client.say("FUSE ON", "*RST")
    assert load.states == dict.fromkeys((1, 2, 3, 4), (0.0, 0.1, False))
    assert client.ask("INST:NSEL?;:VOLT?;:CURR?;:OUTP:GEN?") == "1;0.000;0.1000;0"


def test_settings_outlive_the_client(supply: Hmp4040, client: Client, load: ResistorOn) -> None:
    switch_on(client, 5, 1)
    client.session.close()
    assert load.states[1][2] is True
    assert Client(supply).ask("OUTP?;:VOLT?") == "1;5.000"


@pytest.mark.parametrize("message", ["SYST:REM", "SYST:LOC", "SYST:RWL", "SYST:MIX", "SYST:BEEP", "SYST:BEEP:IMM OFF"])
def test_the_front_panel_can_be_locked_and_the_beeper_used(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() == 0


@pytest.mark.parametrize("message", ["MEAS:POW?", "VOLTS?", "VOLT ?", "APPL", "INST:NSEL? MIN", "MEAS:VOLT? CH1"])
def test_a_query_it_does_not_know_stays_without_any_answer(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() < 0
