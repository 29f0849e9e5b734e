"""The U8903B by its exchanges: the generator is read back, a record is what was asked for, and nothing else is said."""

from __future__ import annotations

import math
from typing import cast

import pytest

from station.config.bench_file import RoleRow
from station.drivers.u8903b import U8903B, open_instrument
from station.link.link import Link, LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, PlanError
from station.model.roles import AudioAnalyser, Weighting
from tests.station.drivers.transcript import CLOCK, SYNCHRONISED, Exchange, asked, playing, proved

POINTS = 8192
HALF_A_VOLT = "?\0\0\0"
"""0.5 as a big-endian float32: 3F 00 00 00."""
WIRING = ("INIT:CONT:ANAL OFF, (@3)", "INP:COUP AC, (@3)", "SENS:VOLT:RANG:AUTO ON, (@3)")
ROLE = RoleRow("audio", "psu", None, {"rear_left": 3, "rear_right": 4}, None, "slot")


def analyser(link: Link) -> AudioAnalyser:
    return cast(AudioAnalyser, open_instrument(link, CLOCK, 1.0).play(ROLE))


def block(points: int = POINTS, sample: str = HALF_A_VOLT) -> str:
    data = sample * points
    return f"#{len(str(len(data)))}{len(data)}{data}"


def recorded(answer: str, inputs: str = "(@3)") -> list[Exchange]:
    return [
        *proved(*WIRING),
        *proved(f"SENS:WAV:POIN {POINTS}"),
        *proved(f"INIT:GRAP {inputs}"),
        *asked("STAT:OPER:COND?", "0"),
        *asked("FETC:ARR? (@3)", answer),
    ]


def test_preparing_switches_the_generator_off_and_changes_no_input_type() -> None:
    lines = ("OUTP:STAT OFF, (@1)", "SOUR:FUNC SINE, (@1)", "INP:BAND LOW", "DISP:ANAL:MODE TIME", "TRIG:GRAP:SOUR IMM")
    with playing([*SYNCHRONISED, *proved(*lines), *asked("OUTP:STAT? (@1)", "0")]) as link:
        U8903B(link, CLOCK, 1.0).prepare()


def test_a_sine_is_set_switched_on_and_read_back() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("SOUR:FREQ 1000.000Hz, (@1)", "SOUR:VOLT 0.100000Vrms, (@1)", "OUTP:STAT ON, (@1)"),
        *asked("SOUR:FREQ? (@1)", "1.000000E+03"),
        *asked("SOUR:VOLT? (@1)", "1.000000E-01"),
        *asked("OUTP:STAT? (@1)", "1"),
    ]
    with playing(exchanges) as link:
        U8903B(link, CLOCK, 1.0).generate(1000.0, 0.1)


def test_no_level_is_an_output_that_is_off() -> None:
    with playing([*SYNCHRONISED, *proved("OUTP:STAT OFF, (@1)"), *asked("OUTP:STAT? (@1)", "OFF")]) as link:
        U8903B(link, CLOCK, 1.0).generate(1000.0, 0.0)


def test_a_level_that_was_not_taken_is_refused() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("SOUR:FREQ 1000.000Hz, (@1)", "SOUR:VOLT 0.100000Vrms, (@1)", "OUTP:STAT ON, (@1)"),
        *asked("SOUR:FREQ? (@1)", "1.000000E+03"),
        *asked("SOUR:VOLT? (@1)", "1.414214E-01"),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match=r"asked for 0\.1, SOUR:VOLT\? says 1\.41"):
        U8903B(link, CLOCK, 1.0).generate(1000.0, 0.1)


def test_an_output_that_does_not_switch_is_an_instrument_error() -> None:
    exchanges = [*SYNCHRONISED, *proved("OUTP:STAT OFF, (@1)"), *asked("OUTP:STAT? (@1)", "1")]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="did not switch off"):
        U8903B(link, CLOCK, 1.0).generate(1000.0, 0.0)


def test_a_record_is_wired_sized_started_awaited_and_fetched() -> None:
    with playing([*SYNCHRONISED, *recorded(block())]) as link:
        found = U8903B(link, CLOCK, 1.0).record([3], 0.1)[3]
    assert (len(found.volts), found.rate_hz, found.is_overload) == (POINTS, 78125.0, False)
    assert set(found.volts.tolist()) == {0.5}


def test_a_running_record_is_waited_for() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved(*WIRING),
        *proved(f"SENS:WAV:POIN {POINTS}"),
        *proved("INIT:GRAP (@3)"),
        *asked("STAT:OPER:COND?", "16"),
        *asked("STAT:OPER:COND?", "16"),
        *asked("STAT:OPER:COND?", "0"),
        *asked("FETC:ARR? (@3)", block()),
    ]
    with playing(exchanges) as link:
        U8903B(link, CLOCK, 1.0).record([3], 0.1)


def test_the_second_record_of_a_length_says_no_more_than_it_must() -> None:
    again = [*proved("INIT:GRAP (@3)"), *asked("STAT:OPER:COND?", "0"), *asked("FETC:ARR? (@3)", block())]
    with playing([*SYNCHRONISED, *recorded(block()), *again]) as link:
        device = U8903B(link, CLOCK, 1.0)
        device.record([3], 0.1)
        device.record([3], 0.1)


def test_samples_that_are_infinity_to_scpi_are_an_overload_and_no_value() -> None:
    beyond = "\x7f\x7f\x7f\x7f"  # 3.4E38, above the 9.9E37 that stands for infinity
    with playing([*SYNCHRONISED, *recorded(block(sample=beyond))]) as link:
        reading = analyser(link).read_tone_v("rear_left", 1000.0)
    assert reading.is_overload and math.isinf(reading.value)


@pytest.mark.parametrize("points", [POINTS - 1, POINTS + 1])
def test_a_record_of_another_length_is_an_instrument_error(points: int) -> None:
    exchanges = [*SYNCHRONISED, *recorded(block(points))]
    with (
        playing(exchanges) as link,
        pytest.raises(InstrumentError, match=f"gave {4 * points} bytes for {POINTS} points"),
    ):
        U8903B(link, CLOCK, 1.0).record([3], 0.1)


def test_an_answer_that_is_no_block_makes_the_link_suspect() -> None:
    exchanges = [*SYNCHRONISED, *recorded("1.0E+00")[:-1]]
    with playing(exchanges) as link:
        with pytest.raises(LinkRefused, match=r"'1\.0E\+00.*' to FETC:ARR\? \(@3\) is no block"):
            U8903B(link, CLOCK, 1.0).record([3], 0.1)
        assert link.state is LinkState.SUSPECT


def test_a_record_longer_than_the_memory_is_refused_before_anything_is_said() -> None:
    with playing([]) as link, pytest.raises(InstrumentError, match=r"records at most 0\.84 s, not 2\.00 s"):
        U8903B(link, CLOCK, 1.0).record([3], 2.0)


def test_a_point_that_is_not_wired_is_named() -> None:
    with (
        playing([]) as link,
        pytest.raises(PlanError, match=r"no point 'subwoofer' \(there are: rear_left, rear_right\)"),
    ):
        analyser(link).read_level_v("subwoofer", Weighting.FLAT)


def test_while_nothing_changes_all_inputs_are_of_one_record() -> None:
    both = ("INIT:CONT:ANAL OFF, (@3,4)", "INP:COUP AC, (@3,4)", "SENS:VOLT:RANG:AUTO ON, (@3,4)")
    exchanges = [
        *SYNCHRONISED,
        *proved(*both),
        *proved(f"SENS:WAV:POIN {POINTS}"),
        *proved("INIT:GRAP (@3,4)"),
        *asked("STAT:OPER:COND?", "0"),
        *asked("FETC:ARR? (@3)", block()),
        *asked("FETC:ARR? (@4)", block()),
    ]
    with playing(exchanges) as link:
        audio = analyser(link)
        with audio.steady():
            readings = [audio.read_tone_v(channel, 1000.0) for channel in ("rear_left", "rear_right")]
            distortion = audio.read_thd_n("rear_right", 1000.0)
    assert {reading.taken_at for reading in (*readings, distortion)} == {readings[0].taken_at}


def test_the_generator_may_not_change_while_readings_are_of_one_record() -> None:
    with playing([]) as link:
        audio = analyser(link)
        with audio.steady(), pytest.raises(PlanError, match="while readings were to be of one record"):
            audio.generate(1000.0, 0.1)
