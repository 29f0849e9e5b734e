"""Two days of a filter as the moments they span in the site's zone."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from server.config import Settings
from server.db.span import Span
from server.web.formats import iso_day

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 1, 1, tzinfo=UTC)


def day_span(settings: Settings, since: str, until: str) -> Span | None:
    """From the start of the day ``since`` to the end of the day ``until``; a day that is none leaves that side open."""
    first, last = iso_day(since), iso_day(until)
    if first is None and last is None:
        return None
    start = (
        FIRST
        if first is None or first.year <= FIRST.year
        else datetime.combine(first, time.min, settings.zone).astimezone(UTC)
    )
    if last is None or last.year >= LAST.year:
        return Span(start, LAST)
    return Span(start, datetime.combine(last + timedelta(days=1), time.min, settings.zone).astimezone(UTC))
