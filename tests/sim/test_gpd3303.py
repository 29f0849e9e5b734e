"""The GPD-3303S does what its manual says: one switch, short messages, words for errors, and time for each answer."""

from __future__ import annotations

import pytest

from fixtures.sim.device import SimClock
from fixtures.sim.gpd3303 import COMMAND_S, QUERY_S, STATUS_S, Gpd3303
from tests.sim.bench_wiring import Client, ResistorOn, dice


@pytest.fixture
def load() -> ResistorOn:
    return ResistorOn(ohm=100.0)


@pytest.fixture
def client(load: ResistorOn) -> Client:
    return Client(Gpd3303(load, SimClock(0.0), dice(7), "SN:1"))


def test_it_says_who_it_is_and_ends_with_cr_lf(client: Client) -> None:
    assert client.ask("*IDN?") == "GW INSTEK,GPD-3303S,SN:1,V2.00"
    (reply,) = client.session.receive(b"ERR?\r\n")
    assert reply.data == b"No Error.\r\n"


def test_one_switch_is_for_both_outputs(client: Client, load: ResistorOn) -> None:
    client.say("VSET1:14.400", "ISET1:3.0", "VSET2:5", "OUT1")
    assert [load.states[channel][2] for channel in (1, 2)] == [True, True]
    assert (client.ask("VSET1?"), client.ask("ISET1?"), client.ask("VSET2?")) == ("14.400V", "3.000A", "5.000V")
    assert float(client.ask("VOUT1?").removesuffix("V")) == pytest.approx(14.4, abs=0.03)
    assert float(client.ask("IOUT1?").removesuffix("A")) == pytest.approx(0.144, abs=0.015)
    client.say("OUT0")
    assert [load.states[channel][2] for channel in (1, 2)] == [False, False]


def test_the_sixth_digit_of_the_status_is_the_switch(client: Client, load: ResistorOn) -> None:
    assert client.ask("STATUS?") == "11011000"
    client.say("VSET1:10", "ISET1:0.05", "OUT1", "BEEP0")
    assert client.ask("STATUS?") == "01010100"


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("VSET1:12.345678901", "Program mnemonic too long."),
        ("VOUT1#", "Invalid character."),
        ("VSET1:", "Missing parameter."),
        ("VSET1:33", "Data out of range."),
        ("ISET2:3.3", "Data out of range."),
        ("VSET3:1", "Data out of range."),
        ("OUT", "Missing parameter."),
        ("VOLT 3.3", "Invalid character."),
        ("OUTPUT1", "Undefined header."),
        ("HELLO?", "Undefined header."),
        ("VSET1:1.2.3", "Data out of range."),
    ],
)
def test_what_it_cannot_do_is_said_once_by_err(client: Client, load: ResistorOn, message: str, error: str) -> None:
    before = dict(load.states)
    client.say(message)
    assert (client.ask("ERR?"), client.ask("ERR?")) == (error, "No Error.")
    assert load.states == before


def test_every_answer_takes_its_time_and_waits_for_the_command_before() -> None:
    session = Gpd3303(ResistorOn(), SimClock(1.0), dice(), "1").connect()
    (first,) = session.receive(b"VOUT1?\n")
    (second,) = session.receive(b"STATUS?\n")
    assert (first.delay_s, second.delay_s) == (QUERY_S, STATUS_S)
    assert session.receive(b"OUT1\n") == []
    (third,) = session.receive(b"VOUT1?\n")
    assert third.delay_s == pytest.approx(COMMAND_S + QUERY_S, abs=0.02)


def test_a_message_may_come_in_pieces(client: Client, load: ResistorOn) -> None:
    assert client.session.receive(b"VSET1:1") == []
    assert client.session.receive(b"2\nOUT1\n") == []
    assert load.states[1][0] == pytest.approx(12.0, abs=0.02)
    client.session.receive(b"VSET1:9")
    client.session.close()
    assert client.ask("VSET1?") == "12.000V"
