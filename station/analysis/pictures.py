"""What a picture of a screen says: luminance, its evenness, pixels that do not follow, colours and colour bars.

Sources: luminance from linear red, green and blue: ITU-R BT.709; full-field colour bars: ITU-R BT.471-1, their order
BT.801-1; evenness as the darkest by the brightest of nine points: Philips 220CW8 service manual, 8.9.3 and 8.10. What
is of another origin is marked as an estimate. All values are counts, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from station.model.roles import Picture

Raster = NDArray[np.uint8]
Counts = NDArray[np.float64]
Mask = NDArray[np.bool_]

LUMINANCE_OF = np.array([0.2126, 0.7152, 0.0722])
POINTS = (0.1, 0.5, 0.9)
"""Where the nine points lie in width and height; estimate: a tenth from the edges, where light guides fail."""
POINT_SHARE = 0.05
"""Side of a point as a share of the screen's; estimate: 40 x 24 of 800 x 480 pixels, some four millimetres."""
NEIGHBOURS_PX = 7
"""A pixel is held against the mean of this many on each side of it; estimate: far more than a fault, far less than a
gradient of the back-light."""
LIT_SHARE = 0.1
"""A line with less of the brightest one's light is dead or no part of the screen; estimate: bezels reflect less."""
EDGE_SHARE = 0.47
"""A line at the edge with less of the light of the next one is a line of the camera that the screen only touches: where
the edge is in the middle of a line of the camera, that line counts as one of the screen's; estimate, a little below
half for noise."""
ON_SHARE = 0.5
"""A channel is on from this share of the brightest one's; estimate: filters of cameras overlap by less."""
LIT_COUNTS = 12.0
"""Less than a twentieth of full scale is no light; estimate: many times a camera's noise."""
BAR_INSIDE = 0.5
"""The share of a bar's width and of a third of its height that is looked at; estimate: the rest is for misalignment."""
FULL_SCALE = 255
CLIPPED_SHARE = 0.01

BARS = ("white", "yellow", "cyan", "green", "magenta", "red", "blue", "black")
_COLOURS = {
    (True, True, True): "white",
    (True, True, False): "yellow",
    (False, True, True): "cyan",
    (False, True, False): "green",
    (True, False, True): "magenta",
    (True, False, False): "red",
    (False, False, True): "blue",
    (False, False, False): "black",
}


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a picture; ``right`` and ``bottom`` are the first pixels outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Lines."""
        return self.bottom - self.top

    def part(self, left: float, top: float, right: float, bottom: float) -> Area:
        """A part of it by shares of its width and height; at least one pixel."""
        x, y = self.left + int(left * self.width), self.top + int(top * self.height)
        most_x, most_y = self.left + int(right * self.width), self.top + int(bottom * self.height)
        return Area(x, y, max(most_x, x + 1), max(most_y, y + 1))


@dataclass(frozen=True, slots=True)
class Defects:
    """Pixels that do not follow the others; ``adjacent`` is how many of them touch another one, corners included."""

    count: int
    adjacent: int
    places: tuple[tuple[int, int], ...]


def lit_area(white: Picture) -> Area | None:
    """Where the screen is in a picture of it all white, or None where nothing is lit.

    It reaches from the first line and column with a tenth of the brightest one's light to the last one: a bezel is left
    out, a part of the screen that is dim is not. A part that is dead right across is missing at an edge; its caller has
    to hold the size against that of the screen.
    """
    raster = _raster(white)
    columns, rows = raster.mean(axis=0) @ LUMINANCE_OF, raster.mean(axis=1) @ LUMINANCE_OF
    if max(float(columns.max()), float(rows.max())) < LIT_COUNTS:
        return None
    (left, right), (top, bottom) = _lit_lines(columns), _lit_lines(rows)
    return Area(left, top, right, bottom)


def whole(picture: Picture) -> Area:
    """All of it."""
    return Area(0, 0, picture.width, picture.height)


def is_clipped(picture: Picture, area: Area) -> bool:
    """Whether more than a hundredth of ``area`` is at full scale: it is brighter than the picture says."""
    return bool((_raster(picture, area) == FULL_SCALE).any(axis=2).mean() > CLIPPED_SHARE)


def mean_luminance(picture: Picture, area: Area) -> float:
    """Mean of ``area``."""
    return float(_raster(picture, area).mean(axis=(0, 1)) @ LUMINANCE_OF)


def nine_points(white: Picture, area: Area) -> tuple[float, ...]:
    """Mean luminance of nine points, line by line from the top left."""
    return tuple(mean_luminance(white, point) for point in _points(area))


def uniformity(white: Picture, area: Area) -> float:
    """The darkest of the nine points by the brightest."""
    points = nine_points(white, area)
    return min(points) / max(points) if max(points) > 0 else 0.0


def luminance_ratio(picture: Picture, reference: Picture, area: Area) -> float:
    """Mean luminance of ``area`` by that in ``reference``; infinite where the reference is black."""
    below = mean_luminance(reference, area)
    return mean_luminance(picture, area) / below if below > 0 else float("inf")


def dark_pixels(white: Picture, area: Area, share: float) -> Defects:
    """Pixels of which a colour has less than ``share`` of what it has around them, in a picture of a white screen."""
    raster = _raster(white, area)
    return _defects(raster < share * _neighbourhood(raster), area)


def bright_pixels(black: Picture, area: Area, share: float, white_counts: float) -> Defects:
    """Pixels of which a colour is above its surroundings by ``share`` of ``white_counts``, on a black screen."""
    raster = _raster(black, area)
    return _defects(raster > _neighbourhood(raster) + share * white_counts, area)


def colour(picture: Picture, area: Area) -> str:
    """The colour of ``area``: one of BARS."""
    return _colour(_middle(picture, area), LIT_COUNTS)


def is_all(picture: Picture, area: Area, name: str) -> bool:
    """Whether all nine points have the colour ``name``."""
    return all(colour(picture, point) == name for point in _points(area))


def bar_colours(picture: Picture, area: Area) -> tuple[str, ...]:
    """The colours of eight upright bars of equal width; ``torn`` where one has not the same all down.

    A channel is on from half of what it has where it is brightest: bars of 75 % and of 100 % are told alike.
    """
    seen = [[_middle(picture, part) for part in _bar(area, index)] for index in range(len(BARS))]
    brightest = np.array(seen).max(axis=(0, 1))
    names = [{_colour(part, np.maximum(ON_SHARE * brightest, LIT_COUNTS)) for part in bar} for bar in seen]
    return tuple(next(iter(found)) if len(found) == 1 else "torn" for found in names)


def wrong_bar(picture: Picture, area: Area) -> str:
    """What is wrong with the first bar that is wrong, as ``bar 3 is green, not cyan``; empty where all are right."""
    found = bar_colours(picture, area)
    pairs = enumerate(zip(found, BARS, strict=True), 1)
    return next((f"bar {number} is {seen}, not {right}" for number, (seen, right) in pairs if seen != right), "")


def _raster(picture: Picture, area: Area | None = None) -> Raster:
    """height x width x 3."""
    raster = np.frombuffer(picture.rgb, np.uint8).reshape(picture.height, picture.width, 3)
    return raster if area is None else raster[area.top : area.bottom, area.left : area.right]


def _lit_lines(means: Counts) -> tuple[int, int]:
    """The first that is lit and the first behind the last one."""
    lit = np.flatnonzero(means > LIT_SHARE * means.max())
    first, last = int(lit[0]), int(lit[-1])
    while first < last and means[first] < EDGE_SHARE * means[first + 1]:
        first += 1
    while first < last and means[last] < EDGE_SHARE * means[last - 1]:
        last -= 1
    return first, last + 1


def _points(area: Area) -> list[Area]:
    half = POINT_SHARE / 2
    return [area.part(x - half, y - half, x + half, y + half) for y in POINTS for x in POINTS]


def _middle(picture: Picture, area: Area) -> Counts:
    """The median of each channel: single pixels and a line between bars do not move it."""
    return np.asarray(np.median(_raster(picture, area), axis=(0, 1)), np.float64)


def _colour(rgb: Counts, lit_counts: float | Counts) -> str:
    """A channel is on where it reaches ``lit_counts`` and half of the brightest channel."""
    red, green, blue = (rgb >= lit_counts) & (rgb >= ON_SHARE * rgb.max())
    return _COLOURS[bool(red), bool(green), bool(blue)]


def _bar(area: Area, index: int) -> list[Area]:
    """The middles of the upper, the middle and the lower third of one bar."""
    width, height, margin = 1 / len(BARS), 1 / 3, (1 - BAR_INSIDE) / 2
    left, right = (index + margin) * width, (index + 1 - margin) * width
    return [area.part(left, (row + margin) * height, right, (row + 1 - margin) * height) for row in range(3)]


def _neighbourhood(raster: Raster) -> Counts:
    """The mean around each pixel without the pixel itself; beyond an edge the picture is taken as mirrored.

    By the sums of all that is above and to the left; those of large pictures overflow, their differences do not.
    """
    reach = NEIGHBOURS_PX
    size = 2 * reach + 1
    padded = np.pad(raster, ((reach + 1, reach), (reach + 1, reach), (0, 0)), mode="symmetric")
    padded[0], padded[:, 0] = 0, 0
    sums = padded.cumsum(axis=0, dtype=np.uint32).cumsum(axis=1, dtype=np.uint32)
    box = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray((box - raster) / (size * size - 1), np.float64)


def _defects(channels: Mask, area: Area) -> Defects:
    """A pixel is found with the first of its channels."""
    found = channels[:, :, 0] | channels[:, :, 1] | channels[:, :, 2]
    padded = np.pad(found, 1)
    height, width = found.shape
    touches = np.zeros_like(found)
    for down in (0, 1, 2):
        for right in (0, 1, 2):
            if (down, right) != (1, 1):
                touches |= padded[down : down + height, right : right + width]
    rows, columns = np.nonzero(found)
    places = tuple((int(x) + area.left, int(y) + area.top) for x, y in zip(columns[:100], rows[:100], strict=True))
    return Defects(int(found.sum()), int((found & touches).sum()), places)
