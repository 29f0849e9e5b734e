"""A scale that speaks MT-SICS by its exchange: every line on the wire, in order."""

from __future__ import annotations

import math
import time

import pytest

from station.config.bench_file import Identity
from station.drivers.mt_sics import MtSics
from station.link.link import Link, LinkState
from station.model.errors import InstrumentError, LinkRefused, LinkTimeout
from tests.station.drivers.transcript import CLOCK, Exchange, playing


def said(query: str, answer: str) -> Exchange:
    """Both end with CR LF; the LF is the player's."""
    return (f"{query}\r", f"{answer}\r")


TYPE = said("I2", 'I2 A "ML6002T 6200.00 g"')
SERIAL = said("I4", 'I4 A "B847012345"')
IN_STEP = [said("@", 'I4 A "B847012345"'), TYPE]


def scale(link: Link, timeout_s: float = 1.0) -> MtSics:
    return MtSics(link, CLOCK, timeout_s)


def test_it_says_who_it_is_by_type_and_serial_number() -> None:
    with playing([*IN_STEP, TYPE, SERIAL]) as link:
        assert scale(link).begin() == Identity("METTLER TOLEDO", "ML6002T 6200.00 g", "B847012345")


def test_a_weight_at_rest_is_taken_and_the_link_proved_after_it() -> None:
    with playing([*IN_STEP, said("SI", "S S    1834.52 g"), SERIAL]) as link:
        reading = scale(link).read_g(1.0)
    assert (reading.value, reading.unit, reading.raw) == (1834.52, "g", "S S    1834.52 g")


def test_a_weight_in_motion_is_asked_for_again_until_it_is_at_rest() -> None:
    moving = [said("SI", "S D     912.30 g"), said("SI", "S I"), said("SI", "S D    1834.60 g")]
    with playing([*IN_STEP, *moving, said("SI", "S S    1834.52 g"), SERIAL]) as link:
        assert scale(link).read_g(5.0).value == 1834.52


def test_kilograms_are_grams_and_a_tared_scale_may_be_below_zero() -> None:
    answers = [said("SI", "S S      1.8345 kg"), SERIAL, said("SI", "S S     -12.30 g"), SERIAL]
    with playing([*IN_STEP, *answers]) as link:
        weighing = scale(link)
        assert weighing.read_g(1.0).value == pytest.approx(1834.5)
        assert weighing.read_g(1.0).value == -12.3


@pytest.mark.parametrize(("answer", "value"), [("S +", math.inf), ("S -", -math.inf)])
def test_over_and_under_its_range_is_overload_never_a_number(answer: str, value: float) -> None:
    with playing([*IN_STEP, said("SI", answer), SERIAL]) as link:
        reading = scale(link).read_g(1.0)
    assert (reading.value, reading.is_overload, reading.raw) == (value, True, answer)


def test_what_does_not_come_to_rest_is_an_error_at_the_deadline() -> None:
    moving = [said("SI", "S D     912.30 g")] * 3
    with playing([*IN_STEP, *moving]) as link:
        start = time.monotonic()
        with pytest.raises(InstrumentError, match=r"psu: does not come to rest within 0\.25 s, it says 'S D "):
            scale(link).read_g(0.25)
        assert time.monotonic() - start < 1.0


def test_another_unit_is_refused() -> None:
    refusal = pytest.raises(InstrumentError, match="psu: weighs in lb: set its unit to g")
    with playing([*IN_STEP, said("SI", "S S       4.044 lb")]) as link, refusal:
        scale(link).read_g(1.0)


@pytest.mark.parametrize("answer", ["ES", "EL", 'I4 A "B847012345"', "S S g", "S S 12,5 g", "1834.52 g"])
def test_what_is_no_weight_makes_the_link_suspect(answer: str) -> None:
    with playing([*IN_STEP, said("SI", answer)]) as link:
        with pytest.raises(LinkRefused, match="is no weight"):
            scale(link).read_g(1.0)
        assert link.state is LinkState.SUSPECT


def test_a_weight_that_was_sent_twice_is_not_believed() -> None:
    weight = "S S    1834.52 g"
    with playing([*IN_STEP, said("SI", weight), said("I4", weight)]) as link:
        with pytest.raises(LinkRefused, match="answers are out of step"):
            scale(link).read_g(1.0)
        assert link.state is LinkState.SUSPECT


def test_a_scale_that_lags_by_one_answer_is_not_believed() -> None:
    with playing([said("@", 'I4 A "B847012345"'), said("I2", 'I4 A "B847012345"')]) as link:
        with pytest.raises(LinkTimeout):
            scale(link, 0.2).read_g(0.2)
        assert link.state is LinkState.SUSPECT
