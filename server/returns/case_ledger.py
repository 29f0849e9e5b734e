"""The ledger of return cases: each with the waybill that it came by."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from server.logistics.tables import waybill
from server.returns.tables import return_case
from server.units.queries import LAST_CHARACTER

OPEN = "open"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of the ledger."""

    unit_id: str
    id: str
    case_no: str
    serial: str
    product: str
    is_provisional: bool
    state: str
    reason: str
    source: str
    courier: str
    waybill_number: str
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None
    kind: str
    owner: str
    due_on: date | None

    def days(self, at: datetime) -> int:
        """How many whole days it has been here, or was."""
        return ((self.closed_at or at) - self.opened_at).days

    def is_late(self, today: date) -> bool:
        """Whether it is open after its day."""
        return self.closed_at is None and self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a line must satisfy; ``text`` begins a serial, waybill or case number, ``state`` may be ``open``.

    ``opened_before`` and ``late_on`` are for open cases only: those here since then, those after their day on that day.
    """

    text: str = ""
    state: str = ""
    arrival_id: str = ""
    kind: str = ""
    owner: str = ""
    opened_before: datetime | None = None
    late_on: date | None = None


def case_ledger(
    connection: sa.Connection, wanted: CaseFilter | None = None, after: str | None = None, limit: int = 50
) -> list[CaseRow]:
    """Cases, the newest first by id; ``after`` is the id of the last row of the page before."""
    query = _ROWS.where(*_conditions(wanted or CaseFilter())).order_by(return_case.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(return_case.c.id < after)
    return [CaseRow(**row) for row in connection.execute(query).mappings()]


def count_late(connection: sa.Connection, today: date) -> int:
    """How many open cases are after their day."""
    query = sa.select(sa.func.count()).select_from(return_case)
    return connection.scalar(query.where(*_conditions(CaseFilter(late_on=today)))) or 0


def _conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.state == OPEN:
        conditions.append(return_case.c.closed_at.is_(None))
    elif wanted.state:
        conditions.append(return_case.c.state == wanted.state)
    for column, text in ((return_case.c.kind, wanted.kind), (return_case.c.owner, wanted.owner.strip())):
        if text:
            conditions.append(column == text)
    if wanted.opened_before is not None:
        conditions += [return_case.c.closed_at.is_(None), return_case.c.opened_at < wanted.opened_before]
    if wanted.late_on is not None:
        conditions += [return_case.c.closed_at.is_(None), return_case.c.due_on < wanted.late_on]
    if wanted.arrival_id:
        conditions.append(return_case.c.arrival_id == wanted.arrival_id)
    beginning = unicodedata.normalize("NFKC", wanted.text).upper().strip()
    if beginning:
        columns = (return_case.c.serial, waybill.c.number, return_case.c.case_no)
        conditions.append(sa.or_(*[column.between(beginning, beginning + LAST_CHARACTER) for column in columns]))
    return conditions


_ROWS = sa.select(
    return_case.c.unit_id,
    return_case.c.id,
    return_case.c.case_no,
    return_case.c.serial,
    return_case.c.product,
    return_case.c.is_provisional,
    return_case.c.state,
    return_case.c.reason,
    return_case.c.source,
    sa.func.coalesce(waybill.c.courier, "").label("courier"),
    sa.func.coalesce(waybill.c.number, "").label("waybill_number"),
    return_case.c.opened_at,
    return_case.c.opened_by,
    return_case.c.closed_at,
    return_case.c.kind,
    return_case.c.owner,
    return_case.c.due_on,
).outerjoin(waybill, waybill.c.id == return_case.c.waybill_id)
