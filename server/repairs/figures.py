"""What repairs say of faults: the Pareto, no fault found, and units that came back; each with its definition.

The definitions are written beside the figures on the page (templates/repairs/figures.html) and worked through in
tests/server/test_repair_figures.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.db.span import Span
from server.parts.movements import issued_to_case
from server.repairs.queries import counts
from server.repairs.readiness import incoming_test
from server.repairs.tables import repair_designator, repair_entry
from server.returns.tables import return_case

SYMPTOMS, CAUSES, ACTIONS, DESIGNATORS, MEASUREMENTS = BY = ("symptom", "cause", "action", "designator", "measurement")


@dataclass(frozen=True, slots=True)
class ParetoRow:
    """A code or designator with its number of repairs, its share of all, and the share up to and with it (0 to 1)."""

    name: str
    count: int
    share: float
    running: float


@dataclass(frozen=True, slots=True)
class FoundNothing:
    """A case whose incoming test passed and that was closed without a repair."""

    unit_id: str
    case_id: str
    case_no: str
    serial: str
    product: str
    reason: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class NoFaultFound:
    """``cases`` of ``diagnosed`` closed cases in which nothing was found."""

    cases: tuple[FoundNothing, ...]
    diagnosed: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None where nothing was diagnosed."""
        return len(self.cases) / self.diagnosed if self.diagnosed else None


def pareto(connection: sa.Connection, by: str, span: Span | None = None, product: str = "") -> list[ParetoRow]:
    """How many repairs that count name each symptom, cause, action, designator or measurement, the most first.

    A repair is in ``span`` by its end. One that names two designators counts for both, so that their shares are of
    what was named; one that names none is not in their list.
    """
    query, column = _counted(by)
    conditions = [counts()]
    if span is not None:
        conditions += [repair_entry.c.ended_at >= span.start, repair_entry.c.ended_at < span.end]
    if product:
        conditions.append(repair_entry.c.product == product)
    number = sa.func.count().label("number")
    rows = connection.execute(
        query.add_columns(number).where(*conditions).group_by(column).order_by(number.desc(), column)
    ).all()
    total = sum(row.number for row in rows)
    return list(_shares([(row.name, row.number) for row in rows], total))


def repaired_products(connection: sa.Connection) -> list[str]:
    """The products that were ever repaired."""
    column = repair_entry.c.product
    return [name for name in connection.scalars(sa.select(column).distinct().order_by(column)) if name]


def no_fault_found(connection: sa.Connection, span: Span) -> NoFaultFound:
    """Of the cases closed in ``span`` and diagnosed, those in which nothing was found.

    Diagnosed is a case with a judged incoming test before any work, or with a repair that counts. Nothing was found
    where that test passed and never failed, and the case closed without a repair: with no part and no cause.
    """
    repaired = sa.exists().where(
        repair_entry.c.unit_id == return_case.c.unit_id, repair_entry.c.case_id == return_case.c.id
    )
    query = sa.select(
        return_case.c.unit_id,
        return_case.c.id,
        return_case.c.case_no,
        return_case.c.serial,
        return_case.c.product,
        return_case.c.reason,
        return_case.c.closed_at,
        repaired.label("is_repaired"),
    ).where(return_case.c.closed_at >= span.start, return_case.c.closed_at < span.end)
    found, diagnosed = [], 0
    for *case, is_repaired in connection.execute(query.order_by(return_case.c.closed_at.desc())):
        if is_repaired:
            diagnosed += 1
            continue
        test = incoming_test(connection, case[0], case[1])
        diagnosed += test.passed + test.failed > 0
        if test.is_without_fault and not issued_to_case(connection, case[2]):
            found.append(FoundNothing(*case))
    return NoFaultFound(tuple(found), diagnosed)


def _counted(by: str) -> tuple[sa.Select[str], sa.ColumnElement[str]]:
    if by == DESIGNATORS:
        column: sa.ColumnElement[str] = repair_designator.c.designator
        same = sa.and_(
            repair_designator.c.unit_id == repair_entry.c.unit_id, repair_designator.c.entry_id == repair_entry.c.id
        )
        return sa.select(column.label("name")).join(repair_entry, same), column
    column = repair_entry.c[by]
    return sa.select(column.label("name")).where(column != ""), column


def _shares(rows: list[tuple[str, int]], total: int) -> Iterator[ParetoRow]:
    running = 0
    for name, count in rows:
        running += count
        yield ParetoRow(name, count, count / total, running / total)
