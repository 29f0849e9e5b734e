"""The HMP4040 by its exchange: every line on the wire, in order."""

from __future__ import annotations

import pytest

from station.drivers.hmp4040 import Hmp4040, HmpOutput
from station.link.link import Link
from station.model.errors import CommandRefused, InstrumentError
from tests.station.drivers.transcript import CLOCK, NO_ERROR, SYNCHRONISED, asked, playing, proved


def output(link: Link, channel: int = 1) -> HmpOutput:
    return Hmp4040(link, CLOCK, 1.0).output(channel)


def test_set_writes_both_and_reads_both_back() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("INST:NSEL 1", "VOLT 14.400", "CURR 2.0000"),
        *asked("VOLT?", "14.400", "INST:NSEL 1"),
        *asked("CURR?", "2.0000", "INST:NSEL 1"),
    ]
    with playing(exchanges) as link:
        output(link).set(14.4, 2.0)


def test_a_voltage_that_was_not_taken_is_refused() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("INST:NSEL 3", "VOLT 14.400", "CURR 2.0000"),
        *asked("VOLT?", "5.000", "INST:NSEL 3"),
    ]
    with (
        playing(exchanges) as link,
        pytest.raises(CommandRefused, match=r"channel 3: asked for 14.4, VOLT\? says 5.000"),
    ):
        output(link, 3).set(14.4, 2.0)


def test_a_voltage_out_of_range_is_refused_by_the_instrument() -> None:
    exchanges = [
        *SYNCHRONISED,
        ("INST:NSEL 1", None),
        ("VOLT 40.000", None),
        ("CURR 1.0000", None),
        ("SYST:ERR?", '-222,"Data out of range"'),
        ("SYST:ERR?", NO_ERROR),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match="-222"):
        output(link).set(40.0, 1.0)


def test_the_first_output_switched_on_deselects_what_others_left_selected() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("OUTP:GEN?", "0", "INST:NSEL 2"),
        *proved("INST:NSEL 1", "OUTP:SEL 0", "INST:NSEL 3", "OUTP:SEL 0", "INST:NSEL 4", "OUTP:SEL 0"),
        *proved("INST:NSEL 2", "OUTP:SEL 1", "OUTP:GEN 1"),
        *asked("OUTP:SEL?", "1", "INST:NSEL 2"),
        *asked("OUTP:GEN?", "1", "INST:NSEL 2"),
    ]
    with playing(exchanges) as link:
        output(link, 2).switch_on()


def test_a_second_output_leaves_the_first_as_it_is() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("OUTP:GEN?", "1", "INST:NSEL 2"),
        *proved("INST:NSEL 2", "OUTP:SEL 1", "OUTP:GEN 1"),
        *asked("OUTP:SEL?", "1", "INST:NSEL 2"),
        *asked("OUTP:GEN?", "1", "INST:NSEL 2"),
    ]
    with playing(exchanges) as link:
        output(link, 2).switch_on()


def test_an_output_that_stays_off_is_an_instrument_error() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("OUTP:GEN?", "1", "INST:NSEL 1"),
        *proved("INST:NSEL 1", "OUTP:SEL 1", "OUTP:GEN 1"),
        *asked("OUTP:SEL?", "0", "INST:NSEL 1"),
    ]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="channel 1 did not switch on"):
        output(link).switch_on()


def test_switching_off_is_proved_by_reading_back() -> None:
    exchanges = [*SYNCHRONISED, *proved("INST:NSEL 1", "OUTP:SEL 0"), *asked("OUTP:SEL?", "0", "INST:NSEL 1")]
    with playing(exchanges) as link:
        output(link).switch_off()


def test_an_output_that_stays_on_is_an_instrument_error() -> None:
    exchanges = [*SYNCHRONISED, *proved("INST:NSEL 1", "OUTP:SEL 0"), *asked("OUTP:SEL?", "1", "INST:NSEL 1")]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="channel 1 did not switch off"):
        output(link).switch_off()


def test_volts_and_amperes_are_measured_on_its_own_channel() -> None:
    exchanges = [
        *SYNCHRONISED,
        *asked("MEAS:VOLT?", "14.398", "INST:NSEL 2"),
        *asked("MEAS:CURR?", "0.4101", "INST:NSEL 2"),
    ]
    with playing(exchanges) as link:
        supply = output(link, 2)
        volts, amperes = supply.read_v(), supply.read_a()
    assert (volts.value, volts.unit, amperes.value, amperes.unit) == (14.398, "V", 0.4101, "A")
