"""The ledger of movements: filtered, the newest first, and by what they were for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product

import sqlalchemy as sa

from server.db.span import Span
from server.parts.queries import CASE
from server.parts.tables import part, stock_location, stock_movement, stock_request
from server.units.queries import LAST_CHARACTER


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
    """What a line must satisfy; ``text`` begins a number, document, case or person, or is in a name."""

    text: str = ""
    kind: str = ""
    place: str = ""
    part_id: str = ""
    span: Span | None = None


def movements(
    connection: sa.Connection, wanted: MovementFilter, after: str | None = None, limit: int | None = 50
) -> list[Movement]:
    """The newest first; ``after`` is the id of the last row of the page before, no limit gives all.

    A page is found by the indexes of what a text may begin, whose newest rows are put together.
    """
    common = _conditions(wanted)
    if after is not None:
        common.append(stock_movement.c.id < after)
    alternatives = _alternatives(connection, wanted)
    ways = [sa.and_(*way) for way in product(*alternatives)] if alternatives else []
    query = _ROWS.where(*common).order_by(stock_movement.c.id.desc())
    if limit is None or wanted.part_id:
        query = query.where(sa.or_(*ways)) if ways else query
        return [Movement(*row) for row in connection.execute(query.limit(limit))]
    if len(ways) > 1:
        newest = [
            sa.select(stock_movement.c.id).where(*common, way).order_by(stock_movement.c.id.desc()).limit(limit)
            for way in ways
        ]
        found = connection.scalars(sa.union(*(sa.select(one.subquery().c.id) for one in newest)))
        query = _ROWS.where(stock_movement.c.id.in_(sorted(found, reverse=True)[:limit]))
        query = query.order_by(stock_movement.c.id.desc())
    elif ways:
        query = query.where(ways[0])
    return [Movement(*row) for row in connection.execute(query.limit(limit))]


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
    if wanted.span is not None:
        conditions += [stock_movement.c.posted_at >= wanted.span.start, stock_movement.c.posted_at < wanted.span.end]
    return conditions


def _alternatives(connection: sa.Connection, wanted: MovementFilter) -> list[list[sa.ColumnElement[bool]]]:
    """Of each list one must hold: the place is one of the ends, the text is in one of the columns."""
    found: list[list[sa.ColumnElement[bool]]] = []
    if wanted.place:
        place = sa.select(stock_location.c.id).where(stock_location.c.code == wanted.place).scalar_subquery()
        found.append([stock_movement.c.from_id == place, stock_movement.c.to_id == place])
    if wanted.text:
        found.append(_text_ways(connection, wanted.text))
    return found


def _text_ways(connection: sa.Connection, text: str) -> list[sa.ColumnElement[bool]]:
    names = (part.c.name_zh, part.c.name_en)
    begins = part.c.number.istartswith(text, autoescape=True)
    parts = sa.select(part.c.id).where(sa.or_(begins, *(name.icontains(text, autoescape=True) for name in names)))
    asked = sa.select(stock_request.c.id).where(stock_request.c.no.istartswith(text, autoescape=True))
    ways: list[sa.ColumnElement[bool]] = []
    for column, ids in ((stock_movement.c.part_id, parts), (stock_movement.c.request_id, asked)):
        if known := list(connection.scalars(ids.limit(MOST_NAMED))):
            ways.append(column.in_(known))
    for column in _TEXTS:
        bytewise = column.collate("C") if connection.dialect.name == "postgresql" else column
        ways += [bytewise.between(beginning, beginning + LAST_CHARACTER) for beginning in sorted({text, text.upper()})]
    return ways


MOST_NAMED = 500
"""Parts or requests that a text may name: beyond it, it says too little."""
_TEXTS = (stock_movement.c.document, stock_movement.c.case_no, stock_movement.c.order_no, stock_movement.c.person)
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
