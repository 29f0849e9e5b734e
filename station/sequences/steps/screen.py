"""Screen: pixels, evenness, colours, dimming and the reversing camera, seen by the bench's camera.

The unit shows plain screens when its service port is told so; where the screen is in the camera's picture is taken from
a white one. A picture is judged when it is right, or when it has had ``SETTLE_S`` to become so. Figures of the unit:
docs/fj-head-units.md, "Screen, keys, touch".
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from station.analysis.pictures import (
    Area,
    Defects,
    bright_pixels,
    dark_pixels,
    is_all,
    is_clipped,
    lit_area,
    luminance_ratio,
    mean_luminance,
    uniformity,
    wrong_bar,
)
from station.model.clock import Clock
from station.model.errors import DutError, InstrumentError
from station.model.reading import Reading, Statement
from station.model.roles import Camera, HeadUnit, Picture, Relays
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.relay_lines import closed

log = logging.getLogger(__name__)

SETTLE_S = 2.0
"""Longest time for the screen to show what it was told; estimate: many times a liquid crystal's, with any fading."""
STEADY_SHARE = 0.01
"""Two pictures in a row whose luminance differs by less show a screen that does not fade any more; estimate."""
TOLD_PLACES = 10


@step(
    zh="像素",
    en="Pixels",
    deadline_s=30,
    uses={"pixel_threshold": "1"},
    measures={"dark_pixels": "1", "adjacent_dark_pixels": "1", "bright_pixels": "1"},
)
def pixels(camera: Camera, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Pixels that stay dark on white, how many of them touch, and those that stay lit on black.

    ``pixel_threshold`` is the share of its surroundings below which a colour of a pixel is dark, and the share of white
    by which one must be above them to be bright.
    """
    share = conditions["pixel_threshold"]
    white, area = _white(camera, dut, clock)

    def dark(picture: Picture) -> Reading:
        return _counted(picture, dark_pixels(picture, area, share))

    white = _settled(camera, clock, lambda picture: measure.is_inside("dark_pixels", dark(picture)), white)
    measure("dark_pixels", dark(white))
    defects = dark_pixels(white, area, share)
    measure("adjacent_dark_pixels", _reading(white, float(defects.adjacent)))
    white_counts = mean_luminance(white, area)
    dut.write("screen", "black")

    def bright(picture: Picture) -> Reading:
        return _counted(picture, bright_pixels(picture, area, share, white_counts))

    def is_right(picture: Picture) -> bool:
        return is_all(picture, area, "black") and measure.is_inside("bright_pixels", bright(picture))

    measure("bright_pixels", bright(_settled(camera, clock, is_right)))
    dut.write("screen", "home")


@step(zh="亮度均匀性", en="Evenness", deadline_s=20, measures={"uniformity": "1"})
def evenness(camera: Camera, dut: HeadUnit, clock: Clock, measure: Measure) -> None:
    """The darkest of nine points of a white screen by the brightest."""
    white, area = _white(camera, dut, clock)

    def even(picture: Picture) -> Reading:
        return _reading(picture, uniformity(picture, area))

    white = _settled(camera, clock, lambda picture: measure.is_inside("uniformity", even(picture)), white)
    measure("uniformity", even(white))
    dut.write("screen", "home")


@step(zh="颜色", en="Colours", deadline_s=20, measures={"are_colours_right": ""})
def colours(camera: Camera, dut: HeadUnit, clock: Clock, measure: Measure) -> None:
    """Red, green and blue screens have their colour all over."""
    picture, area = _white(camera, dut, clock)
    are_right = True
    for name in ("red", "green", "blue"):
        dut.write("screen", name)
        picture = _settled(camera, clock, _is_all(area, name))
        are_right = are_right and is_all(picture, area, name)
    measure("are_colours_right", Statement(are_right, picture.instrument, picture.taken_at))
    dut.write("screen", "home")


@step(zh="背光调暗", en="Dimming", deadline_s=20, measures={"dimming_ratio": "1"})
def dimming(camera: Camera, relays: Relays, dut: HeadUnit, clock: Clock, measure: Measure) -> None:
    """Luminance of a white screen with the illumination line at B+ by that without it, once it fades no more."""
    bright, area = _white(camera, dut, clock)

    def ratio(picture: Picture) -> Reading:
        return _reading(picture, luminance_ratio(picture, bright, area))

    with closed(relays, "illumination"):
        deadline = clock.now() + SETTLE_S
        before, picture = bright, camera.take()
        while not (_is_steady(before, picture, area) and measure.is_inside("dimming_ratio", ratio(picture))):
            if clock.now() >= deadline:
                break
            before, picture = picture, camera.take()
        measure("dimming_ratio", ratio(picture))
    dut.write("screen", "home")


@step(
    zh="倒车影像",
    en="Reversing camera",
    deadline_s=40,
    uses={"longest_camera": "s"},
    measures={"camera_delay": "s", "are_colour_bars_right": "", "camera_leaves": "s"},
)
def reversing_camera(
    camera: Camera, relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """From the reverse line to right colour bars, and from its end to the screen that was there before.

    The unit's own word for what it shows follows the line, not the picture: only the picture counts. Both times run
    from before the relay is switched to after the first picture that shows it: the unit took at most as long, and less
    by at most the time of two pictures. Where it does not come, the time is that for which it was waited for.
    """
    longest_s = conditions["longest_camera"]
    _, area = _white(camera, dut, clock)
    begun = clock.now()
    with closed(relays, "reverse"):
        picture = _settled(camera, clock, lambda picture: not wrong_bar(picture, area), longest_s=longest_s)
        measure("camera_delay", _seconds(clock.now() - begun, picture))
        wrong = wrong_bar(picture, area)
        if wrong:
            log.info("the reversing camera's picture: %s", wrong)
        measure("are_colour_bars_right", Statement(not wrong, picture.instrument, picture.taken_at))
        begun = clock.now()
    picture = _settled(camera, clock, _is_all(area, "white"), longest_s=longest_s)
    measure("camera_leaves", _seconds(clock.now() - begun, picture))
    dut.write("screen", "home")


def _white(camera: Camera, dut: HeadUnit, clock: Clock) -> tuple[Picture, Area]:
    """A picture of the white screen and where the screen is in it.

    Raises DutError where the screen stays dark, InstrumentError where the camera is over-exposed: then nothing that it
    shows can be compared.
    """
    dut.write("screen", "white")

    def is_white(picture: Picture) -> bool:
        area = lit_area(picture)
        return area is not None and is_all(picture, area, "white")

    picture = _settled(camera, clock, is_white)
    area = lit_area(picture)
    if area is None:
        raise DutError("the screen stays dark when it is told to be white")
    if is_clipped(picture, area):
        raise InstrumentError(picture.instrument, "is over-exposed by a white screen: shorten its exposure")
    return picture, area


def _settled(
    camera: Camera,
    clock: Clock,
    is_right: Callable[[Picture], bool],
    first: Picture | None = None,
    longest_s: float = SETTLE_S,
) -> Picture:
    """The first picture that is right, beginning with ``first``; the last one after ``longest_s``."""
    deadline = clock.now() + longest_s
    picture = first or camera.take()
    while not is_right(picture) and clock.now() < deadline:
        picture = camera.take()
    return picture


def _is_steady(before: Picture, picture: Picture, area: Area) -> bool:
    return abs(luminance_ratio(picture, before, area) - 1.0) <= STEADY_SHARE


def _is_all(area: Area, name: str) -> Callable[[Picture], bool]:
    return lambda picture: is_all(picture, area, name)


def _reading(picture: Picture, value: float) -> Reading:
    return Reading(value, "1", picture.instrument, f"{value:.4f}", picture.taken_at)


def _seconds(seconds: float, picture: Picture) -> Reading:
    return Reading(seconds, "s", picture.instrument, f"{seconds:.3f}", picture.taken_at)


def _counted(picture: Picture, defects: Defects) -> Reading:
    raw = " ".join([str(defects.count), *(f"({x}, {y})" for x, y in defects.places[:TOLD_PLACES])])
    return Reading(float(defects.count), "1", picture.instrument, raw, picture.taken_at)
