"""What waits to be repaired: a technician's own, what nobody has, and the whole house by state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from server.db.span import SiteCalendar
from server.repairs.queries import ScrapRequest, open_scrap_requests
from server.returns.tables import return_case
from server.runs.queries import failed_measurements
from server.runs.tables import run
from server.units.tables import unit

QUEUED = ("received", "diagnosing", "repairing", "waiting_parts", "refurbishing")
"""The states in which a unit is at a repair bench or waits for one."""
BOARD = (*QUEUED, "awaiting_test")
MOST = 500
AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""Where the board's columns of ageing are cut: up to a day, up to three, up to a week, longer."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A case that waits; ``verdict`` and ``failed`` are of its last judged test, empty without one."""

    unit_id: str
    case_id: str
    case_no: str
    serial: str
    product: str
    kind: str
    state: str
    reason: str
    owner: str
    due_on: date | None
    opened_at: datetime
    changed_at: datetime
    verdict: str
    failed: tuple[str, ...]
    scrapping: ScrapRequest | None

    def is_overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class AgeingRow:
    """How many cases of a state have been in it for how long: a number for each of AGES, and the rest."""

    state: str
    counts: tuple[int, ...]
    overdue: int

    @property
    def total(self) -> int:
        return sum(self.counts)


def own_queue(connection: sa.Connection, owner: str) -> list[QueueRow]:
    """What a technician has, by the day it is due, then by age; those without a day come last."""
    return _rows(connection, [return_case.c.owner == owner, return_case.c.state.in_(QUEUED)])


def unowned(connection: sa.Connection) -> list[QueueRow]:
    """What nobody has taken yet, in the same order."""
    return own_queue(connection, "")


def board(connection: sa.Connection, state: str = "", owner: str | None = None) -> list[QueueRow]:
    """Everything in repair or on its way to the test, at most 500; of one state or technician only."""
    conditions: list[sa.ColumnElement[bool]] = [return_case.c.state.in_((state,) if state in BOARD else BOARD)]
    if owner is not None:
        conditions.append(return_case.c.owner == owner)
    return _rows(connection, conditions)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person at the repair benches, in figures."""

    own: int
    overdue: int
    unowned: int
    to_scrap: int


def waiting_for(connection: sa.Connection, owner: str, today: date) -> Waiting:
    """One's own units and those of them that are overdue, units that nobody has, and wishes to scrap of others."""
    is_queued = sa.and_(return_case.c.state.in_(QUEUED), return_case.c.closed_at.is_(None))
    query = sa.select(
        sa.func.count().filter(return_case.c.owner == owner),
        sa.func.count().filter(return_case.c.owner == owner, return_case.c.due_on < today),
        sa.func.count().filter(return_case.c.owner == ""),
    ).where(is_queued)
    own, overdue, nobodys = connection.execute(query).one()
    asked = open_scrap_requests(connection).values()
    return Waiting(own, overdue, nobodys, sum(1 for request in asked if request.requested_by != owner))


def ageing(rows: Iterable[QueueRow], at: datetime, calendar: SiteCalendar) -> list[AgeingRow]:
    """The board's figures by state, in the order that a unit passes them."""
    today = at.astimezone(calendar.zone).date()
    counts = {state: [0] * (len(AGES) + 1) for state in BOARD}
    overdue = dict.fromkeys(BOARD, 0)
    for row in rows:
        age = at - row.changed_at
        counts[row.state][sum(age > bound for bound in AGES)] += 1
        overdue[row.state] += row.is_overdue(today)
    return [AgeingRow(state, tuple(numbers), overdue[state]) for state, numbers in counts.items()]


def _rows(connection: sa.Connection, conditions: list[sa.ColumnElement[bool]]) -> list[QueueRow]:
    query = _QUEUE.where(return_case.c.closed_at.is_(None), *conditions).order_by(
        return_case.c.due_on.is_(None), return_case.c.due_on, return_case.c.id
    )
    found = connection.execute(query.limit(MOST)).mappings().all()
    scrapping = open_scrap_requests(connection, [row["case_id"] for row in found])
    run_ids = {row["case_id"]: row["last_run_id"] for row in found if row["last_run_id"]}
    verdicts = _verdicts(connection, list(run_ids.values()))
    failed = failed_measurements(connection, list(run_ids.values()))
    return [
        QueueRow(
            **{name: value for name, value in row.items() if name != "last_run_id"},
            verdict=verdicts.get(run_ids.get(row["case_id"], ""), ""),
            failed=tuple(failed.get(run_ids.get(row["case_id"], ""), ())),
            scrapping=scrapping.get(row["case_id"]),
        )
        for row in found
    ]


def _verdicts(connection: sa.Connection, run_ids: list[str]) -> dict[str, str]:
    query = sa.select(run.c.id, run.c.verdict).where(run.c.id.in_(run_ids))
    return {row.id: row.verdict for row in connection.execute(query)}


_LAST_RUN = (
    sa.select(run.c.id)
    .where(
        run.c.unit_id == return_case.c.unit_id,
        run.c.case_id == return_case.c.id,
        run.c.purpose.in_(("outgoing", "incoming")),
        run.c.verdict.in_(("PASS", "FAIL")),
    )
    .order_by(run.c.id.desc())
    .limit(1)
    .correlate(return_case)
    .scalar_subquery()
)
_QUEUE = sa.select(
    return_case.c.unit_id,
    return_case.c.id.label("case_id"),
    return_case.c.case_no,
    return_case.c.serial,
    sa.func.coalesce(sa.func.nullif(return_case.c.product, ""), unit.c.product).label("product"),
    return_case.c.kind,
    return_case.c.state,
    sa.func.coalesce(sa.func.nullif(return_case.c.confirmed_reason, ""), return_case.c.reason).label("reason"),
    return_case.c.owner,
    return_case.c.due_on,
    return_case.c.opened_at,
    return_case.c.changed_at,
    _LAST_RUN.label("last_run_id"),
).join(unit, unit.c.unit_id == return_case.c.unit_id)
