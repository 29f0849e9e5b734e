"""Figures of all measurements of a product, what failed at first tests, and the newest values of one measurement."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.db.span import Span
from server.runs.evidence import is_usable
from server.runs.figures import OUTGOING, Figure, hour_of, places_of
from server.runs.sums import ERROR, Sums
from server.runs.tables import mdef, measured_hour, run, run_failure, visit_result

MOST_VALUES = 500


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A measurement with the first tests that failed it, the share of all, and the share up to and with it (0 to 1)."""

    name: str
    count: int
    share: float
    running: float


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """A value with its run."""

    unit_id: str
    run_id: str
    serial: str
    started_at: datetime
    value: float


def products(connection: sa.Connection) -> list[str]:
    """Those that have a first result on record, by name."""
    return list(connection.scalars(sa.select(visit_result.c.product).distinct().order_by(visit_result.c.product)))


def figures_of(connection: sa.Connection, product: str, span: Span, purpose: str = OUTGOING) -> list[Figure]:
    """The figures of every measurement of a product, by name; hours that ``span`` cuts count whole."""
    bounds = (
        measured_hour.c.product == product,
        measured_hour.c.purpose == purpose,
        measured_hour.c.hour.between(hour_of(span.start), hour_of(span.end)),
    )
    count = sa.func.sum(measured_hour.c.count)
    means = (
        sa.select(
            measured_hour.c.mdef_sha256,
            count.label("count"),
            (sa.func.sum(measured_hour.c.count * measured_hour.c.mean) / count).label("mean"),
            sa.func.min(measured_hour.c.lowest).label("lowest"),
            sa.func.max(measured_hour.c.highest).label("highest"),
        )
        .where(*bounds)
        .group_by(measured_hour.c.mdef_sha256)
        .subquery()
    )
    apart = measured_hour.c.mean - means.c.mean
    squares = (
        sa.select(
            measured_hour.c.mdef_sha256,
            sa.func.sum(measured_hour.c.squares + measured_hour.c.count * apart * apart).label("squares"),
        )
        .join(means, means.c.mdef_sha256 == measured_hour.c.mdef_sha256)
        .where(*bounds)
        .group_by(measured_hour.c.mdef_sha256)
        .subquery()
    )
    query = (
        sa.select(
            mdef.c.sha256,
            mdef.c.name,
            mdef.c.unit,
            mdef.c.low,
            mdef.c.high,
            means.c.count,
            means.c.mean,
            squares.c.squares,
            means.c.lowest,
            means.c.highest,
        )
        .join(means, means.c.mdef_sha256 == mdef.c.sha256)
        .join(squares, squares.c.mdef_sha256 == mdef.c.sha256)
        .order_by(mdef.c.name, mdef.c.sha256)
    )
    return [Figure(*row[:5], Sums(int(row[5]), row[6], row[7], row[8], row[9])) for row in connection.execute(query)]


def definition(connection: sa.Connection, mdef_sha256: str) -> tuple[str, str, float | None, float | None] | None:
    """Name, unit and bounds of a definition, if it is on record."""
    query = sa.select(mdef.c.name, mdef.c.unit, mdef.c.low, mdef.c.high).where(mdef.c.sha256 == mdef_sha256)
    row = connection.execute(query).first()
    return (row[0], row[1], row[2], row[3]) if row else None


def failures_of_first_tests(
    connection: sa.Connection, product: str, span: Span, purpose: str = OUTGOING
) -> list[FailureRow]:
    """What failed at the first test of a visit, the most frequent first; a run that failed twice counts for both."""
    counted = sa.func.count().label("count")
    query = (
        sa.select(run_failure.c.name, counted)
        .join(
            visit_result,
            sa.and_(visit_result.c.unit_id == run_failure.c.unit_id, visit_result.c.run_id == run_failure.c.run_id),
        )
        .where(
            visit_result.c.purpose == purpose,
            visit_result.c.started_at >= span.start,
            visit_result.c.started_at < span.end,
            *([visit_result.c.product == product] if product else []),
        )
        .group_by(run_failure.c.name)
        .order_by(counted.desc(), run_failure.c.name)
    )
    rows = connection.execute(query).all()
    whole, running, found = sum(row[1] for row in rows), 0, []
    for name, count in rows:
        running += count
        found.append(FailureRow(name, count, count / whole, running / whole))
    return found


def newest_values(
    connection: sa.Connection, product: str, mdef_sha256: str, purpose: str = OUTGOING, most: int = MOST_VALUES
) -> list[MeasuredValue]:
    """The newest values that were measured under one definition, the oldest of them first.

    As in the sums: what ended as ERROR, and what says that an instrument was overloaded, is no value.
    """
    found: list[MeasuredValue] = []
    for digest, place in places_of(connection, mdef_sha256):
        value = sa.func.substr(run.c.values_f64, 1 + 8 * place, 8)
        outcome = sa.func.substr(run.c.outcomes, 1 + place, 1)
        query = (
            sa.select(run.c.unit_id, run.c.id, run.c.serial, run.c.started_at, value, outcome)
            .where(
                run.c.defset_sha256 == digest,
                run.c.product == product,
                run.c.purpose == purpose,
                run.c.has_discrepancy.is_(False),
            )
            .order_by(run.c.id.desc())
            .limit(most)
        )
        for *of, packed, ended in connection.execute(query):
            taken = struct.unpack("<d", packed)[0]
            if is_usable(taken) and ended[0] != ERROR:
                found.append(MeasuredValue(of[0], of[1], of[2], of[3], taken))
    return sorted(found, key=lambda one: one.run_id)[-most:]
