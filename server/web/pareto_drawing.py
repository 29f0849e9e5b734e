"""A Pareto as a picture: a bar for each of the first rows, and the line of what they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WIDTH, HEIGHT = 960.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 52.0, 18.0, 30.0
MOST_BARS = 12
GAP = 0.28
"""Of a bar's room, left free."""


class Counted(Protocol):
    """What a bar stands for: how often, and the share of all (0 to 1) up to and with it."""

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def running(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its row; ``x`` and ``width`` along the drawing, ``y`` and ``height`` down it."""

    row: Counted
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """The bars, the points of the running share at their middles, and the lines of the left scale with their counts."""

    bars: tuple[Bar, ...]
    points: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[float, int], ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM

    def at_share(self, share: float) -> float:
        """How far down a share (0 to 1) of the right scale lies."""
        return self.bottom - share * (self.bottom - self.top)

    @property
    def line(self) -> str:
        """The points as an SVG polyline has them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


def draw(rows: Sequence[Counted]) -> Drawing | None:
    """The drawing of the first twelve rows; None where there are none. The left scale ends at a round number."""
    shown = rows[:MOST_BARS]
    if not shown:
        return None
    most, step = _scale(max(row.count for row in shown))
    room = (WIDTH - LEFT - RIGHT) / len(shown)
    tall = HEIGHT - TOP - BOTTOM
    bars = tuple(
        Bar(
            row,
            LEFT + room * (index + GAP / 2),
            HEIGHT - BOTTOM - tall * row.count / most,
            room * (1 - GAP),
            tall * row.count / most,
        )
        for index, row in enumerate(shown)
    )
    points = tuple((bar.middle, HEIGHT - BOTTOM - tall * bar.row.running) for bar in bars)
    ticks = tuple((HEIGHT - BOTTOM - tall * value / most, value) for value in range(0, most + 1, step))
    return Drawing(bars, points, ticks)


def _scale(largest: int) -> tuple[int, int]:
    """The top of the scale and the step of its lines, whole and round: 1, 2 or 5 times a power of ten."""
    step = 1
    while step * 5 < largest:
        step = step * 2 if str(step)[0] in "15" else step * 5 // 2
    return -(-largest // step) * step, step
