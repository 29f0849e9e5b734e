"""The screen of a simulated unit: what it says it shows and what can be seen, as its data sheet says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fixtures.sim.screen_picture import luminance
from fixtures.sim.surroundings import ILLUMINATION, REVERSE
from fixtures.sim.unit.screen import Look
from tests.sim.awake_unit import Jig, awake_unit

if TYPE_CHECKING:
    from fixtures.sim.screen_picture import Luminance


MIDDLE = (240, 400)


def look(jig: Jig) -> Look:
    assert jig.unit.screen is not None
    return jig.unit.screen.look(jig.world.now())


def light(jig: Jig) -> Luminance:
    return luminance(look(jig))


def test_after_boot_it_shows_home() -> None:
    jig = awake_unit()
    assert jig.get("screen") == "home"
    white = jig.unit.traits.white_cdm2
    assert light(jig)[MIDDLE] == pytest.approx(white / 2, rel=0.01)
    assert light(jig).max() > 0.8 * white


@pytest.mark.parametrize(
    ("name", "share"), [("white", (1, 1, 1)), ("red", (1, 0, 0)), ("green", (0, 1, 0)), ("blue", (0, 0, 1))]
)
def test_a_plain_screen_has_its_colour(name: str, share: tuple[int, int, int]) -> None:
    jig = awake_unit()
    assert jig.ask(f"SET screen {name}") == "OK"
    assert jig.get("screen") == name
    white = jig.unit.traits.white_cdm2
    assert light(jig)[MIDDLE] == pytest.approx(np.array(share) * white, abs=0.5)


def test_black_has_0_3_candela() -> None:
    jig = awake_unit()
    jig.ask("SET screen black")
    assert light(jig)[MIDDLE] == pytest.approx([0.3] * 3, rel=0.06)


def test_white_falls_to_the_edges_share() -> None:
    jig = awake_unit()
    jig.ask("SET screen white")
    seen, edge = light(jig), jig.unit.traits.edge
    assert seen[0, 0, 0] / seen[MIDDLE][0] == pytest.approx(edge, abs=0.001)
    assert seen[240, 799, 0] / seen[MIDDLE][0] == pytest.approx(edge, abs=0.001)


def test_the_camera_can_not_be_chosen_and_other_words_are_refused() -> None:
    jig = awake_unit()
    assert jig.ask("SET screen camera") == "ERR range"
    assert jig.ask("SET screen pink") == "ERR range"


def test_the_illumination_line_dims_it() -> None:
    jig = awake_unit()
    jig.ask("SET screen white")
    bright = light(jig)[MIDDLE][0]
    jig.close(ILLUMINATION)
    assert light(jig)[MIDDLE][0] / bright == pytest.approx(jig.unit.traits.dimmed, rel=1e-5)
    jig.unit.set_fault("no_dimming", True)
    assert light(jig)[MIDDLE][0] == bright


def test_dark_pixels_are_dark_on_white_and_bright_ones_bright_on_black() -> None:
    jig = awake_unit("FJ-N7", "dead_pixels", "bright_pixel")
    jig.ask("SET screen white")
    assert light(jig)[100, 101, 0] < 1.0
    jig.ask("SET screen black")
    assert light(jig)[222, 333, 0] > 300.0
    assert np.count_nonzero(light(jig)[:, :, 0] > 1.0) == 1


def test_the_lower_half_may_be_darker() -> None:
    jig = awake_unit("FJ-N7", "half_dark")
    jig.ask("SET screen white")
    seen = light(jig)
    assert seen[240, 400, 0] / seen[239, 400, 0] == pytest.approx(0.3, rel=0.01)


@pytest.mark.parametrize("view", ["home", "white", "red"])
def test_dead_lines_at_the_upper_edge_show_nothing(view: str) -> None:
    jig = awake_unit("FJ-N7", "dead_lines")
    jig.ask(f"SET screen {view}")
    seen = light(jig)
    assert seen[:6].max() == 0.0
    assert seen[6, :, 0].min() > 100.0


def test_the_cameras_picture_comes_and_goes_in_its_time() -> None:
    jig = awake_unit()
    jig.ask("SET screen white")
    comes_s = jig.unit.traits.camera_s
    jig.close(REVERSE)
    assert jig.get("screen") == "camera"
    jig.wait(comes_s - 0.05)
    assert look(jig).view == "white"
    jig.wait(0.1)
    assert look(jig).view == "camera"
    jig.open(REVERSE)
    assert jig.get("screen") == "white"
    jig.wait(0.25)
    assert look(jig).view == "camera"
    jig.wait(0.1)
    assert look(jig).view == "white"


def test_a_camera_that_had_not_come_yet_does_not_come_any_more() -> None:
    jig = awake_unit()
    jig.close(REVERSE)
    jig.wait(0.2)
    jig.open(REVERSE)
    assert look(jig).view == "home"


def test_a_slow_camera_is_late_and_a_dead_input_is_black() -> None:
    jig = awake_unit("FJ-N7", "slow_camera")
    jig.close(REVERSE)
    jig.wait(2.3)
    assert look(jig).view == "home"
    jig.wait(0.2)
    assert look(jig).view == "camera"
    jig.unit.set_fault("blind_camera_input", True)
    assert light(jig).max() < 1.0


def test_the_bars_are_eight_of_75_percent_in_their_order() -> None:
    jig = awake_unit()
    jig.close(REVERSE)
    jig.wait(1.0)
    row = light(jig)[240] / light(jig)[240].max()
    order = ["111", "110", "011", "010", "101", "100", "001", "000"]
    seen = ["".join(str(int(value > 0.5)) for value in row[50 + 100 * index]) for index in range(8)]
    assert seen == order
    assert light(jig)[240, 350, 1] == pytest.approx(0.75 * jig.unit.traits.white_cdm2, rel=0.01)


def test_without_power_it_is_dark_and_shows_home_again_afterwards() -> None:
    jig = awake_unit()
    jig.ask("SET screen red")
    jig.power(False)
    assert light(jig).max() == 0.0
    jig.power(True)
    assert look(jig).view == "home"
