"""The ledger of movements: filtered, the newest first, and by what they were for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.db.span import Span
from server.parts.queries import CASE
from server.parts.tables import part, stock_location, stock_movement, stock_request


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement as it was posted, with the words for its part, its places and its request."""

    part_id: str
    id: str
    command_id: str
    kind: str
    quantity: int
    from_id: str
    to_id: str
    from_after: int
    to_after: int
    posted_at: datetime
    actor: str
    approver: str
    person: str
    reason: str
    document: str
    note: str
    case_id: str | None
    case_no: str
    order_no: str
    request_id: str | None
    reverses: str | None
    number: str
    name_zh: str
    name_en: str
    unit: str
    is_valuable: bool
    from_code: str
    from_kind: str
    to_code: str
    to_kind: str
    request_no: str | None
    reversed_by: str | None


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """What a line must satisfy; ``text`` begins a part's number or is in a document, case, order, request or person."""

    text: str = ""
    kind: str = ""
    place: str = ""
    part_id: str = ""
    span: Span | None = None


def movements(
    connection: sa.Connection, wanted: MovementFilter, after: str | None = None, limit: int | None = 50
) -> list[Movement]:
    """The newest first; ``after`` is the id of the last row of the page before, no limit gives all."""
    query = _ROWS.where(*_conditions(wanted)).order_by(stock_movement.c.id.desc())
    query = query.where(stock_movement.c.id < after) if after is not None else query
    query = query.limit(limit) if limit is not None else query
    return [Movement(*row) for row in connection.execute(query)]


def movement_by_id(connection: sa.Connection, movement_id: str) -> Movement | None:
    """The movement, if it is on record."""
    if len(movement_id) != 36:
        return None
    row = connection.execute(_ROWS.where(stock_movement.c.id == movement_id)).first()
    return Movement(*row) if row else None


def reversal_of(connection: sa.Connection, movement_id: str) -> str | None:
    """The movement that took this one back, if one did."""
    return connection.scalar(sa.select(stock_movement.c.id).where(stock_movement.c.reverses == movement_id))


def issued_to_case(connection: sa.Connection, case_no: str) -> dict[str, int]:
    """By part, how many went into the unit of a return case and did not come back."""
    signed = sa.case((_TO.c.kind == CASE, stock_movement.c.quantity), else_=-stock_movement.c.quantity)
    query = (
        sa.select(stock_movement.c.part_id, sa.func.sum(signed))
        .join(_FROM, _FROM.c.id == stock_movement.c.from_id)
        .join(_TO, _TO.c.id == stock_movement.c.to_id)
        .where(stock_movement.c.case_no == case_no, sa.or_(_FROM.c.kind == CASE, _TO.c.kind == CASE))
        .group_by(stock_movement.c.part_id)
    )
    return {part_id: int(total) for part_id, total in connection.execute(query)}


def _conditions(wanted: MovementFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.part_id:
        conditions.append(stock_movement.c.part_id == wanted.part_id)
    if wanted.kind:
        conditions.append(stock_movement.c.kind == wanted.kind)
    if wanted.place:
        conditions.append(sa.or_(_FROM.c.code == wanted.place, _TO.c.code == wanted.place))
    if wanted.span is not None:
        conditions += [stock_movement.c.posted_at >= wanted.span.start, stock_movement.c.posted_at < wanted.span.end]
    if wanted.text:
        columns = (
            stock_movement.c.document,
            stock_movement.c.case_no,
            stock_movement.c.order_no,
            stock_movement.c.person,
            stock_request.c.no,
            part.c.name_zh,
            part.c.name_en,
        )
        begins = part.c.number.istartswith(wanted.text, autoescape=True)
        conditions.append(sa.or_(begins, *(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return conditions


_FROM, _TO = stock_location.alias("source"), stock_location.alias("target")
_BACK = stock_movement.alias("back")
_ROWS = (
    sa.select(
        stock_movement,
        part.c.number,
        part.c.name_zh,
        part.c.name_en,
        part.c.unit,
        part.c.is_valuable,
        _FROM.c.code,
        _FROM.c.kind,
        _TO.c.code,
        _TO.c.kind,
        stock_request.c.no,
        _BACK.c.id,
    )
    .join(part, part.c.id == stock_movement.c.part_id)
    .join(_FROM, _FROM.c.id == stock_movement.c.from_id)
    .join(_TO, _TO.c.id == stock_movement.c.to_id)
    .outerjoin(stock_request, stock_request.c.id == stock_movement.c.request_id)
    .outerjoin(_BACK, _BACK.c.reverses == stock_movement.c.id)
)
