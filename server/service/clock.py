"""How long a request was in the department's hands, in working time, and when it is due; computed, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.service.machine import Hours, machine


@dataclass(frozen=True, slots=True)
class Clock:
    """``used_s`` and ``target_s`` are working seconds; ``due_at`` is None while nothing runs and time is left."""

    state: str
    used_s: float
    target_s: float
    due_at: datetime | None

    @property
    def is_overdue(self) -> bool:
        return self.used_s > self.target_s


def shifts(hours: Hours, zone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The working times from ``day`` on, without end, in UTC."""
    while True:
        if day.weekday() in hours.weekdays:
            yield (
                datetime.combine(day, hours.start, zone).astimezone(UTC),
                datetime.combine(day, hours.end, zone).astimezone(UTC),
            )
        day += timedelta(days=1)


def working_s(hours: Hours, zone: ZoneInfo, start: datetime, end: datetime) -> float:
    """The working seconds from ``start`` to ``end``."""
    total = 0.0
    for opens, closes in shifts(hours, zone, start.astimezone(zone).date()):
        if opens >= end:
            return total
        total += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
    return total


def after_working(hours: Hours, zone: ZoneInfo, start: datetime, wanted_s: float) -> datetime:
    """The moment ``wanted_s`` working seconds after ``start``."""
    for opens, closes in shifts(hours, zone, start.astimezone(zone).date()):
        begins = max(start, opens)
        there_s = max(0.0, (closes - begins).total_seconds())
        if there_s >= wanted_s and closes > start:
            return begins + timedelta(seconds=wanted_s)
        wanted_s -= there_s
    return start


def clock_of(history: Iterable[tuple[str, datetime]], target_s: float, zone: ZoneInfo, at: datetime) -> Clock:
    """The clock at ``at`` of a request that came into each state of ``history`` at that moment."""
    rules, states = machine().hours, machine().states
    steps = list(history)
    used_s, due_at, runs = 0.0, None, "stopped"
    for number, (state, since) in enumerate(steps):
        until = steps[number + 1][1] if number + 1 < len(steps) else at
        runs = states[state].clock
        if runs != "runs":
            continue
        spent_s = working_s(rules, zone, since, max(since, until))
        is_last = number + 1 == len(steps)
        if due_at is None and (is_last or used_s + spent_s > target_s):
            due_at = after_working(rules, zone, since, target_s - used_s)
        used_s += spent_s
    return Clock(runs, used_s, target_s, due_at)
