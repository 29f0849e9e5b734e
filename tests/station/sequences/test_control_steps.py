"""The steps of keys, wheel, illumination and touch on units that are good and units that are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.sim.surroundings import ILLUMINATION, WHEEL_OHM
from station.model.errors import LinkTimeout
from station.model.reading import TextReading
from station.runner.step import Step
from station.sequences.steps import controls
from tests.sim.awake_unit import Jig, awake_unit
from tests.station.sequences.jig_roles import JigRelays, JigUnit, outcome

STEPS = {
    "FJ-R5": (controls.keys, controls.wheel, controls.illumination),
    "FJ-N7": (controls.keys, controls.wheel, controls.illumination, controls.touch),
}


@pytest.mark.parametrize(
    ("product", "step"),
    [(product, step) for product, steps in STEPS.items() for step in steps],
    ids=lambda value: value.name if isinstance(value, Step) else value,
)
@pytest.mark.parametrize("number", range(3))
def test_a_good_unit_passes_and_all_relays_are_open_again(
    tmp_path: Path, product: str, step: Step, number: int
) -> None:
    jig = awake_unit(product, serial=f"FJ{product[3:]}2611{number:05}")
    values, result, message = outcome(tmp_path, jig, step)
    assert (result, message) == ("PASS", ""), values
    assert values.keys() == step.declaration.measures.keys()
    assert jig.world.surroundings.closed == frozenset()


def test_a_silent_key_shows_as_a_dash_in_its_place(tmp_path: Path) -> None:
    jig = awake_unit("FJ-N7", "dead_key")
    values, result, _ = outcome(tmp_path, jig, controls.keys)
    assert (values["keys"], result) == ("HOME BACK NAV - PHONE MUTE", "FAIL")


def test_keys_that_were_pressed_before_are_not_counted(tmp_path: Path) -> None:
    jig = awake_unit("FJ-R5")
    jig.press(16, 17, 21)
    assert outcome(tmp_path, jig, controls.keys)[0]["keys"] == "POWER SOURCE UP DOWN MENU MUTE"


@dataclass
class BouncingRelays(JigRelays):
    """The plunger of the fifth key bounces."""

    def close(self, *names: str) -> None:
        super().close(*names)
        if names == ("key_5",):
            super().open(*names)
            super().close(*names)


def test_a_key_that_counts_twice_for_one_press_is_shown_with_it(tmp_path: Path) -> None:
    jig = awake_unit("FJ-R5")
    values, result, _ = outcome(tmp_path, jig, controls.keys, relays=BouncingRelays(jig))
    assert (values["keys"], result) == ("POWER SOURCE UP DOWN MENU(2) MUTE", "FAIL")


def test_plungers_come_down_in_their_order_one_at_a_time(tmp_path: Path) -> None:
    jig = awake_unit("FJ-N7")
    relays = JigRelays(jig)
    outcome(tmp_path, jig, controls.keys, relays=relays)
    assert relays.history == ["key_1", "key_2", "key_3", "key_4", "key_5", "key_6"]


def test_corrosion_in_the_line_shows_which_keys_are_lost(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-R5", "wheel_contact"), controls.wheel)
    assert (values["wheel_keys"], values["wheel_gap"], result) == ("none none none none none phone", "none", "FAIL")


def test_a_key_in_the_gap_is_found(tmp_path: Path) -> None:
    jig = awake_unit("FJ-R5")
    (coil,) = (coil for coil, ohm in WHEEL_OHM.items() if ohm == 2200.0)

    class TolerantUnit(JigUnit):
        """Takes 2200 ohm for a key."""

        def read(self, item: str) -> TextReading:
            reading = super().read(item)
            is_gap = item == "wheel" and coil in jig.world.surroundings.closed
            return TextReading("previous", reading.instrument, reading.taken_at) if is_gap else reading

    values, result, _ = outcome(tmp_path, jig, controls.wheel, dut=TolerantUnit(jig))
    assert (values["wheel_gap"], result) == ("previous", "FAIL")


def test_a_wheel_line_that_is_never_open_fails_the_unit(tmp_path: Path) -> None:
    jig = awake_unit("FJ-R5")
    jig.close(8)
    _, result, message = outcome(tmp_path, jig, controls.wheel)
    assert (result, message) == ("FAIL", "the unit says wheel is 'mute' while the line is open")


@pytest.mark.parametrize(
    ("fault", "found"), [("loose_wheel", ("previous", "none")), ("shorted_wheel", ("none", "mute"))]
)
def test_a_key_where_there_is_none_is_found_between_keys_and_at_ground(
    tmp_path: Path, fault: str, found: tuple[str, str]
) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-R5", fault), controls.wheel)
    assert ((values["wheel_gap"], values["wheel_short"]), result) == (found, "FAIL")
    assert values["wheel_keys"] == "mute volume_up volume_down next previous phone"


@pytest.mark.parametrize("product", STEPS)
def test_an_open_illumination_input_is_found(tmp_path: Path, product: str) -> None:
    values, result, _ = outcome(tmp_path, awake_unit(product, "no_dimming"), controls.illumination)
    assert (values["illumination"], result) == ("0", "FAIL")


def test_an_illumination_input_that_is_always_on_fails_the_unit(tmp_path: Path) -> None:
    jig = awake_unit("FJ-R5")
    jig.close(ILLUMINATION)
    _, result, message = outcome(tmp_path, jig, controls.illumination)
    assert (result, message) == ("FAIL", "the unit says illumination is '1' while the line is open")


def test_a_panel_glued_on_askew_is_measured_in_millimetres(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "touch_off"), controls.touch)
    assert result == "FAIL"
    assert values["touch_error"] == pytest.approx(30 * 0.19, abs=6 * 0.19)


def test_nine_plungers_touch_the_screen_and_a_panel_that_is_bent_between_the_corners_is_found(tmp_path: Path) -> None:
    jig = awake_unit("FJ-N7", "touch_bent")
    relays = JigRelays(jig)
    values, result, _ = outcome(tmp_path, jig, controls.touch, relays=relays)
    assert result == "FAIL"
    assert values["touch_error"] == pytest.approx(25 * 0.19, abs=6 * 0.19)
    assert len(set(relays.history)) == 9


@dataclass
class ShortRelays(JigRelays):
    """One plunger does not reach the screen."""

    def close(self, *names: str) -> None:
        super().close(*(name for name in names if name != "touch_top_right"))


def test_a_touch_that_is_not_reported_fails_the_unit(tmp_path: Path) -> None:
    jig = awake_unit("FJ-N7")
    _, result, message = outcome(tmp_path, jig, controls.touch, relays=ShortRelays(jig))
    assert (result, message) == ("FAIL", "the unit reports no touch for touch_top_right")


class DeafUnit(JigUnit):
    """The service port dies while a relay is closed."""

    def read(self, item: str) -> TextReading:
        if self.jig.world.surroundings.closed:
            raise LinkTimeout("dut", "no answer")
        return super().read(item)


@pytest.mark.parametrize("step", STEPS["FJ-N7"], ids=lambda step: step.name)
def test_a_link_that_fails_is_an_error_and_the_relay_is_opened(tmp_path: Path, step: Step) -> None:
    jig = awake_unit("FJ-N7")
    values, result, message = outcome(tmp_path, jig, step, dut=DeafUnit(jig))
    assert (values, result, message) == ({}, "ERROR", "dut: no answer")
    assert jig.world.surroundings.closed == frozenset()


def word(answer: str, item: str, jig: Jig) -> JigUnit:
    """A unit that answers ``answer`` for ``item``, whatever is done."""

    class OddUnit(JigUnit):
        def read(self, asked: str) -> TextReading:
            reading = super().read(asked)
            return TextReading(answer, reading.instrument, reading.taken_at) if asked == item else reading

    return OddUnit(jig)


@pytest.mark.parametrize("answer", ["", "MENU", "3", "MENU x"])
def test_an_answer_that_is_no_key_fails_the_unit(tmp_path: Path, answer: str) -> None:
    jig = awake_unit("FJ-R5")
    _, result, message = outcome(tmp_path, jig, controls.keys, dut=word(answer, "key", jig))
    assert (result, message) == ("FAIL", f"the unit answers {answer!r} to GET key: not a key and a count")
