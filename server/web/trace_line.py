"""A recorded curve as the points of one line: what is seen where no script runs, and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
HEIGHT = 160
PADDING = 4


@dataclass(frozen=True, slots=True)
class TraceLine:
    """An SVG polyline's ``points`` with the range of both axes that it shows."""

    points: str
    width: int
    height: int
    start: float
    end: float
    low: float
    high: float


def trace_line(x: Sequence[float], y: Sequence[float]) -> TraceLine | None:
    """The line through the points; None for fewer than two of them."""
    pairs = list(zip(x, y, strict=False))
    if len(pairs) < 2:
        return None
    start, end = min(x), max(x)
    low, high = min(y), max(y)
    across = (WIDTH - 2 * PADDING) / ((end - start) or 1.0)
    up = (HEIGHT - 2 * PADDING) / ((high - low) or 1.0)
    points = " ".join(
        f"{PADDING + (right - start) * across:.1f},{HEIGHT - PADDING - (above - low) * up:.1f}"
        for right, above in pairs
    )
    return TraceLine(points, WIDTH, HEIGHT, start, end, low, high)
