"""Screen: pixels, evenness, colours, dimming and the reversing camera, seen by the bench's camera.

The unit shows plain screens when its service port is told so; where the screen is in the camera's picture is taken from
a white one, which must show it whole and pixel for pixel. What was told is waited for, ``SETTLE_S`` at most; judged is
then the first picture that is like the one before it, whatever it shows: nothing is taken again until it is right.
Figures of the unit: docs/fj-head-units.md, "Screen, keys, touch".
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
from station.model.errors import DutError, InstrumentError, StationError
from station.model.reading import Reading, Statement
from station.model.roles import Camera, HeadUnit, Picture, Relays
from station.runner.conditions import Conditions
from station.runner.measure import Measure
from station.runner.step import step
from station.sequences.steps.relay_lines import closed
from station.sequences.steps.settled_pictures import SETTLE_S, Agreement, alike, alike_all_over, anything, first, steady

log = logging.getLogger(__name__)

EDGE_PX = 1
"""So much larger than it is may the screen be seen: its edge may lie in the middle of a line of the camera's."""
TOLD_PLACES = 10
SIZE = {"screen_width": "px", "screen_height": "px"}


@step(
    zh="像素",
    en="Pixels",
    deadline_s=30,
    uses={"pixel_threshold": "1", **SIZE},
    measures={"dark_lines": "1", "dark_pixels": "1", "adjacent_dark_pixels": "1", "bright_pixels": "1"},
)
def pixels(camera: Camera, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Lines that are dead at an edge, pixels that stay dark on white, how many touch, and those that are lit on black.

    ``pixel_threshold`` is the share of its surroundings below which a colour of a pixel is dark, and the share of white
    by which one must be above them to be bright.
    """
    share = conditions["pixel_threshold"]
    white, area = _lit(camera, dut, clock)
    missing = _missing_lines(white, area, conditions)
    measure("dark_lines", _reading(white, float(missing)))
    _require_all_lines(area, missing, conditions)

    def dark(picture: Picture) -> Defects:
        return dark_pixels(picture, area, share)

    white = steady(camera, clock, _with_the_same(dark, area), anything)
    measure("dark_pixels", _counted(white, dark(white)))
    measure("adjacent_dark_pixels", _reading(white, float(dark(white).adjacent)))
    white_counts = mean_luminance(white, area)
    dut.write("screen", "black")

    def bright(picture: Picture) -> Defects:
        return bright_pixels(picture, area, share, white_counts)

    black = steady(camera, clock, _with_the_same(bright, area), _is_all(area, "black"))
    measure("bright_pixels", _counted(black, bright(black)))
    dut.write("screen", "home")


@step(zh="亮度均匀性", en="Evenness", deadline_s=20, uses=SIZE, measures={"uniformity": "1"})
def evenness(camera: Camera, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """The darkest of nine points of a white screen by the brightest."""
    white, area = _white(camera, dut, clock, conditions)
    measure("uniformity", _reading(white, uniformity(white, area)))
    dut.write("screen", "home")


@step(zh="颜色", en="Colours", deadline_s=20, uses=SIZE, measures={"are_colours_right": ""})
def colours(camera: Camera, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure) -> None:
    """Red, green and blue screens have their colour all over."""
    picture, area = _white(camera, dut, clock, conditions)
    are_right = True
    for name in ("red", "green", "blue"):
        dut.write("screen", name)
        picture = steady(camera, clock, alike(area), _is_all(area, name))
        are_right = are_right and is_all(picture, area, name)
    measure("are_colours_right", Statement(are_right, picture.instrument, picture.taken_at))
    dut.write("screen", "home")


@step(zh="背光调暗", en="Dimming", deadline_s=20, uses=SIZE, measures={"dimming_ratio": "1"})
def dimming(
    camera: Camera, relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """Luminance of a white screen with the illumination line at B+ by that without it, once it fades no more."""
    bright, area = _white(camera, dut, clock, conditions)
    is_like = alike(area)
    with closed(relays, "illumination"):
        picture = steady(camera, clock, is_like, lambda picture: not is_like(bright, picture))
        measure("dimming_ratio", _reading(picture, luminance_ratio(picture, bright, area)))
    dut.write("screen", "home")


@step(
    zh="倒车影像",
    en="Reversing camera",
    deadline_s=40,
    uses={"longest_camera": "s", **SIZE},
    measures={"camera_delay": "s", "are_colour_bars_right": "", "camera_leaves": "s"},
)
def reversing_camera(
    camera: Camera, relays: Relays, dut: HeadUnit, clock: Clock, conditions: Conditions, measure: Measure
) -> None:
    """From the reverse line to right colour bars, and from its end to the screen that was there before.

    The unit's own word for what it shows follows the line, not the picture: only the picture counts. Both times run
    from before the relay is switched to after the first picture that shows it: the unit took at most as long, and less
    by at most the time of two pictures. Where it does not come, the time is that for which it was waited for. The bars
    are judged once they stand still.
    """
    longest_s = conditions["longest_camera"]
    _, area = _white(camera, dut, clock, conditions)
    begun = clock.now()
    with closed(relays, "reverse"):
        picture = first(camera, clock, lambda picture: not wrong_bar(picture, area), longest_s)
        measure("camera_delay", _seconds(clock.now() - begun, picture))
        picture = steady(camera, clock, alike(area), anything)
        wrong = wrong_bar(picture, area)
        if wrong:
            log.info("the reversing camera's picture: %s", wrong)
        measure("are_colour_bars_right", Statement(not wrong, picture.instrument, picture.taken_at))
        begun = clock.now()
    picture = first(camera, clock, _is_all(area, "white"), longest_s)
    measure("camera_leaves", _seconds(clock.now() - begun, picture))
    dut.write("screen", "home")


def _white(camera: Camera, dut: HeadUnit, clock: Clock, conditions: Conditions) -> tuple[Picture, Area]:
    """A picture of the white screen and where it is, whole; raises as ``_lit``, and DutError where lines are dead."""
    picture, area = _lit(camera, dut, clock)
    _require_all_lines(area, _missing_lines(picture, area, conditions), conditions)
    return picture, area


def _lit(camera: Camera, dut: HeadUnit, clock: Clock) -> tuple[Picture, Area]:
    """A picture of the white screen and where it is lit.

    Raises DutError where the screen is dark although the camera sees it lit otherwise, InstrumentError where the camera
    sees no light of any screen, and where it is over-exposed: then nothing that it shows can be compared.
    """
    before = camera.take()
    dut.write("screen", "white")

    def is_white(picture: Picture) -> bool:
        """A grey screen is white too, only darker: white is what has become so."""
        area = lit_area(picture)
        return area is not None and is_all(picture, area, "white") and not alike_all_over(before, picture)

    picture = steady(camera, clock, alike_all_over, is_white)
    area = lit_area(picture)
    if area is None:
        raise _darkness(camera, dut, clock)
    if is_clipped(picture, area):
        raise InstrumentError(picture.instrument, "is over-exposed by a white screen: shorten its exposure")
    return picture, area


def _darkness(camera: Camera, dut: HeadUnit, clock: Clock) -> StationError:
    """Whose fault it is that a white screen is not seen: a camera that sees another one lit is in order."""
    for name in ("home", "green"):
        dut.write("screen", name)
        picture = first(camera, clock, lambda picture: lit_area(picture) is not None, SETTLE_S)
        if lit_area(picture) is not None:
            return DutError(f"the screen stays dark when it is told to be white, and is lit when told to be {name}")
    return InstrumentError(
        picture.instrument,
        "sees no light, whatever the screen is told to show. Look at the screen: if it is dark, the unit is faulty; "
        "if it is lit, see to the camera (cap, cable, exposure)",
    )


def _missing_lines(white: Picture, area: Area, conditions: Conditions) -> int:
    """How many lines or columns of the screen are not lit in a picture that has as many pixels as the screen.

    Raises InstrumentError where the camera does not show it pixel for pixel: with more pixels in one direction, or
    with less in both, as if it were too coarse or too far away. A screen with dead lines has less in one.
    """
    width, height = round(conditions["screen_width"]), round(conditions["screen_height"])
    is_finer = area.width > width + EDGE_PX or area.height > height + EDGE_PX
    is_coarser = area.width < width and area.height < height
    if is_finer or is_coarser or white.width < width or white.height < height:
        raise InstrumentError(
            white.instrument,
            f"does not show the screen pixel for pixel but its {width} x {height} as {area.width} x {area.height}, in "
            f"a picture of {white.width} x {white.height}: move or replace the camera, or see that its picture is "
            "scaled",
        )
    return max(width - area.width, 0) + max(height - area.height, 0)


def _require_all_lines(area: Area, missing: int, conditions: Conditions) -> None:
    if missing:
        size = f"{conditions['screen_width']:.0f} x {conditions['screen_height']:.0f}"
        raise DutError(
            f"of the screen's {size} pixels {area.width} x {area.height} are lit: it has dead lines at an edge, or the "
            "camera was moved and does not see all of it"
        )


def _with_the_same(defects: Callable[[Picture], Defects], area: Area) -> Agreement:
    """Whether two pictures are alike and have the same defects in the same places."""
    return lambda before, picture: alike(area)(before, picture) and defects(before) == defects(picture)


def _is_all(area: Area, name: str) -> Callable[[Picture], bool]:
    return lambda picture: is_all(picture, area, name)


def _reading(picture: Picture, value: float) -> Reading:
    return Reading(value, "1", picture.instrument, f"{value:.4f}", picture.taken_at)


def _seconds(seconds: float, picture: Picture) -> Reading:
    return Reading(seconds, "s", picture.instrument, f"{seconds:.3f}", picture.taken_at)


def _counted(picture: Picture, defects: Defects) -> Reading:
    raw = " ".join([str(defects.count), *(f"({x}, {y})" for x, y in defects.places[:TOLD_PLACES])])
    return Reading(float(defects.count), "1", picture.instrument, raw, picture.taken_at)
