"""Spans of time, and the site's calendar that cuts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from ``start`` up to, but not including, ``end``."""

    start: datetime
    end: datetime


class SiteCalendar(Protocol):
    """Whose records these are, and in which zone its days are cut."""

    @property
    def site(self) -> str: ...

    @property
    def zone(self) -> ZoneInfo: ...


def day_of(moment: datetime, zone: ZoneInfo) -> Span:
    """The calendar day of ``zone`` that holds ``moment``; 23 or 25 hours long where the zone changes its clock."""
    midnight = datetime.combine(moment.astimezone(zone).date(), time.min, zone)
    next_midnight = datetime.combine(midnight.date() + timedelta(days=1), time.min, zone)
    return Span(midnight.astimezone(UTC), next_midnight.astimezone(UTC))


def months_before(moment: datetime, zone: ZoneInfo, count: int) -> list[Span]:
    """The calendar months of ``zone``, the last of them the one that holds ``moment``, the oldest first."""
    local = moment.astimezone(zone)
    numbers = [local.year * 12 + local.month - 1 - back for back in range(count - 1, -2, -1)]
    starts = [datetime(number // 12, number % 12 + 1, 1, tzinfo=zone).astimezone(UTC) for number in numbers]
    return [Span(start, end) for start, end in pairwise(starts)]
