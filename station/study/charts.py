"""Small charts as SVG text: a measurement run by run, and by part for each operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, EDGE = 640, 150, 8
COLOURS = ("#1f6feb", "#b35900", "#1a7f37", "#8250df", "#bf3989", "#57606a")


def run_chart(values: Sequence[float], low: float | None, high: float | None, mean: float) -> str:
    """``values`` in their order, with the mean, and with those limits that lie near them."""
    if not values:
        return ""
    bottom, top = _span(values, low, high)
    lines = [_level(mean, bottom, top, "#57606a", "4 3")]
    lines += [_level(limit, bottom, top, "#cf222e", "") for limit in (low, high) if limit is not None]
    points = [(_across(place, len(values)), _up(value, bottom, top)) for place, value in enumerate(values)]
    return _svg([*(line for line in lines if line), _line(points, COLOURS[0]), *_dots(points, COLOURS[0])])


def part_chart(means: Mapping[str, Sequence[float]]) -> str:
    """One line for each operator over the parts: parallel lines are what a gauge without interaction gives."""
    everything = [value for values in means.values() for value in values]
    if not everything:
        return ""
    bottom, top = _span(everything, None, None)
    drawn: list[str] = []
    for number, values in enumerate(means.values()):
        colour = COLOURS[number % len(COLOURS)]
        points = [(_across(place, len(values)), _up(value, bottom, top)) for place, value in enumerate(values)]
        drawn += [_line(points, colour), *_dots(points, colour)]
    return _svg(drawn)


def _span(values: Sequence[float], low: float | None, high: float | None) -> tuple[float, float]:
    """From the lowest to the highest value; a limit is in sight where it is not farther away than they are apart."""
    bottom, top = min(values), max(values)
    reach = top - bottom or abs(top) * 0.01 or 1.0
    if low is not None and bottom - reach <= low <= bottom:
        bottom = low
    if high is not None and top <= high <= top + reach:
        top = high
    margin = (top - bottom or reach) * 0.08
    return bottom - margin, top + margin


def _across(place: int, count: int) -> float:
    return EDGE + (WIDTH - 2 * EDGE) * (place / (count - 1) if count > 1 else 0.5)


def _up(value: float, bottom: float, top: float) -> float:
    return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - bottom) / (top - bottom)


def _level(value: float, bottom: float, top: float, colour: str, dashes: str) -> str:
    if not bottom <= value <= top:
        return ""
    y = _up(value, bottom, top)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}"{dashed}/>'


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _dots(points: Sequence[tuple[float, float]], colour: str) -> list[str]:
    if len(points) > WIDTH / 6:
        return []
    return [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]


def _svg(parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">{"".join(parts)}</svg>'
