"""What fixed a failed measurement on other units: what is on record between its FAIL and the unit's next PASS.

A kind of record that can be a fix is a function of ``SOURCES``; whoever keeps another kind adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from server.burns.tables import burn
from server.quality.queries import fault_tree
from server.quality.tree import FaultTree
from server.repairs.queries import counts
from server.repairs.tables import repair_designator, repair_entry
from server.returns.tables import case_event
from server.runs.tables import run, run_failure

LOOKED_AT = 60
"""Failures that are looked at, the newest first: the question is asked from a bench, where somebody waits."""
JUDGING = ("outgoing", "incoming")
MOST_FIXES, MOST_TEXT = 5, 500
"""As the wire contract has it."""
RECEIVED = "received"
"""A case's first state: its note is why the unit came, not what was done."""


@dataclass(frozen=True, slots=True)
class Fix:
    """What was done and when; ``kind`` is repair, burn, note or retest."""

    kind: Literal["repair", "burn", "note", "retest"]
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Remedy:
    """A unit that failed ``measurement`` and passed later, with what was done between, the oldest first."""

    unit_id: str
    measurement: str
    serial: str
    failed_at: datetime
    passed_at: datetime
    fixes: tuple[Fix, ...]


def remedies(connection: sa.Connection, product: str, measurements: Sequence[str], limit: int = 3) -> list[Remedy]:
    """The newest remedies, one for each unit; those with something done come before mere retests."""
    found: dict[str, Remedy] = {}
    for row in connection.execute(_FAILED, {"product": product, "names": list(measurements)}):
        if row.unit_id in found:
            continue
        passed = connection.execute(
            _NEXT_PASS, {"unit_id": row.unit_id, "product": product, "after": row.id, "passed": "PASS"}
        ).first()
        if passed is None:
            continue
        fixes = sorted(_fixes(connection, row.unit_id, row.finished_at, passed.started_at), key=lambda fix: fix.at)
        if not fixes:
            fixes = [Fix("retest", "", passed.started_at)]
        found[row.unit_id] = Remedy(
            row.unit_id, row.name, row.serial, row.finished_at, passed.finished_at, tuple(fixes[-MOST_FIXES:])
        )
    done = [remedy for remedy in found.values() if remedy.fixes[0].kind != "retest"]
    return (done + [remedy for remedy in found.values() if remedy.fixes[0].kind == "retest"])[:limit]


def _fixes(connection: sa.Connection, unit_id: str, since: datetime, until: datetime) -> Iterator[Fix]:
    for source in SOURCES:
        yield from source(connection, unit_id, since, until)


def _burns(connection: sa.Connection, unit_id: str, since: datetime, until: datetime) -> Iterator[Fix]:
    query = sa.select(burn.c.image_name, burn.c.image_version, burn.c.target, burn.c.finished_at).where(
        burn.c.unit_id == unit_id,
        burn.c.result == "PASS",
        burn.c.finished_at >= since,
        burn.c.finished_at <= until,
    )
    for row in connection.execute(query):
        yield Fix("burn", f"{row.image_name} {row.image_version} → {row.target}".replace("  ", " "), row.finished_at)


def _notes(connection: sa.Connection, unit_id: str, since: datetime, until: datetime) -> Iterator[Fix]:
    query = sa.select(case_event.c.note, case_event.c.at).where(
        case_event.c.unit_id == unit_id,
        case_event.c.note != "",
        case_event.c.state != RECEIVED,
        case_event.c.at >= since,
        case_event.c.at <= until,
    )
    for row in connection.execute(query):
        yield Fix("note", row.note, row.at)


def _repairs(connection: sa.Connection, unit_id: str, since: datetime, until: datetime) -> Iterator[Fix]:
    """In both languages: the bench has its own, and does not say which."""
    query = (
        sa.select(repair_entry.c.id, repair_entry.c.cause, repair_entry.c.action, repair_entry.c.note)
        .add_columns(repair_entry.c.ended_at)
        .where(repair_entry.c.unit_id == unit_id, counts())
        .where(repair_entry.c.ended_at >= since, repair_entry.c.ended_at <= until)
    )
    rows = connection.execute(query).all()
    tree = fault_tree(connection) if rows else FaultTree(())
    for row in rows:
        where = connection.scalars(_DESIGNATORS, {"unit_id": unit_id, "entry_id": row.id})
        said = (f"{tree.both(row.cause)} → {tree.both(row.action)}", " ".join(where), row.note)
        yield Fix("repair", " · ".join(text for text in said if text)[:MOST_TEXT], row.ended_at)


SOURCES: tuple[Callable[[sa.Connection, str, datetime, datetime], Iterator[Fix]], ...] = (
    _repairs,
    _burns,
    _notes,
)

_DESIGNATORS = (
    sa.select(repair_designator.c.designator)
    .where(
        repair_designator.c.unit_id == sa.bindparam("unit_id"),
        repair_designator.c.entry_id == sa.bindparam("entry_id"),
    )
    .order_by(repair_designator.c.designator)
)
_FAILED = (
    sa.select(run.c.unit_id, run.c.id, run.c.serial, run.c.finished_at, run_failure.c.name)
    .join(run, sa.and_(run.c.unit_id == run_failure.c.unit_id, run.c.id == run_failure.c.run_id))
    .where(
        run_failure.c.name.in_(sa.bindparam("names", expanding=True)),
        run_failure.c.outcome == "FAIL",
        run.c.product == sa.bindparam("product"),
        run.c.purpose.in_(JUDGING),
    )
    .order_by(run_failure.c.run_id.desc(), run_failure.c.position)
    .limit(LOOKED_AT)
)
_NEXT_PASS = (
    sa.select(run.c.started_at, run.c.finished_at)
    .where(
        run.c.unit_id == sa.bindparam("unit_id"),
        run.c.product == sa.bindparam("product"),
        run.c.id > sa.bindparam("after"),
        run.c.verdict == sa.bindparam("passed"),
        run.c.has_discrepancy.is_(False),
        run.c.purpose.in_(JUDGING),
    )
    .order_by(run.c.id)
    .limit(1)
)
