"""Keys, steering-wheel line, touch and illumination of a simulated unit, as its data sheet says."""

from __future__ import annotations

import math

import pytest

from fixtures.sim.surroundings import ILLUMINATION, KEYS, TOUCHES, WHEEL_SHORT
from fixtures.sim.unit_traits import product_kinds
from tests.sim.awake_unit import awake_unit

WHEEL = {8: "mute", 9: "volume_up", 10: "volume_down", 11: "next", 12: "previous", 13: "phone", 14: "none"}


@pytest.mark.parametrize("product", ["FJ-R1", "FJ-R5", "FJ-N7"])
def test_each_plunger_presses_the_key_of_its_place(product: str) -> None:
    jig = awake_unit(product)
    assert jig.get("key") == "none 0"
    for count, (coil, key) in enumerate(zip(KEYS, product_kinds()[product].keys, strict=True), 1):
        jig.press(coil)
        assert jig.get("key") == f"{key} {count}"


def test_a_key_counts_once_however_long_it_is_held() -> None:
    jig = awake_unit("FJ-R5")
    jig.close(KEYS[0])
    jig.wait(3.0)
    assert jig.get("key") == "POWER 1"
    jig.open(KEYS[0])
    assert jig.get("key") == "POWER 1"
    jig.press(KEYS[0])
    assert jig.get("key") == "POWER 2"


def test_a_press_between_two_questions_is_not_missed() -> None:
    jig = awake_unit("FJ-R5")
    jig.press(*KEYS)
    assert jig.get("key") == "MUTE 6"


def test_a_coil_that_was_set_without_a_word_counts_at_the_next_question() -> None:
    jig = awake_unit("FJ-R5")
    jig.world.surroundings.closed = frozenset({KEYS[1]})
    assert jig.get("key") == "SOURCE 1"


def test_presses_are_counted_from_boot_and_a_key_held_while_booting_is_none() -> None:
    jig = awake_unit("FJ-R5")
    jig.press(KEYS[0])
    jig.close(KEYS[1])
    jig.power(False)
    jig.power(True)
    assert jig.get("key") == "none 0"


def test_a_broken_key_is_silent_and_the_others_are_not() -> None:
    jig = awake_unit("FJ-N7", "dead_key")
    jig.press(*KEYS)
    assert jig.get("key") == "MUTE 5"
    jig.press(KEYS[3])
    assert jig.get("key") == "MUTE 5"


@pytest.mark.parametrize("coil", WHEEL)
def test_each_resistor_is_its_key_of_the_wheel(coil: int) -> None:
    jig = awake_unit("FJ-R5")
    assert jig.get("wheel") == "none"
    jig.close(coil)
    assert jig.get("wheel") == WHEEL[coil]
    jig.open(coil)
    assert jig.get("wheel") == "none"


def test_two_resistors_at_once_are_one_of_their_parallel_value() -> None:
    jig = awake_unit("FJ-R5")
    jig.close(12, 13)  # 3300 and 6800 ohm: 2222 ohm, in no key's band
    assert jig.get("wheel") == "none"
    jig.close(8)
    assert jig.get("wheel") == "mute"


def test_corrosion_shifts_the_keys_of_the_wheel() -> None:
    jig = awake_unit("FJ-R5", "wheel_contact")
    seen = {}
    for coil in WHEEL:
        jig.close(coil)
        seen[coil] = jig.get("wheel")
        jig.open(coil)
    assert seen == {8: "none", 9: "none", 10: "none", 11: "none", 12: "none", 13: "phone", 14: "none"}


def test_a_line_at_ground_is_no_key_whatever_else_is_connected() -> None:
    jig = awake_unit("FJ-R5")
    jig.close(WHEEL_SHORT)
    assert jig.get("wheel") == "none"
    jig.close(9)
    assert jig.get("wheel") == "none"
    jig.unit.set_fault("shorted_wheel", True)
    assert jig.get("wheel") == "mute"


def test_a_loose_divider_takes_what_lies_between_two_keys_for_one() -> None:
    jig = awake_unit("FJ-R5", "loose_wheel")
    jig.close(14)
    assert jig.get("wheel") == "previous"


@pytest.mark.parametrize("product", ["FJ-R1", "FJ-R5", "FJ-N7"])
def test_the_illumination_line_is_seen(product: str) -> None:
    jig = awake_unit(product)
    assert jig.get("illumination") == "0"
    jig.close(ILLUMINATION)
    assert jig.get("illumination") == "1"
    jig.unit.set_fault("no_dimming", True)
    assert jig.get("illumination") == "0"


@pytest.mark.parametrize("serial", [f"FJN7261{number:05}" for number in range(8)])
def test_a_touch_is_within_six_pixels_of_where_the_plunger_lands(serial: str) -> None:
    jig = awake_unit("FJ-N7", serial=serial)
    assert jig.get("touch") == "none 0"
    for count, (coil, place) in enumerate(TOUCHES.items(), 1):
        jig.press(coil)
        x, y, counted = map(int, jig.get("touch").split())
        assert math.hypot(x - place[0], y - place[1]) <= 6.0
        assert counted == count


def test_a_panel_glued_on_too_far_right_reports_too_far_right() -> None:
    jig = awake_unit("FJ-N7", "touch_off")
    for coil, place in TOUCHES.items():
        jig.press(coil)
        x, y, _ = map(int, jig.get("touch").split())
        assert (x - place[0], y - place[1]) == (pytest.approx(30, abs=6), pytest.approx(0, abs=6))


def test_a_bent_panel_is_right_in_the_middle_and_in_the_corners_alone() -> None:
    jig = awake_unit("FJ-N7", "touch_bent")
    for coil, place in TOUCHES.items():
        jig.press(coil)
        _, y, _ = map(int, jig.get("touch").split())
        assert y - place[1] == pytest.approx(25 if coil >= 28 else 0, abs=6)


def test_nine_plungers_land_on_nine_places_of_the_screen() -> None:
    places = set(TOUCHES.values())
    assert places == {(x, y) for x in (40, 400, 760) for y in (40, 240, 440)}


@pytest.mark.parametrize("item", ["touch", "screen"])
def test_a_radio_has_neither_screen_nor_touch(item: str) -> None:
    assert awake_unit("FJ-R5").ask(f"GET {item}") == "ERR unknown"


def test_nothing_of_it_can_be_set() -> None:
    jig = awake_unit("FJ-N7")
    for item in ("key", "wheel", "illumination", "touch"):
        assert jig.ask(f"SET {item} 1") == "ERR unknown"
