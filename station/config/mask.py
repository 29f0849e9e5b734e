"""The tables [masks.NAME] of a limits file: between which bounds a curve has to lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from station.config.toml_file import TomlFile


class MaskPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bounds at ``x``; None is no bound there."""

    x: float
    low: float | None = None
    high: float | None = None


class Mask(msgspec.Struct, frozen=True):
    """Bounds at rising ``x``, straight lines between them; a bound that one end of a piece lacks is none on it."""

    name: str
    x_unit: str
    y_unit: str
    points: tuple[MaskPoint, ...]
    source: str


class MaskTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mask as people write it."""

    x_unit: str
    y_unit: str
    points: list[MaskPoint]
    source: str


def mask_of(toml: TomlFile, name: str, table: MaskTable) -> Mask:
    """The checked mask; raises ConfigError for one that bounds nothing, or whose figures are none."""
    path = ("masks", name)
    if not table.source.strip():
        raise toml.error((*path, "source"), "every figure needs a source")
    for field, unit in (("x_unit", table.x_unit), ("y_unit", table.y_unit)):
        if not unit.strip():
            raise toml.error((*path, field), "must not be empty")
    points = tuple(table.points)
    if len(points) < 2 or any(before.x >= after.x for before, after in pairwise(points)):
        raise toml.error((*path, "points"), "needs at least two points, each at a greater x than the one before")
    for index, point in enumerate(points):
        _check_point(toml, (*path, "points", index), point)
    for before, after in pairwise(points):
        if not _bounds(before, after):
            raise toml.error((*path, "points"), f"there is no bound from {before.x:g} to {after.x:g}")
    return Mask(name, table.x_unit, table.y_unit, points, table.source)


def _check_point(toml: TomlFile, path: tuple[str | int, ...], point: MaskPoint) -> None:
    figures = [figure for figure in (point.x, point.low, point.high) if figure is not None]
    if not all(math.isfinite(figure) for figure in figures):
        raise toml.error(path, "must be finite numbers")
    if point.low is not None and point.high is not None and point.low > point.high:
        raise toml.error(path, f"low {point.low:g} is above high {point.high:g}")


def _bounds(before: MaskPoint, after: MaskPoint) -> Sequence[str]:
    has_low = before.low is not None and after.low is not None
    has_high = before.high is not None and after.high is not None
    return [name for name, is_there in (("low", has_low), ("high", has_high)) if is_there]
