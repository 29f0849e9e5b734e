"""The steps of the screen on units that are good and units that are not, and with a camera that is set wrongly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from station.model.errors import LinkTimeout
from station.model.roles import Picture
from station.runner.step import Step
from station.sequences.steps import screen
from tests.sim.awake_unit import Jig, awake_unit
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
    assert values == {"dark_lines": 0.0, "dark_pixels": 5.0, "adjacent_dark_pixels": 2.0, "bright_pixels": 0.0}
    assert result == "FAIL"


def test_bright_pixels_are_counted(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "bright_pixel"), screen.pixels)
    assert values == {"dark_lines": 0.0, "dark_pixels": 0.0, "adjacent_dark_pixels": 0.0, "bright_pixels": 1.0}
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


def raster(picture: Picture) -> NDArray[np.uint8]:
    return np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)


def shown(picture: Picture, counts: NDArray[np.generic]) -> Picture:
    """``picture`` with other counts in it."""
    rgb = counts.astype(np.uint8).tobytes()
    return Picture(counts.shape[1], counts.shape[0], rgb, picture.instrument, picture.taken_at)


class ResampledCamera(JigCamera):
    """Has ``down`` lines of the screen in one of its own and ``right`` columns, or lines and columns twice."""

    down, right, times = 1, 1, 1

    def take(self) -> Picture:
        picture = super().take()
        seen = raster(picture)[:: self.down, :: self.right].repeat(self.times, axis=0).repeat(self.times, axis=1)
        return shown(picture, seen)


class CoarseCamera(ResampledCamera):
    down, right = 2, 2


class FineCamera(ResampledCamera):
    times = 2


class NarrowCamera(ResampledCamera):
    down = 2


class FarCamera(JigCamera):
    """Its picture is as large as the screen, which fills the middle of it alone."""

    def take(self) -> Picture:
        picture = super().take()
        far = np.zeros((480, 800, 3))
        far[120:360, 200:600] = raster(picture)[::2, ::2]
        return shown(picture, far)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
@pytest.mark.parametrize("camera", [CoarseCamera, FineCamera, NarrowCamera, FarCamera])
def test_a_camera_that_does_not_show_the_screen_pixel_for_pixel_is_an_error_and_has_to_be_moved(
    tmp_path: Path, step: Step, camera: type[JigCamera]
) -> None:
    jig = awake_unit("FJ-N7", "dead_pixels")
    values, result, message = outcome(tmp_path, jig, step, camera=camera(jig))
    assert (values, result) == ({}, "ERROR")
    assert message.startswith("cam: does not show the screen pixel for pixel but its 800 x 480 as ")
    assert "move or replace the camera" in message


def test_a_half_that_is_darker_is_uneven(tmp_path: Path) -> None:
    values, result, _ = outcome(tmp_path, awake_unit("FJ-N7", "half_dark"), screen.evenness)
    assert (values["uniformity"], result) == (pytest.approx(0.3, abs=0.05), "FAIL")


def test_dead_lines_are_counted_and_nothing_is_said_of_the_pixels(tmp_path: Path) -> None:
    values, result, message = outcome(tmp_path, awake_unit("FJ-N7", "dead_lines"), screen.pixels)
    assert (values, result) == ({"dark_lines": 6.0}, "FAIL")
    assert "of the screen's 800 x 480 pixels 800 x 474 are lit" in message


@pytest.mark.parametrize("step", STEPS[1:], ids=lambda step: step.name)
def test_a_screen_with_dead_lines_is_not_measured_as_if_it_were_whole(tmp_path: Path, step: Step) -> None:
    values, result, message = outcome(tmp_path, awake_unit("FJ-N7", "dead_lines"), step)
    assert (values, result) == ({}, "FAIL")
    assert "dead lines" in message


class FlickeringCamera(JigCamera):
    """Every other picture has a dark pixel, or is darker as a whole by ``share``."""

    share = 0.0
    is_odd = False

    def take(self) -> Picture:
        picture = super().take()
        self.is_odd = not self.is_odd
        if not self.is_odd:
            return picture
        counts = raster(picture) * (1.0 - self.share)
        counts[100, 100:102] = 0
        return shown(picture, counts)


class FlickeringLight(FlickeringCamera):
    share = 0.2


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_screen_that_flickers_does_not_pass(tmp_path: Path, step: Step) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=FlickeringLight(jig))
    assert (values, result) == ({}, "FAIL")
    assert message.startswith("the screen does not stand still within 2 s: it flickers")


def test_pixels_that_flicker_do_not_pass(tmp_path: Path) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, screen.pixels, camera=FlickeringCamera(jig))
    assert (values, result) == ({"dark_lines": 0.0}, "FAIL")
    assert message.startswith("the screen does not stand still within 2 s: it flickers")


class HealingCamera(JigCamera):
    """Sees two dark pixels until it has seen the white screen five times."""

    whites = 0

    def take(self) -> Picture:
        picture = super().take()
        self.whites += self._jig.get("screen") == "white"
        counts = raster(picture).copy()
        if self.whites <= 5:
            counts[100, 100:102] = 0
        return shown(picture, counts)


def test_pixels_that_are_dark_at_first_are_not_taken_again_until_they_are_not(tmp_path: Path) -> None:
    jig = awake_unit()
    values, result, _ = outcome(tmp_path, jig, screen.pixels, camera=HealingCamera(jig))
    assert (values["dark_pixels"], result) == (2.0, "FAIL")


class LateCamera(JigCamera):
    """Sees the screen as it was three pictures ago."""

    def __init__(self, jig: Jig) -> None:
        super().__init__(jig)
        self._seen = [super().take()] * 4

    def take(self) -> Picture:
        self._seen = [*self._seen[1:], super().take()]
        return self._seen[0]


@pytest.mark.parametrize("step", STEPS[:-1], ids=lambda step: step.name)
def test_a_screen_that_takes_its_time_is_waited_for(tmp_path: Path, step: Step) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=LateCamera(jig))
    assert (result, message) == ("PASS", ""), values
    assert values.get("uniformity", 0.88) == pytest.approx(jig.unit.traits.edge, abs=0.035)
    assert values.get("dimming_ratio", jig.unit.traits.dimmed) == pytest.approx(jig.unit.traits.dimmed, abs=0.005)


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


NO_LIGHT = (
    "cam: sees no light, whatever the screen is told to show. Look at the screen: if it is dark, the unit is faulty; "
    "if it is lit, see to the camera (cap, cable, exposure)"
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_camera_that_sees_no_light_of_any_screen_is_an_error_and_who_has_to_look_is_told(
    tmp_path: Path, step: Step
) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=JigCamera(jig, full_scale_cdm2=50000.0))
    assert (values, result, message) == ({}, "ERROR", NO_LIGHT)


class BlindToWhite(JigCamera):
    """Sees what a unit shows whose screen goes dark when it is told to be white."""

    def take(self) -> Picture:
        picture = super().take()
        return shown(picture, np.zeros((480, 800, 3))) if self._jig.get("screen") == "white" else picture


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_screen_that_is_dark_where_it_should_be_white_but_lit_otherwise_fails_the_unit(
    tmp_path: Path, step: Step
) -> None:
    jig = awake_unit()
    values, result, message = outcome(tmp_path, jig, step, camera=BlindToWhite(jig))
    told = "the screen stays dark when it is told to be white, and is lit when told to be home"
    assert (values, result, message) == ({}, "FAIL", told)


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
