"""The meters with one input answer as their manuals say and are as exact as their data sheets say."""

from __future__ import annotations

import statistics

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.meter_kinds import METER_KINDS
from fixtures.sim.meters import METERS, make_meter
from tests.sim.bench_wiring import Client, ProbesOn, dice

TRUEVOLT = ("34401a", "34461a")
ACCURACY = {
    "34461a": {0.1: (50e-6, 35e-6), 1: (40e-6, 7e-6), 10: (35e-6, 5e-6), 100: (45e-6, 6e-6), 1000: (45e-6, 10e-6)},
    "sdm3055": {0.2: (150e-6, 40e-6), 2: (150e-6, 30e-6), 20: (150e-6, 40e-6), 200: (150e-6, 30e-6)},
}
ACCURACY["34401a"] = ACCURACY["34461a"]
ACCURACY["dm3058e"] = ACCURACY["sdm3055"]
"""Data sheets 5991-1983EN, 5968-0162EN and SDM3055-2021.05, one year, in parts of reading and range."""


@pytest.fixture
def probes() -> ProbesOn:
    return ProbesOn(volts={None: 12.0})


def client_of(name: str, probes: ProbesOn, scale: float = 1.0) -> Client:
    """A client; a DM3000 has been told to speak the common language."""
    client = Client(make_meter(name, probes, SimClock(scale), dice(), "SN1"))
    if name.startswith("dm"):
        client.say("CMDSET AGILENT")
    return client


def took_s(client: Client, message: str) -> float:
    (reply,) = client.session.receive(message.encode() + b"\n")
    return reply.delay_s


@pytest.mark.parametrize("name", METERS)
def test_it_says_who_it_is_and_which_terminals_are_wired(name: str, probes: ProbesOn) -> None:
    client, kind = client_of(name, probes), METER_KINDS[name]
    assert client.ask("*IDN?") == f"{kind.maker},{kind.model},SN1,{kind.firmware}"
    assert client.ask("ROUT:TERM?") == "FRON"
    assert client.ask("SYST:ERR?") == f'{kind.plus}0,"No error"'


@pytest.mark.parametrize(("name", "range_v"), [(name, top) for name, rows in ACCURACY.items() for top in rows])
def test_a_reading_is_the_truth_within_the_one_year_accuracy(name: str, range_v: float, probes: ProbesOn) -> None:
    client = client_of(name, probes, 0.0)
    probes.volts[None] = true = range_v * 0.8
    client.say(f"CONF:VOLT:DC {range_v}", "VOLT:DC:NPLC 10")
    readings = [client.number("READ?") for _ in range(20)]
    gain, offset = ACCURACY[name][range_v]
    assert statistics.mean(readings) == pytest.approx(true, abs=true * gain + range_v * offset)


@pytest.mark.parametrize("name", METERS)
def test_a_reading_has_nine_digits_and_a_sign(name: str, probes: ProbesOn) -> None:
    answer = client_of(name, probes).ask("MEAS:VOLT:DC?")
    assert (answer[0], len(answer), answer[-4:]) == ("+", len("+1.20000000E+01"), "E+01")


@pytest.mark.parametrize(
    ("name", "range_v", "true", "is_overflow"),
    [
        ("34461a", 10, 11.9, False),
        ("34461a", 10, 12.1, True),
        ("34461a", 10, -12.1, True),
        ("34461a", 1000, 1001, True),
        ("sdm3055", 20, 23.9, False),
        ("sdm3055", 20, 24.1, True),
        ("dm3058e", 2, 2.5, True),
    ],
)
def test_beyond_a_fixed_range_the_reading_is_overflow(
    name: str, range_v: float, true: float, is_overflow: bool, probes: ProbesOn
) -> None:
    probes.volts[None] = true
    client = client_of(name, probes)
    client.say(f"VOLT:DC:RANG {range_v}")
    answer = client.ask("READ?")
    assert (answer in ("+9.90000000E+37", "-9.90000000E+37")) is is_overflow
    assert is_overflow or float(answer) == pytest.approx(true, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "nplc", "expected_s"),
    [("34461a", 1, 0.04), ("34461a", 10, 0.4), ("sdm3055", 1, 0.02), ("sdm3055", 10, 0.2), ("dm3058e", 1, 0.05)],
)
def test_a_reading_takes_its_time(name: str, nplc: float, expected_s: float, probes: ProbesOn) -> None:
    client = client_of(name, probes)
    client.say(f"VOLT:DC:NPLC {nplc}")
    client.session.receive(b"*OPC?\n")  # whatever went before is over
    assert took_s(client, "READ?") == pytest.approx(expected_s)


def test_without_autozero_a_truevolt_takes_half_the_time(probes: ProbesOn) -> None:
    client = client_of("34461a", probes)
    client.say("CONF:VOLT:DC 100", "VOLT:DC:NPLC 1", "ZERO:AUTO OFF")
    assert took_s(client, "READ?") == pytest.approx(0.02)


def test_autozero_is_accepted_and_ignored_by_a_rigol(probes: ProbesOn) -> None:
    client = client_of("dm3058e", probes)
    client.say("ZERO:AUTO ON")
    assert client.ask("ZERO:AUTO?") == "0"


@pytest.mark.parametrize("name", METERS)
def test_longer_integration_means_less_noise(name: str, probes: ProbesOn) -> None:
    client = client_of(name, probes, 0.0)
    client.say("CONF:VOLT:DC 100")

    def noise(nplc: str) -> float:
        client.say(f"VOLT:DC:NPLC {nplc}")
        return statistics.stdev(client.number("READ?") for _ in range(60))

    assert noise("MIN") > 3 * noise("10")


@pytest.mark.parametrize(("asked", "shown"), [("1", 1), ("0.5", 1), ("0.3", 0.3), ("MIN", 0.3), ("MAX", 10), ("2", 10)])
def test_an_integration_time_it_has_not_becomes_the_next_longer(asked: str, shown: float, probes: ProbesOn) -> None:
    client = client_of("sdm3055", probes)
    client.say(f"VOLT:DC:NPLC {asked}")
    assert client.number("VOLT:DC:NPLC?") == shown


@pytest.mark.parametrize(
    ("message", "range_v", "nplc"),
    [
        ("CONF:VOLT:DC 10,0.00003", 10, 1),
        ("CONF:VOLT:DC 10,MIN", 10, 100),
        ("CONF:VOLT:DC 10,MAX", 10, 0.02),
        ("CONF:VOLT:DC 20", 100, 10),
        ("CONF:VOLT:DC DEF,DEF", 1000, 10),
    ],
)
def test_a_configuration_is_range_and_resolution(message: str, range_v: float, nplc: float, probes: ProbesOn) -> None:
    client = client_of("34461a", probes)
    client.say(message)
    assert (client.number("VOLT:DC:RANG?"), client.number("VOLT:DC:NPLC?")) == (range_v, nplc)


def test_the_configuration_is_told_in_quotes(probes: ProbesOn) -> None:
    client = client_of("34401a", probes)
    client.say("CONF:VOLT:DC 10,0.00003")
    assert client.ask("CONF?") == '"VOLT +1.000000E+01,+3.000000E-05"'


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("VOLT:DC:RANG 1001", -222),
        ("VOLT:DC:NPLC 1000", -222),
        ("CONF:VOLT:DC AUTO,0.001", -221),
        ('FUNC "SPEED"', -224),
        ("FETC?", -230),
        ("TRIG:SOUR BUS;:READ?", -214),
        ("ROUT:CLOS (@1)", -113),
    ],
)
def test_what_it_cannot_do_is_an_error_and_no_answer(message: str, error: int, probes: ProbesOn) -> None:
    client = client_of("34461a", probes)
    client.say(message)
    assert client.error() == error


def test_several_samples_come_in_one_answer_and_can_be_fetched_again(probes: ProbesOn) -> None:
    client = client_of("34461a", probes)
    client.say("CONF:VOLT:DC 100", "SAMP:COUN 3")
    answer = client.ask("READ?")
    assert len(answer.split(",")) == 3
    assert client.ask("FETC?;:DATA:POIN?") == f"{answer};3"


def test_reset_returns_to_autorange_and_ten_cycles(probes: ProbesOn) -> None:
    client = client_of("34461a", probes)
    client.say("CONF:VOLT:DC 10,MAX", 'FUNC "CURR"', "*RST")
    assert client.ask("FUNC?;:VOLT:DC:RANG:AUTO?;:VOLT:DC:NPLC?") == '"VOLT";1;+1.00000000E+01'


def test_a_rigol_does_not_know_the_common_language_until_it_is_told(probes: ProbesOn) -> None:
    client = Client(make_meter("dm3058e", probes, SimClock(0.0), dice(), "SN1"))
    assert client.ask("CMDSET?") == "RIGOL"
    client.say("CONF:VOLT:DC 20")
    assert client.error() == -113
    client.say("*RST", "CMDSET AGILENT", "CONF:VOLT:DC 20")
    assert client.ask("CMDSET?;:SYST:ERR?") == 'AGILENT;0,"No error"'
    client.say(":FUNC:VOLT:DC")
    assert client.error() == -113


def test_in_its_own_language_a_rigol_tells_what_it_measured_before_it_was_asked(probes: ProbesOn) -> None:
    client = Client(make_meter("dm3058e", probes, SimClock(0.0), dice(), "SN1"))
    client.say(":FUNC:VOLT:DC", ":MEAS:VOLT:DC 2")
    assert client.ask(":MEAS:VOLT:DC:RANG?") == "2"
    client.ask(":MEAS:VOLT:DC?")
    probes.volts[None] = 5.0
    assert client.number(":MEAS:VOLT:DC?") == pytest.approx(12.0, abs=0.01)
    assert client.number(":MEAS:VOLT:DC?") == pytest.approx(5.0, abs=0.01)


def test_a_rigol_keeps_only_the_event_bits_that_exist(probes: ProbesOn) -> None:
    client = client_of("dm3058", probes)
    client.say("*ESE 38")
    assert client.ask("*ESE?") == "36"
    client.say("*ESE 190")
    assert client.error() == -222
