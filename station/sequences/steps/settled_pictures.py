"""Pictures that are waited for: the first one that shows what is waited for, or the first one that stands still.

What is measured is taken from one that stands still, whatever it shows: nothing is taken again until it is right.
"""

from __future__ import annotations

from collections.abc import Callable

from station.analysis.pictures import Area, mean_luminance, whole
from station.model.clock import Clock
from station.model.errors import DutError
from station.model.roles import Camera, Picture

Agreement = Callable[[Picture, Picture], bool]
"""Whether a picture is like the one before it."""

SETTLE_S = 2.0
"""Longest time for the screen to show what it was told; estimate: many times a liquid crystal's, with any fading."""
STEADY_SHARE = 0.01
"""Two pictures in a row whose luminance differs by less show a screen that does not change any more; estimate."""
STEADY_COUNTS = 0.5
"""The same for dark screens, of which a share says nothing; estimate: the mean of a picture's noise is far less."""


def first(camera: Camera, clock: Clock, is_there: Callable[[Picture], bool], longest_s: float) -> Picture:
    """The first picture of what is waited for; the last one after ``longest_s``."""
    deadline = clock.now() + longest_s
    picture = camera.take()
    while not is_there(picture) and clock.now() < deadline:
        picture = camera.take()
    return picture


def steady(camera: Camera, clock: Clock, agree: Agreement, is_there: Callable[[Picture], bool]) -> Picture:
    """The second of the first two pictures in a row that agree and show what was told; after ``SETTLE_S`` of those that
    agree.

    Raises DutError where none agree even then: what changes all the time cannot be judged by one picture of it.
    """
    deadline = clock.now() + SETTLE_S
    is_late, before = False, camera.take()
    while True:
        picture = camera.take()
        if agree(before, picture):
            if is_late or is_there(picture):
                return picture
        elif is_late:
            raise DutError(
                f"the screen does not stand still within {SETTLE_S:g} s: it flickers, or the light on it or the "
                "camera's exposure changes"
            )
        is_late, before = clock.now() >= deadline, picture


def anything(picture: Picture) -> bool:
    """Whatever it shows."""
    return True


def alike(area: Area) -> Agreement:
    """Whether two pictures have the same luminance in ``area``."""

    def are_alike(before: Picture, picture: Picture) -> bool:
        was, is_now = mean_luminance(before, area), mean_luminance(picture, area)
        return abs(is_now - was) <= max(STEADY_SHARE * max(was, is_now), STEADY_COUNTS)

    return are_alike


def alike_all_over(before: Picture, picture: Picture) -> bool:
    """Whether two pictures have the same luminance."""
    return alike(whole(before))(before, picture)
