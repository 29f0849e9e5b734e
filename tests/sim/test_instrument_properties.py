"""What holds of the instruments for every message made of their own words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.sim.device import Device, SimClock
from fixtures.sim.dmm6500 import Dmm6500
from fixtures.sim.hmp4040 import Hmp4040
from tests.sim.bench_wiring import Client, ProbesOn, ResistorOn, dice

SUPPLY = (
    "INST:NSEL", "INST", "VOLT", "VOLT:STEP", "CURR", "CURR:STEP", "APPL", "OUTP", "OUTP:SEL", "OUTP:GEN", "MEAS:VOLT",
    "MEAS:CURR", "VOLT:PROT", "VOLT:PROT:MODE", "VOLT:PROT:TRIP", "VOLT:PROT:CLE", "FUSE", "FUSE:DEL", "FUSE:LINK",
    "FUSE:UNL", "FUSE:TRIP", "STAT:QUES:INST:ISUM3:COND", "STAT:QUES:INST", "STAT:PRES", "*RST", "*CLS", "*STB",
)  # fmt: skip
METER = (
    "FUNC", "READ", "FETC", "MEAS:VOLT", "MEAS:RES", "MEAS:CURR:AC", "VOLT:RANG", "VOLT:RANG:AUTO", "VOLT:NPLC",
    "CURR:APER", "VOLT:AVER", "VOLT:AVER:COUN", "VOLT:AVER:TCON", "VOLT:REL", "VOLT:REL:STAT", "VOLT:REL:ACQ", "INIT",
    "VOLT:AC:DET:BAND", "ROUT:CLOS", "ROUT:OPEN", "ROUT:OPEN:ALL", "ROUT:STAT", "ROUT:SCAN:CRE", "ROUT:SCAN:COUN:SCAN",
    "TRAC:DATA", "TRAC:ACT", "TRAC:CLE", "TRAC:POIN", "FORM", "FORM:ASC:PREC", "DISP:VOLT:DIG", "SYST:BEEP", "*RST",
)  # fmt: skip
PARAMETERS = (
    "", "0", "1", "2.5", "-3", "12", "1E9", "MIN", "MAX", "DEF", "UP", "ON", "OFF", "OUT2", "MEAS", "PROT", "REP",
    "REAL", "ASC", '"VOLT"', '"CURR:AC"', '"NONE"', '"defbuffer1"', "(@1)", "(@1:3)", "(@)", "(@11)", "100 MV",
    "#13abc", "'",
)  # fmt: skip


def messages(headers: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    parameters = st.lists(st.sampled_from(PARAMETERS), max_size=3).map(",".join)
    message = st.tuples(st.sampled_from(headers), st.sampled_from(("", "?")), parameters).map(
        lambda parts: f"{parts[0]}{parts[1]} {parts[2]}"
    )
    return st.lists(message, max_size=15)


def hold_a_conversation(device: Device, spoken: list[str]) -> None:
    client = Client(device)
    for message in spoken:
        replies = client.session.receive(message.encode() + b"\n")
        assert len(replies) <= 1
        assert all(reply.data.endswith(b"\n") and reply.delay_s >= 0 for reply in replies)
        assert "?" in message or not replies
    assert client.ask("*OPC?") == "1"


@settings(max_examples=40, deadline=None)
@given(spoken=messages(SUPPLY))
def test_the_supply_answers_or_refuses_whatever_it_is_told_and_stays_inside_its_ratings(spoken: list[str]) -> None:
    load = ResistorOn(ohm=2.0)
    hold_a_conversation(Hmp4040(load, SimClock(0.0), dice(), "1"), spoken)
    for volts_v, limit_a, _ in load.states.values():
        assert 0 <= volts_v <= 32.05 * 1.0005 + 0.005
        assert 0 <= limit_a <= 10.0
        assert volts_v * limit_a <= 160.0 * 1.001 + 0.05


@settings(max_examples=40, deadline=None)
@given(spoken=messages(METER), volts=st.floats(min_value=-2000, max_value=2000))
def test_the_meter_answers_or_refuses_whatever_it_is_told(spoken: list[str], volts: float) -> None:
    hold_a_conversation(Dmm6500(ProbesOn(open_v=volts), SimClock(0.0), dice(), "1"), spoken)


@settings(max_examples=40, deadline=None)
@given(volts=st.floats(min_value=-1200, max_value=1200), range_v=st.sampled_from([0.1, 1.0, 10.0, 100.0, 1000.0]))
def test_no_reading_of_a_fixed_range_lies_between_its_reach_and_overflow(volts: float, range_v: float) -> None:
    client = Client(Dmm6500(ProbesOn(open_v=volts), SimClock(0.0), dice(), "1"))
    client.say(f"VOLT:RANG {range_v}")
    reading = abs(client.number("READ?"))
    reach = range_v * (1.01 if range_v == 1000.0 else 1.2)
    assert reading <= reach * (1 + 1e-6) or reading == 9.9e37
    if abs(volts) > reach * 1.001:
        assert reading == 9.9e37
