"""The DMM6500 answers as its manual says, is as exact as its data sheet says, and never reads beyond a range."""

from __future__ import annotations

import statistics
import struct

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.dmm6500 import Dmm6500
from tests.sim.bench_wiring import Client, ProbesOn, dice


@pytest.fixture
def probes() -> ProbesOn:
    return ProbesOn(volts={1: 14.4, 2: 12.0, 3: 5.02, 6: -0.0031, 7: 0.041, None: 0.0})


@pytest.fixture
def meter(probes: ProbesOn) -> Dmm6500:
    return Dmm6500(probes, SimClock(1.0), dice(), "04592428")


@pytest.fixture
def client(meter: Dmm6500) -> Client:
    return Client(meter)


def test_it_says_who_it_is_and_which_language_it_speaks(client: Client) -> None:
    assert client.ask("*IDN?") == "KEITHLEY INSTRUMENTS,MODEL DMM6500,04592428,1.7.12b"
    client.say("*LANG SCPI")
    assert client.ask("*LANG?;:SYST:LFR?") == "SCPI;50"
    client.say("*LANG TSP")
    assert client.error() == -224


@pytest.mark.parametrize(
    ("channel", "range_v", "gain", "offset"),
    [
        (1, 100, 40e-6, 6e-6),
        (2, 100, 40e-6, 6e-6),
        (3, 10, 25e-6, 5e-6),
        (6, 0.1, 30e-6, 35e-6),
        (7, 0.1, 30e-6, 35e-6),
    ],
)
def test_a_reading_is_the_truth_within_the_one_year_accuracy(
    client: Client, probes: ProbesOn, channel: int, range_v: float, gain: float, offset: float
) -> None:
    client.say(f"ROUT:CLOS (@{channel})", f"SENS:VOLT:RANG {range_v}")
    true = probes.volts[channel]
    readings = [client.number("READ?") for _ in range(30)]
    assert statistics.mean(readings) == pytest.approx(true, abs=abs(true) * gain + range_v * offset)
    assert len(set(readings)) > 1


def test_a_reading_has_seven_digits_in_exponent_form(client: Client) -> None:
    client.say("ROUT:CLOS (@1)")
    mantissa, exponent = client.ask("READ?").split("E")
    assert (len(mantissa), exponent) == (len("1.440012"), "+01")


def test_precision_and_binary_formats_carry_the_same_reading(client: Client) -> None:
    client.say("ROUT:CLOS (@1)", "FORM:ASC:PREC 16")
    exact = client.number("READ?")
    client.say("FORM:DATA REAL")
    (reply,) = client.session.receive(b"FETC?\n")
    assert reply.data[:2] + reply.data[-1:] == b"#0\n"
    assert struct.unpack("<d", reply.data[2:-1])[0] == pytest.approx(exact, rel=1e-15)
    client.say("FORM SREAL;:FORM:BORD NORM")
    (reply,) = client.session.receive(b"FETC?\n")
    assert struct.unpack(">f", reply.data[2:-1])[0] == pytest.approx(exact, rel=1e-6)
    assert client.ask("FORM?;:FORM:BORD?") == "SRE;NORM"


def test_a_reading_takes_its_integration_time(client: Client) -> None:
    def took_s(message: bytes) -> float:
        (reply,) = client.session.receive(message)
        return reply.delay_s

    assert took_s(b"READ?\n") == pytest.approx(0.02)
    assert took_s(b"VOLT:NPLC 10;:READ?\n") == pytest.approx(0.2)
    assert took_s(b"VOLT:AVER:COUN 4;STAT ON;:VOLT:NPLC 0.5;:READ?\n") == pytest.approx(0.04)
    assert took_s(b"FETC?\n") == 0.0


def test_closing_a_channel_delays_the_reading_by_the_relays(client: Client) -> None:
    (reply,) = client.session.receive(b"ROUT:CLOS (@1)\nREAD?\n")
    assert reply.delay_s == pytest.approx(0.0225, abs=0.0024)
    (reply,) = client.session.receive(b"ROUT:CLOS (@2);:READ?\n")
    assert reply.delay_s == pytest.approx(0.025)
    (reply,) = client.session.receive(b"ROUT:CLOS (@2);:READ?\n")
    assert reply.delay_s == pytest.approx(0.02)


def test_longer_integration_means_less_noise(client: Client) -> None:
    def noise(nplc: float) -> float:
        client.say(f"VOLT:NPLC {nplc}")
        return statistics.stdev(client.number("READ?") for _ in range(80))

    client.say("ROUT:CLOS (@3)", "VOLT:RANG 10")
    assert noise(0.01) > 2 * noise(0.1) > 8 * noise(1)


def test_two_meters_of_one_seed_are_the_same_and_of_two_seeds_are_not(probes: ProbesOn) -> None:
    def readings(seed: int) -> list[str]:
        client = Client(Dmm6500(probes, SimClock(0.0), dice(seed), "1"))
        client.say("ROUT:CLOS (@1)")
        return [client.ask("READ?") for _ in range(5)]

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)


@pytest.mark.parametrize(
    ("range_v", "true", "is_overflow"),
    [
        (10, 11.9, False),
        (10, 12.1, True),
        (10, -12.1, True),
        (0.1, 0.119, False),
        (0.1, 0.121, True),
        (1000, 1009, False),
        (1000, 1011, True),
    ],
)
def test_beyond_120_percent_of_a_fixed_range_the_reading_is_overflow(
    client: Client, probes: ProbesOn, range_v: float, true: float, is_overflow: bool
) -> None:
    probes.volts[4] = true
    client.say("ROUT:CLOS (@4)", f"VOLT:RANG {range_v}")
    answer = client.ask("READ?")
    if is_overflow:
        assert answer == ("9.900000E+37" if true > 0 else "-9.900000E+37")
    else:
        assert float(answer) == pytest.approx(true, rel=1e-3)


def test_autorange_follows_the_input_and_a_fixed_range_does_not(client: Client, probes: ProbesOn) -> None:
    client.say("ROUT:CLOS (@4)")
    for true, range_v in ((0.05, "0.1"), (0.5, "1"), (11.5, "10"), (14.4, "100"), (500.0, "1000")):
        probes.volts[4] = true
        assert client.number("READ?") == pytest.approx(true, rel=1e-3)
        assert client.ask("VOLT:RANG?;RANG:AUTO?") == f"{range_v};1"
    client.say("VOLT:RANG 10")
    assert client.ask("VOLT:RANG:AUTO?;:READ?") == "0;9.900000E+37"


@pytest.mark.parametrize(
    ("asked", "range_v"),
    [("0.01", "0.1"), ("0.1", "0.1"), ("0.2", "1"), ("15", "100"), ("MAX", "1000"), ("MIN", "0.1")],
)
def test_a_range_is_the_smallest_that_holds_what_was_asked(client: Client, asked: str, range_v: str) -> None:
    client.say(f"SENS:VOLT:DC:RANG:UPP {asked}")
    assert client.ask("VOLT:RANG?") == range_v


@pytest.mark.parametrize(
    "message", ["VOLT:RANG 1001", "VOLT:NPLC 12.1", "VOLT:NPLC 0", "CURR:RANG 11", "ROUT:CLOS (@11)", "ROUT:CLOS (@0)"]
)
def test_what_the_data_sheet_does_not_offer_is_refused(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() == -222


def test_the_limits_of_a_setting_can_be_asked_for(client: Client) -> None:
    assert client.ask("VOLT:RANG? MIN;RANG? MAX;NPLC? MIN;NPLC? MAX;APER? MAX") == "0.1;1000;0.0005;12;0.24"


def test_nplc_and_aperture_are_one_setting(client: Client) -> None:
    client.say("VOLT:APER 0.1")
    assert client.ask("VOLT:NPLC?;APER?") == "5;0.1"


def test_one_channel_is_closed_at_a_time(client: Client) -> None:
    assert client.ask("ROUT:CLOS?") == "(@)"
    client.say("ROUT:CLOS (@3)", "ROUT:CHAN:CLOS (@7)")
    assert client.ask("ROUT:CLOS?;STAT? (@1:10)") == "(@7);0,0,0,0,0,0,1,0,0,0"
    client.say("ROUT:CLOS (@1,2)")
    assert (client.error(), client.ask("ROUT:CLOS?")) == (-115, "(@7)")
    client.say("ROUT:OPEN (@1)")
    assert client.ask("ROUT:CLOS?") == "(@7)"
    client.say("ROUT:OPEN (@7)")
    assert client.ask("ROUT:CLOS?") == "(@)"
    client.say("ROUT:CLOS (@2)", "ROUT:OPEN:ALL")
    assert client.ask("ROUT:CLOS?;:ROUT:TERM?") == "(@);REAR"


def test_with_all_channels_open_the_meter_sees_its_terminals(client: Client, probes: ProbesOn) -> None:
    client.say("ROUT:CLOS (@1)", "ROUT:OPEN:ALL")
    assert client.number("READ?") == pytest.approx(0.0, abs=1e-5)
    probes.volts[None] = 1.5
    assert client.number("READ?") == pytest.approx(1.5, rel=1e-3)


@pytest.mark.parametrize("written", ['"VOLT"', "'volt:dc'", '"VOLTAGE:DC"', '"Voltage"'])
def test_a_function_is_known_in_every_spelling(client: Client, written: str) -> None:
    client.say('SENS:FUNC "CURR"', f"SENS:FUNC {written}")
    assert client.ask("SENS:FUNC?") == '"VOLT:DC"'


@pytest.mark.parametrize("message", ['FUNC "SPEED"', 'FUNC "NONE"', 'FUNC "FREQ"'])
def test_a_function_it_has_not_is_refused(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() == -224


def test_unwired_functions_read_an_open_input(client: Client) -> None:
    client.say("ROUT:CLOS (@1)")
    assert client.number("MEAS:CURR:DC?") == pytest.approx(0.0, abs=1e-7)
    assert client.number("MEAS:VOLT:AC?") == pytest.approx(0.0, abs=1e-4)
    assert client.ask("MEAS:RES?;:FUNC?") == '9.900000E+37;"RES"'


def test_measure_selects_the_function_and_keeps_its_settings(client: Client) -> None:
    client.say('FUNC "CURR"', "VOLT:RANG 100", "ROUT:CLOS (@1)")
    assert client.number("MEAS:VOLT:DC?") == pytest.approx(14.4, rel=1e-3)
    assert client.ask("FUNC?;:VOLT:RANG?") == '"VOLT:DC";100'


def test_a_channel_with_its_own_function_measures_by_its_own_settings(client: Client) -> None:
    client.say('FUNC "VOLT", (@1,3)', "VOLT:RANG 100, (@1)", "VOLT:RANG 10, (@3)", 'FUNC "CURR"')
    assert client.ask("FUNC? (@1:3)") == '"VOLT:DC","NONE","VOLT:DC"'
    assert client.ask("VOLT:RANG? (@1,3);RANG:AUTO? (@1:3)") == "100,10;0,1,0"
    client.say("ROUT:CLOS (@1)")
    assert client.number("READ?") == pytest.approx(14.4, rel=1e-3)
    client.say("ROUT:CLOS (@2)")
    assert client.number("READ?") == pytest.approx(0.0, abs=1e-7)
    client.say("VOLT:RANG 10, (@1)", "ROUT:CLOS (@1)")
    assert client.ask("READ?") == "9.900000E+37"


def test_a_relative_value_is_taken_off_each_reading(client: Client) -> None:
    client.say("ROUT:CLOS (@1)", "VOLT:RANG 100", "VOLT:REL:ACQ", "VOLT:REL:STAT ON")
    assert client.number("VOLT:REL?") == pytest.approx(14.4, rel=1e-3)
    assert client.number("READ?") == pytest.approx(0.0, abs=1e-3)
    client.say("CURR:REL:ACQ")
    assert client.error() == -221


def test_readings_go_to_the_buffer_and_can_be_read_again(client: Client) -> None:
    client.say("FETC?")
    assert client.error() == -230
    client.say("ROUT:CLOS (@1)")
    readings = [client.ask("READ?"), client.ask('READ? "defbuffer1"')]
    assert client.ask("TRAC:ACT?;ACT:STAR?;END?") == "2;1;2"
    assert client.ask("TRAC:DATA? 1,2") == ",".join(readings)
    client.say("TRAC:DATA? 1,3", 'READ? "mine"')
    assert [client.error(), client.error()] == [-222, -224]
    client.say("TRAC:CLE")
    assert client.ask("TRAC:ACT?") == "0"


def test_a_scan_reads_each_channel_of_its_list_in_turn(client: Client) -> None:
    client.say("ROUT:SCAN:CRE (@1:3)", "ROUT:SCAN:COUN:SCAN 2", "TRAC:CLE", "VOLT:NPLC 0.0005", "INIT")
    assert client.ask("ROUT:SCAN:CRE?;COUN:SCAN?") == "(@1:3);2"
    values = [float(value) for value in client.ask("TRAC:DATA? 1,6").split(",")]
    assert values == pytest.approx([14.4, 12.0, 5.02] * 2, rel=1e-2)
    assert client.ask("ROUT:CLOS?") == "(@)"


def test_a_scan_waits_for_its_interval(client: Client) -> None:
    client.say("ROUT:SCAN:CRE (@1:2)", "ROUT:SCAN:COUN:SCAN 2", "ROUT:SCAN:INT 2")
    (reply,) = client.session.receive(b"INIT;*OPC?\n")
    assert reply.delay_s == pytest.approx(4.0)


def test_each_unit_of_the_model_is_off_by_its_own_constant_error(probes: ProbesOn) -> None:
    def mean(seed: int) -> float:
        client = Client(Dmm6500(probes, SimClock(0.0), dice(seed), "1"))
        client.say("ROUT:CLOS (@1)", "VOLT:RANG 100")
        return statistics.mean(client.number("READ?") for _ in range(30))

    noise_of_a_mean = 100 * 0.4e-6 / 30**0.5
    assert abs(mean(1) - mean(2)) > 5 * noise_of_a_mean
    assert abs(mean(1) - probes.volts[1]) > 5 * noise_of_a_mean


def test_reset_forgets_everything_but_the_errors(client: Client) -> None:
    client.say('FUNC "CURR"', "VOLT:RANG 10", "VOLT:NPLC 5", "ROUT:CLOS (@2)", "NONSENSE", "*RST")
    assert client.ask("FUNC?;:VOLT:RANG:AUTO?;:VOLT:NPLC?;AZER?;:ROUT:CLOS?;:TRAC:ACT?") == '"VOLT:DC";1;1;1;(@);0'
    assert client.error() == -113


@pytest.mark.parametrize(
    "message", ["*OPT?", "VOLT:AC:NPLC?", "CURR:DET:BAND?", "CONF:VOLT", "READ? 1", "MEAS:FREQ?", "ROUT:CLOS? (@1)"]
)
def test_a_query_it_does_not_know_stays_without_any_answer(client: Client, message: str) -> None:
    client.say(message)
    assert client.error() < 0
