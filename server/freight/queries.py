"""Bills beside our waybills as they are at this moment, and months as they were closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.db.span import Span
from server.freight.matching import AGREES, Line, Match, Matching, Ours, match_lines
from server.freight.tables import bill_decision, courier_bill, courier_bill_line, freight_close
from server.logistics.tables import waybill, waybill_standing

ACCEPT, CLAIM = "accept", "claim"
AT_ONCE = 500
"""Numbers in one query, less than what SQLite takes as parameters."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill that was imported."""

    sha256: str
    courier: str
    month: str
    file_name: str
    currency: str
    lines: int
    total_minor: int
    imported_at: datetime
    imported_by: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a line, last."""

    position: int
    seq: int
    decision: str
    claimed_minor: int
    note: str
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A line of a bill, its class now, and what was decided of it."""

    match: Match
    day: str
    decision: Decision | None

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide it."""
        return self.match.kind != AGREES and self.decision is None

    @property
    def claimed_minor(self) -> int:
        return self.decision.claimed_minor if self.decision else 0


@dataclass(frozen=True, slots=True)
class Review:
    """A bill with each of its lines, and our waybills of its month that no bill has."""

    bill: Bill
    rows: tuple[Reviewed, ...]
    matching: Matching

    @property
    def waiting(self) -> int:
        return sum(row.waits for row in self.rows)

    @property
    def claimed_minor(self) -> int:
        return sum(row.claimed_minor for row in self.rows)

    @property
    def accepted_minor(self) -> int:
        return self.bill.total_minor - self.claimed_minor


@dataclass(frozen=True, slots=True)
class Close:
    """A month as it was closed."""

    courier: str
    month: str
    currency: str
    lines: int
    billed_minor: int
    accepted_minor: int
    claimed_minor: int
    sha256: str
    closed_at: datetime
    closed_by: str


def bills(connection: sa.Connection, limit: int = 200) -> list[Bill]:
    """The bills, the newest month first."""
    query = sa.select(courier_bill).order_by(courier_bill.c.month.desc(), courier_bill.c.imported_at.desc())
    return [Bill(**row) for row in connection.execute(query.limit(limit)).mappings()]


def bill_by_sha256(connection: sa.Connection, sha256: str) -> Bill | None:
    """The bill, if it was imported."""
    row = connection.execute(sa.select(courier_bill).where(courier_bill.c.sha256 == sha256)).mappings().first()
    return Bill(**row) if row else None


def bills_of(connection: sa.Connection, courier: str, month: str) -> list[Bill]:
    """The bills of a courier's month, in the order they came."""
    query = sa.select(courier_bill).where(courier_bill.c.courier == courier, courier_bill.c.month == month)
    return [Bill(**row) for row in connection.execute(query.order_by(courier_bill.c.imported_at)).mappings()]


def closes(connection: sa.Connection, limit: int = 200) -> list[Close]:
    """The closed months, the newest first."""
    query = sa.select(*_CLOSE).order_by(freight_close.c.month.desc(), freight_close.c.courier).limit(limit)
    return [Close(*row) for row in connection.execute(query)]


def close_of(connection: sa.Connection, courier: str, month: str) -> Close | None:
    """How the month was closed, if it was."""
    query = sa.select(*_CLOSE).where(freight_close.c.courier == courier, freight_close.c.month == month)
    row = connection.execute(query).first()
    return Close(*row) if row else None


def review(connection: sa.Connection, bill: Bill, span: Span) -> Review:
    """The bill beside our waybills; ``span`` is its month in the site's zone."""
    rows = connection.execute(
        sa.select(courier_bill_line)
        .where(courier_bill_line.c.bill_sha256 == bill.sha256)
        .order_by(courier_bill_line.c.position)
    ).all()
    lines = [Line(row.position, row.number, row.direction, row.weight_g, row.price_minor) for row in rows]
    matching = compare(connection, bill.courier, span, lines, before=bill)
    decided = decisions_of(connection, bill.sha256)
    reviewed = tuple(
        Reviewed(match, row.day, decided.get(row.position)) for match, row in zip(matching.matches, rows, strict=True)
    )
    return Review(bill, reviewed, matching)


def compare(
    connection: sa.Connection, courier: str, span: Span, lines: list[Line], before: Bill | None = None
) -> Matching:
    """Lines beside our waybills of this courier; what bills imported earlier than ``before`` have is double.

    Missing are waybills entered within ``span``; a line may be about one of any day.
    """
    known = _ours(connection, courier, {line.number for line in lines})
    of_month = _ours_of_month(connection, courier, span)
    ours = {row.waybill_id: row for row in [*known, *of_month]}
    earlier, others = _billed(connection, courier, before, is_earlier=True), _billed(connection, courier, before)
    matching = match_lines(lines, ours.values(), {row.waybill_id for row in ours.values() if _is_in(row, earlier)})
    wanted = {row.waybill_id for row in of_month if not _is_in(row, others)}
    return Matching(matching.matches, tuple(row for row in matching.missing if row.waybill_id in wanted))


def decisions_of(connection: sa.Connection, sha256: str) -> dict[int, Decision]:
    """The last decision of each line that has one, by its position."""
    columns = [column for column in bill_decision.c if column.name != "bill_sha256"]
    query = sa.select(*columns).where(bill_decision.c.bill_sha256 == sha256)
    rows = connection.execute(query.order_by(bill_decision.c.position, bill_decision.c.seq))
    return {row.position: Decision(*row) for row in rows}


def _ours(connection: sa.Connection, courier: str, numbers: Iterable[str]) -> list[Ours]:
    wanted, found = sorted(numbers), list[Ours]()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        query = _OURS.where(waybill.c.courier == courier, waybill.c.number.in_(some))
        found += [Ours(*row) for row in connection.execute(query)]
    return found


def _ours_of_month(connection: sa.Connection, courier: str, span: Span) -> list[Ours]:
    query = _OURS.where(
        waybill.c.courier == courier, waybill.c.received_at >= span.start, waybill.c.received_at < span.end
    )
    return [Ours(*row) for row in connection.execute(query.order_by(waybill.c.id))]


def _is_in(row: Ours, billed: set[tuple[str, str]]) -> bool:
    return (row.number, row.direction) in billed or (row.number, "") in billed


def _billed(
    connection: sa.Connection, courier: str, but: Bill | None, is_earlier: bool = False
) -> set[tuple[str, str]]:
    """Number and direction of the lines of the courier's other bills, or of those imported before ``but`` alone."""
    bill = courier_bill.c
    query = (
        sa.select(courier_bill_line.c.number, courier_bill_line.c.direction)
        .join(courier_bill, bill.sha256 == courier_bill_line.c.bill_sha256)
        .where(bill.courier == courier)
    )
    if but is not None:
        query = query.where(bill.sha256 != but.sha256)
    if but is not None and is_earlier:
        same = sa.and_(bill.imported_at == but.imported_at, bill.sha256 < but.sha256)
        query = query.where(sa.or_(bill.imported_at < but.imported_at, same))
    return {(row.number, row.direction) for row in connection.execute(query)}


_OURS = sa.select(
    waybill.c.id,
    waybill.c.number,
    waybill.c.direction,
    waybill_standing.c.weight_g,
    waybill_standing.c.freight_minor,
).join(waybill_standing, waybill_standing.c.waybill_id == waybill.c.id)
_CLOSE = [column for column in freight_close.c if column.name not in ("id", "content")]
