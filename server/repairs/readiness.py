"""Whether a case may leave repair for its test: something was done, or nothing was ever wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from server.burns.tables import burn
from server.repairs.queries import repaired_since
from server.repairs.tables import repair_entry
from server.returns.queries import ReturnCase, events_of
from server.runs.tables import run

REPAIRED, BURNED, NO_FAULT = "repaired", "burned", "no_fault"
UNTOUCHED = {"received": "not_repaired", "diagnosing": "not_repaired", "refurbishing": "refurbished"}
"""The states that a case may leave for its test though nothing is on record, as long as no test has failed."""
SENT_BACK = ("fail", "rework", "reopen")
"""Moves after which the work before them no longer counts."""
FAILED = ("fail", "rework")
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Readiness:
    """``basis`` is what lets the case go to its test; empty where nothing does."""

    basis: str
    since: datetime

    @property
    def is_ready(self) -> bool:
        return bool(self.basis)


@dataclass(frozen=True, slots=True)
class IncomingTest:
    """What the tests of a unit said before anybody worked on it, for a case."""

    passed: int
    failed: int

    @property
    def is_without_fault(self) -> bool:
        return self.passed > 0 and self.failed == 0


def readiness(connection: sa.Connection, case: ReturnCase) -> Readiness:
    """On what grounds the case may go to its test.

    It was repaired or burned since it was last sent back; or no test has failed, and its incoming test passed before
    any work (no fault found), it is being refurbished, or nobody has begun to repair it.
    """
    sent_back = [event for event in events_of(connection, case) if event.move in SENT_BACK]
    since = sent_back[-1].at if sent_back else ALWAYS
    if repaired_since(connection, case.unit_id, case.id, since):
        return Readiness(REPAIRED, since)
    if _is_burned_since(connection, case, since):
        return Readiness(BURNED, since)
    incoming = incoming_test(connection, case.unit_id, case.id)
    has_failed = incoming.failed > 0 or any(event.move in FAILED for event in sent_back)
    if has_failed:
        return Readiness("", since)
    if incoming.is_without_fault:
        return Readiness(NO_FAULT, since)
    return Readiness(UNTOUCHED.get(case.state, ""), since)


def incoming_test(connection: sa.Connection, unit_id: str, case_id: str) -> IncomingTest:
    """The judged incoming runs of a case that began before its first repair or burn; a discrepancy makes no PASS."""
    first = _first_work(connection, unit_id, case_id)
    query = sa.select(run.c.verdict, run.c.has_discrepancy).where(
        run.c.unit_id == unit_id, run.c.case_id == case_id, run.c.purpose == "incoming"
    )
    if first is not None:
        query = query.where(run.c.started_at < first)
    rows = connection.execute(query).all()
    passed = sum(1 for verdict, has_discrepancy in rows if verdict == "PASS" and not has_discrepancy)
    return IncomingTest(passed, sum(1 for verdict, _ in rows if verdict == "FAIL"))


def _first_work(connection: sa.Connection, unit_id: str, case_id: str) -> datetime | None:
    moments = [
        connection.scalar(sa.select(sa.func.min(column)).where(table.c.unit_id == unit_id, table.c.case_id == case_id))
        for table, column in ((repair_entry, repair_entry.c.started_at), (burn, burn.c.started_at))
    ]
    return min((moment for moment in moments if moment is not None), default=None)


def _is_burned_since(connection: sa.Connection, case: ReturnCase, since: datetime) -> bool:
    query = sa.select(sa.literal(1)).where(
        burn.c.unit_id == case.unit_id,
        burn.c.case_id == case.id,
        burn.c.result == "PASS",
        burn.c.has_discrepancy.is_(False),
        burn.c.received_at >= since,
    )
    return connection.execute(query.limit(1)).first() is not None
