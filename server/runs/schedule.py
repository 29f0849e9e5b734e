"""The schedule of a run as a picture: a bar for each step on one time axis, and the path that made it so long.

The critical path is read from the record: it ends with the step that ended last, and before each of its steps comes
the step whose end was the last before that one began. A station begins whatever it may begin when a step ends (what
the plan puts after it, what needed its instruments), so that end is what let the next one begin. What passes between
the two is waiting: for an instrument that another slot held, or for the station itself. A retried step counts from its
first attempt to its last end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.runs.queries import Run
from server.wire.decode import to_datetime

SCALE = 1000.0
"""The length of the time axis in the drawing."""
LEAST = 2.0
"""The least width of a bar that can be seen."""
SHOWN_WAITING_S = 0.1
TICKS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt at a step, by its moments; ``number`` counts from 1."""

    step: str
    number: int
    started_at: datetime
    finished_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt in the drawing; an earlier one was played again."""

    number: int
    outcome: str
    x: float
    width: float
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One step: its bars, from when to when in seconds after the first began, and how long it waited before."""

    step: str
    outcome: str
    bars: tuple[Bar, ...]
    start_s: float
    end_s: float
    waited_s: float
    waited_x: float
    waited_width: float
    is_critical: bool

    @property
    def attempts(self) -> int:
        """How often it was played."""
        return len(self.bars)


@dataclass(frozen=True, slots=True)
class Schedule:
    """``takt_s`` from the first step's begin to the last one's end, ``serial_s`` if they had been played one by one."""

    lanes: tuple[Lane, ...]
    takt_s: float
    serial_s: float
    critical: tuple[str, ...]
    ticks_s: tuple[float, ...]

    @property
    def saved_s(self) -> float:
        """What playing steps beside each other saved."""
        return max(self.serial_s - self.takt_s, 0.0)

    @property
    def waited_s(self) -> float:
        """Time on the critical path in which none of its steps was played."""
        return sum(lane.waited_s for lane in self.lanes if lane.is_critical)


def spans_of(run: Run) -> list[Span]:
    """Every attempt at every step of ``run``."""
    earlier = [
        Span(row.step, row.number, to_datetime(row.started_at), to_datetime(row.finished_at), row.outcome)
        for row in run.attempts
    ]
    counted = Counter(span.step for span in earlier)
    last = [
        Span(step.name, counted[step.name] + 1, step.started_at, step.finished_at, step.outcome) for step in run.steps
    ]
    return earlier + last


def schedule_of(spans: Sequence[Span]) -> Schedule | None:
    """The schedule of the steps that were played; None where none was, or where their moments make no sense."""
    played = [span for span in spans if span.outcome != "SKIPPED" and span.started_at <= span.finished_at]
    if not played:
        return None
    by_step: dict[str, list[Span]] = {}
    for span in sorted(played, key=lambda one: (one.started_at, one.number)):
        by_step.setdefault(span.step, []).append(span)
    zero = min(span.started_at for span in played)
    takt_s = (max(span.finished_at for span in played) - zero).total_seconds()
    path = _critical_path(by_step)
    whole = takt_s or 1.0
    lanes = tuple(_lane(name, attempts, zero, whole, path) for name, attempts in by_step.items())
    serial_s = sum((span.finished_at - span.started_at).total_seconds() for span in played)
    ticks = tuple(takt_s * place / TICKS for place in range(TICKS + 1))
    return Schedule(lanes, takt_s, serial_s, tuple(path), ticks)


def _critical_path(by_step: dict[str, list[Span]]) -> dict[str, datetime | None]:
    """The steps of the path, the first first, each with the end that let it begin."""
    whole = {name: (attempts[0].started_at, attempts[-1].finished_at) for name, attempts in by_step.items()}
    name = max(whole, key=lambda one: (whole[one][1], whole[one][1] - whole[one][0]))
    path: list[tuple[str, datetime | None]] = []
    while True:
        start, seen = whole[name][0], {one for one, _ in path} | {name}
        before = [one for one in whole if one not in seen and whole[one][1] <= start]
        if not before:
            path.append((name, None))
            return dict(reversed(path))
        previous = max(before, key=lambda one: (whole[one][1], whole[one][1] - whole[one][0]))
        path.append((name, whole[previous][1]))
        name = previous


def _lane(name: str, attempts: list[Span], zero: datetime, whole_s: float, path: dict[str, datetime | None]) -> Lane:
    def seconds(moment: datetime) -> float:
        return (moment - zero).total_seconds()

    def place(second: float) -> float:
        return round(second / whole_s * SCALE, 2)

    bars = tuple(
        Bar(
            span.number,
            span.outcome,
            place(seconds(span.started_at)),
            max(place((span.finished_at - span.started_at).total_seconds()), LEAST),
            span is not attempts[-1],
        )
        for span in attempts
    )
    start_s, end_s = seconds(attempts[0].started_at), seconds(attempts[-1].finished_at)
    before = path.get(name)
    waited_s = start_s - seconds(before) if before is not None else 0.0
    if waited_s < SHOWN_WAITING_S:
        waited_s = 0.0
    return Lane(
        name,
        attempts[-1].outcome,
        bars,
        start_s,
        end_s,
        waited_s,
        place(start_s - waited_s),
        place(waited_s),
        name in path,
    )
