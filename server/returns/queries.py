"""Return cases: the list, one with its events, and the open case of a unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from server.logistics.queries import Waybill, waybill_by_id
from server.returns.tables import case_event, return_case
from server.units.queries import UnitEvent, events_of_case


@dataclass(frozen=True, slots=True)
class ReturnCase:
    """One journey of a unit; open while ``closed_at`` is None.

    ``version`` is the seq of its last event. Without arrival and waybill while it is only announced.
    """

    unit_id: str
    id: str
    site: str
    case_no: str
    serial: str
    product: str
    arrival_id: str | None
    waybill_id: str | None
    source: str
    reason: str
    state: str
    is_provisional: bool
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    closed_at: datetime | None
    kind: str = "repair"
    version: int = 1
    owner: str = ""
    confirmed_reason: str = ""
    grade: str = ""
    due_on: date | None = None
    sold_on: date | None = None
    warranty_until: date | None = None
    replaced_by: str | None = None
    continues: str | None = None


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """The case entered ``state`` by ``move``; ``basis`` (JSON) is what that rested on."""

    id: str
    seq: int
    state: str
    at: datetime
    actor: str
    note: str
    move: str
    basis: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with its waybill, its states, and what happened to the unit meanwhile."""

    case: ReturnCase
    waybill: Waybill | None
    events: tuple[CaseEvent, ...]
    unit_events: tuple[UnitEvent, ...]


def cases(
    connection: sa.Connection, state: str | None = None, after: str | None = None, limit: int = 50
) -> list[ReturnCase]:
    """Cases, the newest first by id; ``after`` is the id of the last row of the page before."""
    query = _CASES.order_by(return_case.c.id.desc()).limit(limit)
    if state:
        query = query.where(return_case.c.state == state)
    if after is not None:
        query = query.where(return_case.c.id < after)
    return [ReturnCase(**row) for row in connection.execute(query).mappings()]


def case_by_id(connection: sa.Connection, case_id: str) -> CaseFile | None:
    """One case with all that belongs to it, if it is on record."""
    case = bare_case(connection, case_id)
    if case is None:
        return None
    return CaseFile(
        case,
        waybill_by_id(connection, case.waybill_id) if case.waybill_id else None,
        tuple(events_of(connection, case)),
        tuple(events_of_case(connection, case.unit_id, case_id)),
    )


def bare_case(connection: sa.Connection, case_id: str) -> ReturnCase | None:
    """The case alone, if it is on record."""
    row = connection.execute(_CASES.where(return_case.c.id == case_id)).mappings().first()
    return ReturnCase(**row) if row else None


def events_of(connection: sa.Connection, case: ReturnCase) -> list[CaseEvent]:
    """Everything that moved or changed the case, in its order."""
    query = _CASE_EVENTS.where(case_event.c.unit_id == case.unit_id, case_event.c.case_id == case.id)
    return [CaseEvent(**row) for row in connection.execute(query.order_by(case_event.c.seq)).mappings()]


def event_by_id(connection: sa.Connection, unit_id: str, event_id: str) -> CaseEvent | None:
    """What a client's id stands for, if it is on record."""
    query = _CASE_EVENTS.where(case_event.c.unit_id == unit_id, case_event.c.id == event_id)
    row = connection.execute(query).mappings().first()
    return CaseEvent(**row) if row else None


def case_of_event(connection: sa.Connection, unit_id: str, event_id: str) -> ReturnCase | None:
    """The case that an event belongs to."""
    of_event = sa.and_(case_event.c.unit_id == return_case.c.unit_id, case_event.c.case_id == return_case.c.id)
    query = _CASES.join(case_event, of_event).where(case_event.c.unit_id == unit_id, case_event.c.id == event_id)
    row = connection.execute(query).mappings().first()
    return ReturnCase(**row) if row else None


def open_case(connection: sa.Connection, unit_id: str) -> ReturnCase | None:
    """The unit's open case; there is at most one."""
    query = _CASES.where(return_case.c.unit_id == unit_id, return_case.c.closed_at.is_(None))
    row = connection.execute(query).mappings().first()
    return ReturnCase(**row) if row else None


def case_continuing(connection: sa.Connection, case_id: str) -> ReturnCase | None:
    """The real unit's case that goes on with the one of a provisional unit."""
    row = connection.execute(_CASES.where(return_case.c.continues == case_id)).mappings().first()
    return ReturnCase(**row) if row else None


def open_case_ids(connection: sa.Connection, unit_ids: Iterable[str]) -> dict[str, str]:
    """The id of the open case of each of the units that has one."""
    return {row.unit_id: row.id for row in connection.execute(_OPEN, {"wanted": list(unit_ids)})}


def cases_of_unit(connection: sa.Connection, unit_id: str) -> list[ReturnCase]:
    """Every case of a unit, the newest first."""
    query = _CASES.where(return_case.c.unit_id == unit_id).order_by(return_case.c.id.desc())
    return [ReturnCase(**row) for row in connection.execute(query).mappings()]


def cases_of_arrival(connection: sa.Connection, arrival_id: str) -> list[ReturnCase]:
    """The cases that one arrival opened, in the order they were scanned."""
    query = _CASES.where(return_case.c.arrival_id == arrival_id).order_by(return_case.c.case_no)
    return [ReturnCase(**row) for row in connection.execute(query).mappings()]


def count_open_by_state(connection: sa.Connection) -> dict[str, int]:
    """How many open cases are in each state."""
    query = (
        sa.select(return_case.c.state, sa.func.count().label("number"))
        .where(return_case.c.closed_at.is_(None))
        .group_by(return_case.c.state)
    )
    return {row.state: row.number for row in connection.execute(query)}


_CASES = sa.select(return_case)
_CASE_EVENTS = sa.select(*[case_event.c[name] for name in CaseEvent.__dataclass_fields__])
_OPEN = sa.select(return_case.c.unit_id, return_case.c.id).where(
    return_case.c.unit_id.in_(sa.bindparam("wanted", expanding=True)), return_case.c.closed_at.is_(None)
)
