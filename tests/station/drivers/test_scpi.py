"""What every SCPI instrument gets from scpi.py: proved commands, honest numbers, no answer out of step."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.config.bench_file import Identity
from station.drivers.scpi import ScpiInstrument
from station.link.clock import SystemClock
from station.link.link import LinkState
from station.link.opening import open_link
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, LinkTimeout
from tests.station.drivers.transcript import NO_ERROR, SYNCHRONISED, asked, playing, proved
from tests.station.link.peer import scripted_peer

CLOCK = SystemClock()


def test_it_says_who_it_is() -> None:
    with playing([*SYNCHRONISED, *asked("*IDN?", "ROHDE&SCHWARZ,HMP4040,103781,HW50020003/SW2.70")]) as link:
        assert ScpiInstrument(link, CLOCK, 1.0).begin() == Identity("ROHDE&SCHWARZ", "HMP4040", "103781")


def test_an_identity_of_three_fields_is_refused() -> None:
    with (
        playing([*SYNCHRONISED, *asked("*IDN?", "A,B,C")]) as link,
        pytest.raises(InstrumentError, match="four fields"),
    ):
        ScpiInstrument(link, CLOCK, 1.0).begin()


def test_errors_of_an_earlier_user_are_forgotten() -> None:
    exchanges = [("SYST:ERR?", '-113,"Undefined header"'), ("SYST:ERR?", NO_ERROR), *proved("VOLT 1")]
    with playing(exchanges) as link:
        ScpiInstrument(link, CLOCK, 1.0).act("VOLT 1")


def test_a_refused_command_says_what_the_instrument_said() -> None:
    exchanges = [
        *SYNCHRONISED,
        ("INST:NSEL 1", None),
        ("VOLT 99", None),
        ("SYST:ERR?", '-222,"Data out of range"'),
        ("SYST:ERR?", NO_ERROR),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused) as caught:
        ScpiInstrument(link, CLOCK, 1.0).act("INST:NSEL 1", "VOLT 99")
    assert str(caught.value) == 'psu: -222,"Data out of range" after INST:NSEL 1 | VOLT 99'


def test_an_error_queue_that_never_empties_is_left_after_32() -> None:
    errors = [("SYST:ERR?", '-350,"Queue overflow"')] * 32
    with playing(errors) as link, pytest.raises(InstrumentError, match="does not empty"):
        ScpiInstrument(link, CLOCK, 1.0).act("VOLT 1")


@pytest.mark.parametrize(("answer", "value"), [("+1.44000E+01", 14.4), ("0.410", 0.41), ("-2E-3", -0.002)])
def test_a_number_is_a_reading_with_its_raw_text(answer: str, value: float) -> None:
    with playing([*SYNCHRONISED, *asked("MEAS:VOLT?", answer, "INST:NSEL 2")]) as link:
        reading = ScpiInstrument(link, CLOCK, 1.0).ask_number("MEAS:VOLT?", "V", "INST:NSEL 2")
    assert (reading.value, reading.unit, reading.raw, reading.instrument) == (value, "V", answer, "psu")
    assert not reading.is_overload


@pytest.mark.parametrize("answer", ["9.9E37", "+9.90000000E+37", "-9.9E+37", "9.91E37", "NAN", "INF"])
def test_over_range_and_what_is_no_number_are_overload_never_a_value(answer: str) -> None:
    with playing([*SYNCHRONISED, *asked("READ?", answer)]) as link:
        reading = ScpiInstrument(link, CLOCK, 1.0).ask_number("READ?", "V")
    assert reading.is_overload
    assert not math.isfinite(reading.value) or abs(reading.value) >= 9.9e37


def test_an_answer_that_is_no_number_makes_the_link_suspect() -> None:
    with playing([*SYNCHRONISED, *asked("READ?", "OVLD")]) as link:
        with pytest.raises(LinkRefused, match="'OVLD' to READ\\? is not a number"):
            ScpiInstrument(link, CLOCK, 1.0).ask_number("READ?", "V")
        assert link.state is LinkState.SUSPECT


def test_a_value_where_an_error_report_should_be_makes_the_link_suspect() -> None:
    with playing([*SYNCHRONISED, ("READ?", "1.0"), ("SYST:ERR?", "1.0")]) as link:
        with pytest.raises(LinkRefused, match="answers are out of step"):
            ScpiInstrument(link, CLOCK, 1.0).ask_number("READ?", "V")
        assert link.state is LinkState.SUSPECT


@settings(max_examples=30, deadline=None)
@given(
    delays=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.05]), min_size=2, max_size=8),
    repeated=st.sets(st.integers(0, 7)),
    repeat_after_s=st.sampled_from([0.0, 0.0005, 0.002, 0.01]),
)
def test_whatever_an_instrument_delays_or_repeats_each_value_is_the_answer_to_its_own_query(
    delays: list[float], repeated: set[int], repeat_after_s: float
) -> None:
    turn = itertools.count()
    event_enable = [b"0"]

    def moody(message: bytes) -> list[tuple[float, bytes]]:
        if message.startswith(b"*ESE "):
            event_enable[0] = message.removeprefix(b"*ESE ")
            return []
        if message == b"*ESE?":
            return [(0.0, event_enable[0] + b"\n")]
        is_report = message == b"SYST:ERR?"
        answer = NO_ERROR.encode() + b"\n" if is_report else message.removeprefix(b"READ? ") + b"\n"
        index = next(turn)
        delay_s = delays[index] if index < len(delays) else 0.0
        return [(delay_s, answer), *([(repeat_after_s, answer)] if index in repeated else [])]

    with scripted_peer(moody) as peer:
        link = open_link("psu", peer.address, CLOCK, 1.0)
        scpi = ScpiInstrument(link, CLOCK, 0.03)
        for number in range(5):
            try:
                value = scpi.ask_number(f"READ? {number}", "V").value
            except (LinkTimeout, LinkRefused):
                continue
            assert value == number
        link.close()


@pytest.mark.parametrize("answer", ["1_2.5", "0x10", "1.5 V", "+-1", ""])
def test_what_only_python_or_a_reader_of_good_will_takes_for_a_number_is_none(answer: str) -> None:
    with playing([*SYNCHRONISED, *asked("MEAS:VOLT?", answer)]) as link:
        with pytest.raises(LinkRefused, match="is not a number"):
            ScpiInstrument(link, CLOCK, 1.0).ask_number("MEAS:VOLT?", "V")
        assert link.state is LinkState.SUSPECT
