"""The 33511B by its exchanges: every line on the wire, in order."""

from __future__ import annotations

import pytest

from station.config.bench_file import Identity, RoleRow
from station.drivers.k33511b import K33511B, open_instrument
from station.link.link import LinkState
from station.model.errors import CommandRefused, InstrumentError, LinkRefused, PlanError
from tests.station.drivers.transcript import CLOCK, SYNCHRONISED, asked, playing, proved


def test_it_says_who_it_is() -> None:
    identity = "Agilent Technologies,33511B,MY52301259,3.03-1.19-2.00-52-00"
    with playing([*SYNCHRONISED, *asked("*IDN?", identity)]) as link:
        assert K33511B(link, CLOCK, 1.0).begin() == Identity("Agilent Technologies", "33511B", "MY52301259")


def test_preparing_makes_it_a_sine_in_volts_rms_into_an_open_circuit_and_off() -> None:
    lines = ("OUTP OFF", "FUNC SIN", "OUTP:LOAD INF", "VOLT:UNIT VRMS")
    with playing([*SYNCHRONISED, *proved(*lines), *asked("OUTP?", "0")]) as link:
        K33511B(link, CLOCK, 1.0).prepare()


def test_a_sine_is_set_switched_on_and_read_back() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("FREQ 1000.000000", "VOLT 0.100000", "OUTP ON"),
        *asked("FREQ?", "+1.000000000000000E+03"),
        *asked("VOLT?", "+1.000000000000000E-01"),
        *asked("OUTP?", "1"),
    ]
    with playing(exchanges) as link:
        K33511B(link, CLOCK, 1.0).generate(1000.0, 0.1)


def test_no_level_is_an_output_that_is_off() -> None:
    with playing([*SYNCHRONISED, *proved("OUTP OFF"), *asked("OUTP?", "0")]) as link:
        K33511B(link, CLOCK, 1.0).generate(1000.0, 0.0)


def test_a_level_that_was_not_taken_is_refused() -> None:
    exchanges = [
        *SYNCHRONISED,
        *proved("FREQ 1000.000000", "VOLT 0.100000", "OUTP ON"),
        *asked("FREQ?", "+1.000000000000000E+03"),
        *asked("VOLT?", "+2.828427124746190E-01"),
    ]
    with playing(exchanges) as link, pytest.raises(CommandRefused, match=r"asked for 0\.1, VOLT\? says"):
        K33511B(link, CLOCK, 1.0).generate(1000.0, 0.1)


def test_an_output_that_does_not_switch_is_an_instrument_error() -> None:
    exchanges = [*SYNCHRONISED, *proved("OUTP OFF"), *asked("OUTP?", "1")]
    with playing(exchanges) as link, pytest.raises(InstrumentError, match="did not switch off"):
        K33511B(link, CLOCK, 1.0).generate(1000.0, 0.0)


def test_a_state_that_is_none_makes_the_link_suspect() -> None:
    with playing([*SYNCHRONISED, *proved("OUTP OFF"), *asked("OUTP?", "2")]) as link:
        with pytest.raises(LinkRefused, match=r"'2' to OUTP\? is no state of an output"):
            K33511B(link, CLOCK, 1.0).generate(1000.0, 0.0)
        assert link.state is LinkState.SUSPECT


def test_it_plays_no_role_by_itself() -> None:
    with playing([]) as link, pytest.raises(PlanError, match="plays no role by itself"):
        open_instrument(link, CLOCK, 1.0).play(RoleRow("sine", "awg", None, None, None, "slot"))
