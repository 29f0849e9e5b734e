"""Requests for parts with what was decided about them: what waits for a second person, and what is to be handed out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.parts.queries import Part
from server.parts.tables import (
    part,
    stock_decision,
    stock_location,
    stock_request,
    stock_request_end,
    stock_request_line,
)

REQUESTED, APPROVED, REFUSED, DONE, CANCELLED = STATES = ("requested", "approved", "refused", "done", "cancelled")
OPEN = "open"
"""In the place of a state: requested or approved."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """So many of a part."""

    part: Part
    quantity: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands; what has not happened is None."""

    id: str
    no: str
    kind: str
    from_id: str
    to_id: str
    person: str
    case_id: str | None
    case_no: str
    reason: str
    note: str
    requested_at: datetime
    requested_by: str
    from_code: str
    to_code: str
    decision: str | None
    decision_reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    how: str | None
    end_reason: str | None
    ended_at: datetime | None
    ended_by: str | None
    lines: tuple[RequestLine, ...] = ()

    @property
    def state(self) -> str:
        return self.how or self.decision or REQUESTED

    @property
    def is_valuable(self) -> bool:
        return any(line.part.is_valuable for line in self.lines)


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What a row must satisfy; ``text`` begins the number, or is in the case, the person or who requested it."""

    text: str = ""
    state: str = ""
    kind: str = ""


def requests(
    connection: sa.Connection, wanted: RequestFilter, after: str | None = None, limit: int = 50
) -> list[Request]:
    """The newest first; ``after`` is the number of the last row of the page before."""
    query = _ROWS.order_by(stock_request.c.no.desc()).limit(limit)
    if wanted.text:
        columns = (stock_request.c.case_no, stock_request.c.person, stock_request.c.requested_by)
        begins = stock_request.c.no.istartswith(wanted.text, autoescape=True)
        query = query.where(sa.or_(begins, *(column.icontains(wanted.text, autoescape=True) for column in columns)))
    if wanted.kind:
        query = query.where(stock_request.c.kind == wanted.kind)
    if wanted.state:
        query = query.where(_is_in(wanted.state))
    if after is not None:
        query = query.where(stock_request.c.no < after)
    return _with_lines(connection, connection.execute(query).mappings().all())


def request_by_id(connection: sa.Connection, request_id: str) -> Request | None:
    """The request, if it is on record."""
    if len(request_id) != 36:
        return None
    found = connection.execute(_ROWS.where(stock_request.c.id == request_id)).mappings().all()
    return next(iter(_with_lines(connection, found)), None)


def request_by_no(connection: sa.Connection, no: str) -> Request | None:
    """The request, if it is on record."""
    found = connection.execute(_ROWS.where(stock_request.c.no == no)).mappings().all()
    return next(iter(_with_lines(connection, found)), None)


def count_requests(connection: sa.Connection) -> dict[str, int]:
    """How many requests wait for approval, and how many to be handed out."""
    counts = {}
    for state in (REQUESTED, APPROVED):
        found = _ROWS.where(_is_in(state)).subquery()
        counts[state] = connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return counts


def last_request_no(connection: sa.Connection, stem: str) -> str | None:
    """The last number that begins with ``stem``."""
    query = sa.select(stock_request.c.no).where(stock_request.c.no.startswith(stem, autoescape=True))
    return connection.scalar(query.order_by(stock_request.c.no.desc()).limit(1))


def _is_in(state: str) -> sa.ColumnElement[bool]:
    if state in (DONE, CANCELLED):
        return stock_request_end.c.how == state
    is_open, decision = stock_request_end.c.how.is_(None), stock_decision.c.decision
    if state == REQUESTED:
        return sa.and_(is_open, decision.is_(None))
    if state == OPEN:
        return sa.and_(is_open, sa.or_(decision.is_(None), decision == APPROVED))
    return sa.and_(is_open, decision == state)


def _with_lines(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[Request]:
    lines = _lines_of(connection, [row["id"] for row in rows])
    return [Request(**row, lines=tuple(lines.get(row["id"], ()))) for row in rows]


def _lines_of(connection: sa.Connection, ids: Iterable[object]) -> dict[object, list[RequestLine]]:
    query = (
        sa.select(stock_request_line.c.request_id, stock_request_line.c.quantity, part)
        .join(part, part.c.id == stock_request_line.c.part_id)
        .where(stock_request_line.c.request_id.in_(list(ids)))
        .order_by(part.c.number)
    )
    found: dict[object, list[RequestLine]] = {}
    for request_id, quantity, *row in connection.execute(query):
        found.setdefault(request_id, []).append(RequestLine(Part(*row), int(quantity)))
    return found


_FROM, _TO = stock_location.alias("source"), stock_location.alias("target")
_ROWS = (
    sa.select(
        stock_request,
        _FROM.c.code.label("from_code"),
        _TO.c.code.label("to_code"),
        stock_decision.c.decision,
        stock_decision.c.reason.label("decision_reason"),
        stock_decision.c.decided_at,
        stock_decision.c.decided_by,
        stock_request_end.c.how,
        stock_request_end.c.reason.label("end_reason"),
        stock_request_end.c.ended_at,
        stock_request_end.c.ended_by,
    )
    .join(_FROM, _FROM.c.id == stock_request.c.from_id)
    .join(_TO, _TO.c.id == stock_request.c.to_id)
    .outerjoin(stock_decision, stock_decision.c.request_id == stock_request.c.id)
    .outerjoin(stock_request_end, stock_request_end.c.request_id == stock_request.c.id)
)
