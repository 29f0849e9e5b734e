"""What is used by month, and what should be bought for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from math import ceil
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from server.db.span import Span
from server.parts.queries import BURNED, CASE, CUSTOMER, REAL, SCRAP, PartFilter, PartRow, part_rows, places
from server.parts.tables import stock_movement

USED_BY = (CASE, CUSTOMER, BURNED, SCRAP)
"""Where parts are used up: in units, at customers, in burned ICs, as scrap."""
MONTHS_SHOWN = 6
MONTHS_AVERAGED = 3
"""Full months whose use stands for the next; the current one is not over and does not count."""
MAX_COVER_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the site's zone."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A part with its use by month, the oldest first, the last month being the current one."""

    row: PartRow
    used: tuple[int, ...]
    cover_months: int

    @property
    def average(self) -> float:
        """Used a month, over the last full months."""
        full = self.used[-1 - MONTHS_AVERAGED : -1]
        return sum(full) / len(full)

    @property
    def suggested(self) -> int:
        """Minimum + average use × months to cover − in stock, rounded up; never below 0."""
        return max(0, ceil(self.row.part.minimum + self.average * self.cover_months - self.row.in_stock))


def months_until(at: datetime, zone: ZoneInfo, count: int = MONTHS_SHOWN + 1) -> tuple[Month, ...]:
    """``count`` calendar months, the last being the one that holds ``at``."""
    local = at.astimezone(zone)
    last = local.year * 12 + local.month - 1
    starts = [_start(number, zone) for number in range(last - count + 1, last + 2)]
    return tuple(
        Month(f"{number // 12:04d}-{number % 12 + 1:02d}", Span(start, end))
        for number, start, end in zip(range(last - count + 1, last + 1), starts, starts[1:], strict=False)
    )


def plan(
    connection: sa.Connection, wanted: PartFilter, months: Sequence[Month], cover_months: int, is_needed_only: bool
) -> list[PlanRow]:
    """Every part of the filter with its use; with ``is_needed_only`` those of which something should be bought."""
    kinds = {place.id: place.kind for place in places(connection, with_retired=True)}
    real = [place for place, kind in kinds.items() if kind in REAL]
    using = [place for place, kind in kinds.items() if kind in USED_BY]
    used = [_used(connection, month.span, real, using) for month in months]
    rows = [
        PlanRow(row, tuple(of.get(row.part.id, 0) for of in used), cover_months)
        for row in part_rows(connection, wanted, limit=None)
    ]
    return [row for row in rows if row.suggested > 0] if is_needed_only else rows


def _used(connection: sa.Connection, span: Span, real: Sequence[str], using: Sequence[str]) -> dict[str, int]:
    """By part, what was used up in the span, less what came back from there."""
    moved = stock_movement.c
    out = sa.and_(moved.from_id.in_(real), moved.to_id.in_(using))
    back = sa.and_(moved.to_id.in_(real), moved.from_id.in_(using))
    query = (
        sa.select(moved.part_id, sa.func.sum(sa.case((out, moved.quantity), (back, -moved.quantity), else_=0)))
        .where(moved.posted_at >= span.start, moved.posted_at < span.end)
        .group_by(moved.part_id)
    )
    return {part_id: int(total) for part_id, total in connection.execute(query) if total}


def _start(number: int, zone: ZoneInfo) -> datetime:
    """The first moment of a month, which is counted from the year 0."""
    first = datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC).date()
    return datetime.combine(first, time.min, zone).astimezone(UTC)
