"""The GPD-3303S by its exchange: every line on the wire, in order."""

from __future__ import annotations

import pytest

from station.config.bench_file import Identity
from station.drivers.gpd3303 import Gpd3303
from station.link.link import Link, LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, LinkTimeout
from tests.station.drivers.transcript import CLOCK, Exchange, playing

ID = "GW INSTEK,GPD-3303S,SN:4711,V2.00"
IN_STEP: list[Exchange] = [("ERR?", "No Error."), ("*IDN?", ID)]
NO_ERROR: Exchange = ("ERR?", "No Error.")


def supply(link: Link) -> Gpd3303:
    return Gpd3303(link, CLOCK, 1.0)


def test_it_says_who_it_is() -> None:
    with playing([*IN_STEP, ("*IDN?", ID)]) as link:
        assert supply(link).begin() == Identity("GW INSTEK", "GPD-3303S", "SN:4711")


def test_it_is_silenced() -> None:
    with playing([*IN_STEP, ("BEEP0", None), NO_ERROR]) as link:
        supply(link).prepare()


def test_set_writes_both_and_reads_both_back() -> None:
    writes: list[Exchange] = [("VSET1:14.400", None), ("ISET1:3.000", None), NO_ERROR]
    reads: list[Exchange] = [("VSET1?", "14.400V"), NO_ERROR, ("ISET1?", "3.000A"), NO_ERROR]
    with playing([*IN_STEP, *writes, *reads]) as link:
        supply(link).output(1).set(14.4, 3.0)


def test_a_voltage_out_of_range_is_refused_in_its_words() -> None:
    writes: list[Exchange] = [("VSET2:40.000", None), ("ISET2:1.000", None), ("ERR?", "Data out of range.")]
    with playing([*IN_STEP, *writes]) as link, pytest.raises(CommandRefused, match=r"psu: Data out of range\. after"):
        supply(link).output(2).set(40.0, 1.0)


def test_a_voltage_that_was_not_taken_is_refused() -> None:
    writes: list[Exchange] = [("VSET1:14.400", None), ("ISET1:3.000", None), NO_ERROR]
    with (
        playing([*IN_STEP, *writes, ("VSET1?", "5.000V"), NO_ERROR]) as link,
        pytest.raises(CommandRefused, match=r"channel 1: asked for 14.4, VSET1\? says 5.000V"),
    ):
        supply(link).output(1).set(14.4, 3.0)


@pytest.mark.parametrize(("is_on", "status"), [(True, "11011100"), (False, "11011010")])
def test_switching_is_proved_by_the_sixth_digit_of_the_status(is_on: bool, status: str) -> None:
    with playing([*IN_STEP, (f"OUT{is_on:d}", None), ("STATUS?", status)]) as link:
        output = supply(link).output(1)
        (output.switch_on if is_on else output.switch_off)()


def test_a_switch_that_stays_is_an_instrument_error() -> None:
    exchanges: list[Exchange] = [*IN_STEP, ("OUT0", None), ("STATUS?", "11011100"), NO_ERROR]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="psu: did not switch off"):
        supply(link).output(1).switch_off()


def test_a_status_of_older_firmware_makes_the_link_suspect() -> None:
    with playing([*IN_STEP, ("OUT0", None), ("STATUS?", "1 1 0 1 1 X 0 X")]) as link:
        with pytest.raises(LinkRefused, match="has not eight digits"):
            supply(link).output(1).switch_off()
        assert link.state is LinkState.SUSPECT


def test_values_carry_their_unit() -> None:
    reads: list[Exchange] = [("VOUT1?", "14.398V"), NO_ERROR, ("IOUT1?", "0.410A"), NO_ERROR]
    with playing([*IN_STEP, *reads]) as link:
        output = supply(link).output(1)
        volts, amperes = output.read_v(), output.read_a()
    assert (volts.value, volts.unit, amperes.value, amperes.unit) == (14.398, "V", 0.41, "A")


@pytest.mark.parametrize("answer", ["0.410A", "14.398", "No Error."])
def test_an_answer_to_another_question_is_no_voltage(answer: str) -> None:
    with playing([*IN_STEP, ("VOUT1?", answer)]) as link:
        with pytest.raises(LinkRefused, match="is no value in V"):
            supply(link).output(1).read_v()
        assert link.state is LinkState.SUSPECT


def test_a_value_where_the_error_report_should_be_makes_the_link_suspect() -> None:
    with playing([*IN_STEP, ("VOUT1?", "14.398V"), ("ERR?", "14.398V")]) as link:
        with pytest.raises(LinkRefused, match="answers are out of step"):
            supply(link).output(1).read_v()
        assert link.state is LinkState.SUSPECT


def test_a_supply_that_lags_by_one_answer_is_not_believed() -> None:
    with playing([("ERR?", "No Error."), ("*IDN?", "No Error.")]) as link:
        with pytest.raises(LinkTimeout):
            Gpd3303(link, CLOCK, 0.1).output(1).read_v()
        assert link.state is LinkState.SUSPECT
