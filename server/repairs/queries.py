"""Repair entries as they count, and what waits to be scrapped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from server.repairs.tables import repair_designator, repair_entry, repair_part, scrap_decision, scrap_request

READY, WAITING, GOES_ON, SCRAP = OUTCOMES = ("awaiting_test", "waiting_parts", "repairing", "scrap_asked")
"""What follows an entry: the case goes to test, waits for parts, stays in repair, or is to be scrapped."""
SCRAP_REASONS = ("beyond_repair", "not_worth_it", "no_parts", "liquid", "burned", "customer", "other")


@dataclass(frozen=True, slots=True)
class PartUsed:
    """What was built in; ``movement_id`` is None where it was not drawn from the parts ledger."""

    number: str
    quantity: int
    movement_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One repair; ``is_corrected`` where another entry corrects it, so that it counts no longer."""

    unit_id: str
    id: str
    case_id: str
    sha256: str
    site: str
    serial: str
    product: str
    codes_version: int
    symptom: str
    cause: str
    action: str
    technician: str
    started_at: datetime
    ended_at: datetime
    run_id: str | None
    measurement: str
    outcome: str
    note: str
    corrects: str | None
    recorded_at: datetime
    recorded_by: str
    is_corrected: bool
    designators: tuple[str, ...] = ()
    parts: tuple[PartUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class ScrapRequest:
    """Who would have a unit scrapped; without a decision while ``decided_at`` is None."""

    unit_id: str
    id: str
    case_id: str
    reason: str
    note: str
    requested_at: datetime
    requested_by: str
    is_approved: bool | None
    decision_note: str | None
    decided_at: datetime | None
    decided_by: str | None


@dataclass(slots=True)
class _Lines:
    designators: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, list[PartUsed]] = field(default_factory=dict)


def counts() -> sa.ColumnElement[bool]:
    """Whether an entry counts: nothing corrects it."""
    later = repair_entry.alias("later")
    return ~sa.exists().where(later.c.unit_id == repair_entry.c.unit_id, later.c.corrects == repair_entry.c.id)


def entries_of_case(connection: sa.Connection, unit_id: str, case_id: str) -> list[Entry]:
    """Every entry of a return case, the newest first, the corrected ones too."""
    query = _entries().where(repair_entry.c.unit_id == unit_id, repair_entry.c.case_id == case_id)
    return _filled(connection, query.order_by(repair_entry.c.recorded_at.desc(), repair_entry.c.id.desc()))


def entry_by_id(connection: sa.Connection, entry_id: str) -> Entry | None:
    """One entry, if it is on record."""
    found = _filled(connection, _entries().where(repair_entry.c.id == entry_id))
    return found[0] if found else None


def repaired_since(connection: sa.Connection, unit_id: str, case_id: str, since: datetime) -> bool:
    """Whether an entry that counts was recorded for the case at or after a moment; it may correct an older one."""
    query = sa.select(sa.literal(1)).where(
        repair_entry.c.unit_id == unit_id, repair_entry.c.case_id == case_id, repair_entry.c.recorded_at >= since
    )
    return connection.execute(query.where(repair_entry.c.corrects.is_(None)).limit(1)).first() is not None


def scrap_requests(connection: sa.Connection, unit_id: str, case_id: str) -> list[ScrapRequest]:
    """What was asked of a case, the newest first."""
    query = _REQUESTS.where(scrap_request.c.unit_id == unit_id, scrap_request.c.case_id == case_id)
    return [ScrapRequest(**row) for row in connection.execute(query.order_by(scrap_request.c.id.desc())).mappings()]


def scrap_request_by_id(connection: sa.Connection, request_id: str) -> ScrapRequest | None:
    """One request with its decision, if it is on record."""
    row = connection.execute(_REQUESTS.where(scrap_request.c.id == request_id)).mappings().first()
    return ScrapRequest(**row) if row else None


def open_scrap_requests(connection: sa.Connection, case_ids: Iterable[str] | None = None) -> dict[str, ScrapRequest]:
    """The requests that nobody has answered, by case; of some cases or of all."""
    query = _REQUESTS.where(scrap_decision.c.request_id.is_(None))
    if case_ids is not None:
        query = query.where(scrap_request.c.case_id.in_(list(case_ids)))
    rows = connection.execute(query.order_by(scrap_request.c.id)).mappings()
    return {row["case_id"]: ScrapRequest(**row) for row in rows}


def _entries() -> sa.Select[tuple[object, ...]]:
    return sa.select(*repair_entry.c, sa.not_(counts()).label("is_corrected"))


def _filled(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> list[Entry]:
    """The entries with their designators and parts, by two more queries whatever their number."""
    rows = connection.execute(query).mappings().all()
    lines = _lines(connection, [row["id"] for row in rows])
    return [
        Entry(
            **{**row, "is_corrected": bool(row["is_corrected"])},
            designators=tuple(lines.designators.get(row["id"], ())),
            parts=tuple(lines.parts.get(row["id"], ())),
        )
        for row in rows
    ]


def _lines(connection: sa.Connection, entry_ids: list[str]) -> _Lines:
    found = _Lines()
    table = repair_designator
    query = sa.select(table.c.entry_id, table.c.designator).where(table.c.entry_id.in_(entry_ids))
    for entry_id, designator in connection.execute(query.order_by(table.c.entry_id, table.c.designator)):
        found.designators.setdefault(entry_id, []).append(designator)
    columns = (repair_part.c.part_number, repair_part.c.quantity, repair_part.c.movement_id)
    used = sa.select(repair_part.c.entry_id, *columns).where(repair_part.c.entry_id.in_(entry_ids))
    for entry_id, *part in connection.execute(used.order_by(repair_part.c.entry_id, repair_part.c.position)):
        found.parts.setdefault(entry_id, []).append(PartUsed(*part))
    return found


_REQUESTS = sa.select(
    *scrap_request.c,
    scrap_decision.c.is_approved,
    scrap_decision.c.note.label("decision_note"),
    scrap_decision.c.decided_at,
    scrap_decision.c.decided_by,
).outerjoin(
    scrap_decision,
    sa.and_(scrap_decision.c.unit_id == scrap_request.c.unit_id, scrap_decision.c.request_id == scrap_request.c.id),
)
