"""What is computed from pictures, held against pictures of which the answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from station.analysis.pictures import (
    BARS,
    Area,
    bar_colours,
    bright_pixels,
    colour,
    dark_pixels,
    is_all,
    is_clipped,
    lit_area,
    luminance_ratio,
    mean_luminance,
    nine_points,
    uniformity,
    wrong_bar,
)
from station.model.roles import Picture

Levels = NDArray[np.float64]
WIDTH, HEIGHT = 160, 96
WHOLE = Area(0, 0, WIDTH, HEIGHT)
ON = {
    "white": (1, 1, 1),
    "yellow": (1, 1, 0),
    "cyan": (0, 1, 1),
    "green": (0, 1, 0),
    "magenta": (1, 0, 1),
    "red": (1, 0, 0),
    "blue": (0, 0, 1),
    "black": (0, 0, 0),
}


def plain(level: float | Sequence[float]) -> Levels:
    return np.ones((HEIGHT, WIDTH, 3)) * np.asarray(level)


def picture(levels: Levels, noise: float = 0.0, seed: int = 1) -> Picture:
    noisy = levels + np.random.default_rng(seed).normal(0.0, noise, levels.shape) if noise else levels
    rgb = np.rint(noisy).clip(0, 255).astype(np.uint8).tobytes()
    return Picture(levels.shape[1], levels.shape[0], rgb, "camera", datetime(2026, 11, 23, tzinfo=UTC))


def bars(names: Sequence[str] = BARS, level: float = 150.0, offset: float = 0.0) -> Levels:
    levels = np.zeros((HEIGHT, WIDTH, 3))
    step = WIDTH // len(names)
    for index, name in enumerate(names):
        levels[:, index * step : (index + 1) * step] = np.asarray(ON[name]) * level + offset
    return levels


def framed(levels: Levels, right: int, down: int) -> Levels:
    """The screen seen ``right`` and ``down`` of where it should be; what is beside it is black."""
    moved = np.zeros_like(levels)
    moved[down:, right:] = levels[: HEIGHT - down, : WIDTH - right]
    return moved


def test_luminance_weighs_the_colours_as_the_eye_does() -> None:
    assert mean_luminance(picture(plain((100, 0, 0))), WHOLE) == pytest.approx(21.26)
    assert mean_luminance(picture(plain((0, 100, 0))), WHOLE) == pytest.approx(71.52)
    assert mean_luminance(picture(plain((0, 0, 100))), WHOLE) == pytest.approx(7.22)
    assert mean_luminance(picture(plain(100)), WHOLE) == pytest.approx(100.0)


def test_nine_points_are_read_line_by_line() -> None:
    levels = plain(100)
    levels[: HEIGHT // 3, : WIDTH // 3] = 80
    levels[2 * HEIGHT // 3 :, 2 * WIDTH // 3 :] = 60
    assert nine_points(picture(levels), WHOLE) == pytest.approx((80, 100, 100, 100, 100, 100, 100, 100, 60))
    assert uniformity(picture(levels), WHOLE) == pytest.approx(0.6)


@given(st.floats(0.3, 1.0), st.floats(0.0, 3.0), st.integers(0, 3))
@settings(max_examples=20, deadline=None)
def test_a_dark_corner_is_found_to_one_percent_in_noise_and_a_little_off_its_place(
    corner: float, noise: float, shift: int
) -> None:
    levels = plain(200)
    levels[: HEIGHT // 4, : WIDTH // 4] *= corner
    seen = picture(framed(levels, shift, shift), noise)
    area = lit_area(seen)
    assert area is not None
    assert uniformity(seen, area) == pytest.approx(corner, abs=0.015)


def test_a_black_screen_has_no_evenness() -> None:
    assert uniformity(picture(plain(0)), WHOLE) == 0.0


def test_the_screen_is_found_in_its_bezel() -> None:
    levels = np.zeros((HEIGHT, WIDTH, 3))
    levels[5:90, 8:150] = 180
    levels[40:44, 60:64] = 0
    assert lit_area(picture(levels, noise=2.0)) == Area(8, 5, 150, 90)


@pytest.mark.parametrize("share", [0.8, 0.3, 0.15])
def test_a_half_that_is_darker_is_a_part_of_the_screen(share: float) -> None:
    levels = plain(200)
    levels[HEIGHT // 2 :] *= share
    seen = picture(levels, noise=2.0)
    assert lit_area(seen) == WHOLE
    assert uniformity(seen, WHOLE) == pytest.approx(share, abs=0.01)


def test_lines_that_are_dead_at_an_edge_are_missing_in_the_area() -> None:
    levels = plain(200)
    levels[: HEIGHT // 4] = 0
    assert lit_area(picture(levels, noise=2.0)) == Area(0, HEIGHT // 4, WIDTH, HEIGHT)
    levels[:, -1:] = 0
    area = lit_area(picture(levels, noise=2.0))
    assert area is not None
    assert (area.width, area.height) == (WIDTH - 1, HEIGHT - HEIGHT // 4)


def test_lines_that_are_dead_in_the_middle_are_dark_pixels_of_the_area() -> None:
    levels = plain(200)
    levels[40:60] = 0
    seen = picture(levels, noise=2.0)
    assert lit_area(seen) == WHOLE
    assert dark_pixels(seen, WHOLE, 0.5).count > WIDTH


@pytest.mark.parametrize("beside", [0.0, 0.2, 0.45, 0.55, 0.8, 1.0])
@pytest.mark.parametrize("falls_to", [1.0, 0.7])
def test_an_edge_between_two_lines_of_the_camera_adds_none_or_one_and_takes_none(
    beside: float, falls_to: float
) -> None:
    levels = np.zeros((HEIGHT, WIDTH, 3))
    levels[10:80, 20:140] = 200 * np.linspace(1.0, falls_to, 120)[np.newaxis, :, np.newaxis]
    levels[10:80, 20] *= 1 - beside
    levels[10:80, 140] = 200 * falls_to * beside
    area = lit_area(picture(levels, noise=2.0))
    assert area is not None
    assert area.height == 70
    assert 120 <= area.width <= 121


def test_a_bezel_that_reflects_is_no_screen() -> None:
    levels = plain(15)
    levels[5:90, 8:150] = 200
    assert lit_area(picture(levels, noise=2.0)) == Area(8, 5, 150, 90)


def test_a_dark_screen_is_nowhere() -> None:
    assert lit_area(picture(plain(2), noise=2.0)) is None


def test_a_picture_at_full_scale_is_told() -> None:
    assert is_clipped(picture(plain(255)), WHOLE)
    assert is_clipped(picture(plain((255, 100, 100))), WHOLE)
    bright = plain(240)
    bright[3, 3] = 255
    assert not is_clipped(picture(bright), WHOLE)


def test_dark_pixels_are_counted_with_their_places() -> None:
    levels = plain(200)
    for x, y in ((30, 20), (90, 50), (140, 80)):
        levels[y, x] = 0
    found = dark_pixels(picture(levels, noise=3.0), WHOLE, 0.5)
    assert (found.count, found.adjacent, found.places) == (3, 0, ((30, 20), (90, 50), (140, 80)))


@pytest.mark.parametrize("second", [(31, 20), (30, 21), (31, 21), (29, 21)])
def test_dark_pixels_that_touch_are_told(second: tuple[int, int]) -> None:
    levels = plain(200)
    for x, y in ((30, 20), second, (90, 50)):
        levels[y, x] = 0
    found = dark_pixels(picture(levels, noise=3.0), WHOLE, 0.5)
    assert (found.count, found.adjacent) == (3, 2)


def test_pixels_one_apart_do_not_touch() -> None:
    levels = plain(200)
    levels[20, 30] = levels[20, 32] = 0
    assert dark_pixels(picture(levels), WHOLE, 0.5).adjacent == 0


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_one_dark_colour_of_a_pixel_is_a_dark_pixel(channel: int) -> None:
    levels = plain(200)
    levels[40, 70, channel] = 10
    assert dark_pixels(picture(levels, noise=3.0), WHOLE, 0.5).places == ((70, 40),)


@pytest.mark.parametrize("place", [(0, 0), (WIDTH - 1, HEIGHT - 1), (5, HEIGHT - 1)])
def test_a_dark_pixel_at_the_very_edge_is_found(place: tuple[int, int]) -> None:
    levels = plain(200)
    levels[place[1], place[0]] = 0
    assert dark_pixels(picture(levels), WHOLE, 0.5).places == (place,)


def test_neither_noise_nor_an_uneven_back_light_is_a_dark_pixel() -> None:
    gradient = plain(200) * np.linspace(0.3, 1.0, WIDTH)[np.newaxis, :, np.newaxis]
    assert dark_pixels(picture(gradient, noise=4.0), WHOLE, 0.5).count == 0


def test_a_bezel_in_the_picture_is_no_dark_pixel() -> None:
    levels = framed(plain(200), 3, 2)
    levels[40, 70] = 0
    seen = picture(levels, noise=3.0)
    area = lit_area(seen)
    assert area is not None
    assert dark_pixels(seen, area, 0.5).places == ((70, 40),)


def test_bright_pixels_are_found_on_black() -> None:
    levels = plain(1)
    levels[40, 70] = 200
    levels[41, 71] = (0, 0, 180)
    levels[10, 10] = 30
    found = bright_pixels(picture(levels, noise=2.0), WHOLE, 0.25, 200)
    assert (found.count, found.adjacent, found.places) == (2, 2, ((70, 40), (71, 41)))


def test_noise_and_a_glow_of_the_back_light_are_no_bright_pixels() -> None:
    glow = plain(20) * np.linspace(0.0, 2.0, WIDTH)[np.newaxis, :, np.newaxis]
    assert bright_pixels(picture(glow, noise=4.0), WHOLE, 0.25, 200).count == 0


def test_a_screen_full_of_defects_is_counted_whole() -> None:
    levels = plain(200)
    levels[::4, ::4] = 0
    found = dark_pixels(picture(levels), WHOLE, 0.5)
    assert found.count == (HEIGHT // 4) * (WIDTH // 4)
    assert len(found.places) == 100


@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("leak", [0.0, 0.3])
def test_colours_are_named_through_noise_and_overlapping_filters(name: str, leak: float) -> None:
    level = np.asarray(ON[name]) * 180.0
    seen = picture(plain(level * (1 - leak) + leak * level.max() * 0.5), noise=3.0)
    assert colour(seen, WHOLE) == name
    assert is_all(seen, WHOLE, name)


def test_a_screen_of_which_a_corner_has_another_colour_is_not_all_of_it() -> None:
    levels = plain((180, 0, 0))
    levels[: HEIGHT // 4, : WIDTH // 4] = (0, 180, 0)
    assert colour(picture(levels), WHOLE) == "red"
    assert not is_all(picture(levels), WHOLE, "red")


@given(st.integers(0, 4), st.integers(0, 6), st.floats(0.0, 4.0), st.floats(60.0, 250.0), st.floats(0.0, 15.0))
@settings(max_examples=25, deadline=None)
def test_right_bars_are_right_in_noise_at_any_level_and_a_little_off_their_place(
    right: int, down: int, noise: float, level: float, offset: float
) -> None:
    seen = picture(framed(bars(level=level, offset=offset), right, down), noise)
    assert bar_colours(seen, WHOLE) == BARS
    assert wrong_bar(seen, WHOLE) == ""


@pytest.mark.parametrize("index", range(8))
def test_a_bar_of_another_colour_is_named(index: int) -> None:
    names = list(BARS)
    names[index] = "black" if index != 7 else "white"
    assert wrong_bar(picture(bars(names), noise=2.0), WHOLE) == f"bar {index + 1} is {names[index]}, not {BARS[index]}"


def test_bars_the_wrong_way_round_are_wrong_from_the_first() -> None:
    assert wrong_bar(picture(bars(BARS[::-1])), WHOLE) == "bar 1 is black, not white"


def test_red_and_blue_swapped_is_wrong_at_the_second_bar() -> None:
    assert wrong_bar(picture(bars()[:, :, ::-1]), WHOLE) == "bar 2 is cyan, not yellow"


def test_a_bar_that_is_torn_is_told() -> None:
    levels = bars()
    levels[: HEIGHT // 3, 40:60] = 0
    assert wrong_bar(picture(levels), WHOLE) == "bar 3 is torn, not cyan"


@pytest.mark.parametrize("level", [0.0, 5.0, 180.0])
def test_a_screen_without_bars_has_none(level: float) -> None:
    assert wrong_bar(picture(plain(level), noise=2.0), WHOLE) != ""


def test_the_ratio_of_two_pictures_is_that_of_their_luminance() -> None:
    assert luminance_ratio(picture(plain(80), 2.0), picture(plain(200), 2.0, 2), WHOLE) == pytest.approx(0.4, abs=0.003)
    assert luminance_ratio(picture(plain(80)), picture(plain(0)), WHOLE) == float("inf")
