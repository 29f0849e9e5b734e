"""The steps of the screen on units that are good and units that are not, and with a camera that is set wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.model.errors import LinkTimeout
from station.model.roles import Picture
from station.runner.step import Step
from station.sequences.steps import screen
from tests.sim.awake_unit import awake_unit
from tests.station.sequences.jig_roles import JigCamera, JigRelays, outcome

STEPS = (screen.pixels, screen.evenness, screen.colours, screen.dimming, screen.reversing_camera)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("number", range(3))
def test_a_good_unit_passes_and_shows_home_again(tmp_path: Path, step: Step, number: int) -> None:
    jig = awake_unit("FJ-N7", serial=f"FJN72611{number:05}")
    values, result, message = outcome(tmp_path, jig, step)
    assert (result, message) == ("PASS", ""), values
    assert values.keys() == step.declaration.measures.keys()
    assert jig.world.surroundings.closed == frozenset()
    assert jig.get("screen") == "home"


def test_dark_pixels_are_counted_and_those_that_touch_told(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "dead_pixels"), screen.pixels)
    assert values == {"dark_pixels": 5.0, "adjacent_dark_pixels": 2.0, "bright_pixels": 0.0}
    assert result == "FAIL"


def test_bright_pixels_are_counted(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "bright_pixel"), screen.pixels)
    assert values == {"dark_pixels": 0.0, "adjacent_dark_pixels": 0.0, "bright_pixels": 1.0}
    assert result == "FAIL"


def test_a_good_screen_is_as_even_as_its_edges(tmp_path: Path) -> None:
    jig = awake_unit()
    values, _, _ = outcome(tmp_path, jig, screen.evenness)
    assert values["uniformity"] == pytest.approx(jig.unit.traits.edge, abs=0.02)


def test_a_dark_corner_is_found(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "dark_corner"), screen.evenness)
    assert (values["uniformity"], result) == (pytest.approx(0.55, abs=0.03), "FAIL")


def test_dimming_is_what_it_is(tmp_path: Path) -> None:
    jig = awake_unit()
    values, _, _ = outcome(tmp_path, jig, screen.dimming)
    assert values["dimming_ratio"] == pytest.approx(jig.unit.traits.dimmed, abs=0.005)


def test_a_screen_that_does_not_dim_is_found(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "no_dimming"), screen.dimming)
    assert (values["dimming_ratio"], result) == (pytest.approx(1.0, abs=0.005), "FAIL")


class FadingCamera(JigCamera):
    """Sees a back-light that fades through the limit's range on its way to nearly nothing."""

    level = 1.0

    def take(self) -> Picture:
        picture = super().take()
        if not self._jig.world.surroundings.closed:
            return picture
        self.level = max(self.level * 0.8, 0.1)
        rgb = bytes(int(count / 0.4 * self.level) for count in picture.rgb[:2400]) * 480
        return Picture(800, 480, rgb, picture.instrument, picture.taken_at)


def test_a_value_on_the_way_through_the_limits_is_not_taken(tmp_path: Path) -> None:
    jig = awake_unit()
    values, result, _ = outcome(tmp_path, jig, screen.dimming, camera=FadingCamera(jig, noise=0.0))
    assert result == "FAIL"
    assert values["dimming_ratio"] == pytest.approx(0.1, abs=0.02)


def test_the_reversing_camera_is_timed_by_its_picture(tmp_path: Path) -> None:
    jig = awake_unit()
    values, _, _ = outcome(tmp_path, jig, screen.reversing_camera)
    delay_s, leaves_s = values["camera_delay"], values["camera_leaves"]
    assert isinstance(delay_s, float) and isinstance(leaves_s, float)
    assert jig.unit.traits.camera_s <= delay_s <= jig.unit.traits.camera_s + 0.3
    assert 0.3 <= leaves_s <= 0.6


def test_a_dead_camera_input_has_no_bars_and_is_waited_for_in_vain(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "blind_camera_input"), screen.reversing_camera)
    assert (values["are_colour_bars_right"], result) == (False, "FAIL")
    assert values["camera_delay"] == pytest.approx(4.0, abs=0.3)


def test_a_camera_that_comes_late_is_late_and_has_right_bars(tmp_path: Path) -> None:
    values, result, message = outcome(tmp_path, awake_unit("FJ-N7", "slow_camera"), screen.reversing_camera)
    assert (values["are_colour_bars_right"], result) == (True, "FAIL")
    assert values["camera_delay"] == pytest.approx(2.5, abs=0.15)
    assert "camera_delay" in message


class SwappedCamera(JigCamera):
    """Sees red and blue swapped, as behind a wrong plug."""

    def take(self) -> Picture:
        picture = super().take()
        rgb = bytearray(picture.rgb)
        rgb[0::3], rgb[2::3] = rgb[2::3], rgb[0::3]
        return Picture(800, 480, bytes(rgb), picture.instrument, picture.taken_at)


def test_swapped_colours_are_found_in_plain_screens_and_in_bars(tmp_path: Path) -> None:
    jig = awake_unit()
    values, _, _ = outcome(tmp_path, jig, screen.colours, camera=SwappedCamera(jig))
    assert values["are_colours_right"] is False
    values, _, _ = outcome(tmp_path, jig, screen.reversing_camera, camera=SwappedCamera(jig))
    assert values["are_colour_bars_right"] is False


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_an_over_exposed_camera_is_an_error_of_the_station(tmp_path: Path, step: Step) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=JigCamera(jig, full_scale_cdm2=300.0))
    assert (values, result) == ({}, "ERROR")
    assert message == "cam: is over-exposed by a white screen: shorten its exposure"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_screen_that_stays_dark_fails_the_unit(tmp_path: Path, step: Step) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=JigCamera(jig, full_scale_cdm2=50000.0))
    assert (values, result, message) == ({}, "FAIL", "the screen stays dark when it is told to be white")


class LostCamera(JigCamera):
    """Its link fails as soon as a relay is closed."""

    def take(self) -> Picture:
        if self._jig.world.surroundings.closed:
            raise LinkTimeout("cam", "the stream of pictures has stopped")
        return super().take()


@pytest.mark.parametrize("step", [screen.dimming, screen.reversing_camera], ids=lambda step: step.name)
def test_a_camera_that_fails_is_an_error_and_the_relay_is_opened(tmp_path: Path, step: Step) -> None:
    jig = awake_unit()
    relays = JigRelays(jig)
    values, result, message = outcome(tmp_path, jig, step, camera=LostCamera(jig), relays=relays)
    assert (values, result, message) == ({}, "ERROR", "cam: the stream of pictures has stopped")
    assert jig.world.surroundings.closed == frozenset()
    assert len(relays.history) == 1
