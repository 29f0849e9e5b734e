"""What the sums and first results say: figures of a measurement, yields by month, and all values of a measurement."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from server.db.span import Span
from server.runs.sums import Sums
from server.runs.tables import defset, mdef, measured_hour, run, visit_result

OUTGOING = "outgoing"
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Figure:
    """A measurement under one definition: with other limits it is another. ``unit`` is that of mean and extremes."""

    mdef_sha256: str
    name: str
    unit: str
    low: float | None
    high: float | None
    sums: Sums

    @property
    def ppk(self) -> float | None:
        return self.sums.ppk(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Yield:
    """First results of visits; ``passed`` of ``tested`` did at once."""

    span: Span
    passed: int
    tested: int


@dataclass(frozen=True, slots=True)
class Taken:
    """One value of one run."""

    run_id: str
    value: float


def hour_of(moment: datetime) -> int:
    """Whole hours since 1970 UTC."""
    return int(moment.timestamp()) // HOUR_S


def figures(
    connection: sa.Connection, product: str, names: Sequence[str], span: Span, purpose: str = OUTGOING
) -> list[Figure]:
    """The figures of measurements by name; hours that ``span`` cuts count whole."""
    bounds = (
        measured_hour.c.product == product,
        measured_hour.c.purpose == purpose,
        measured_hour.c.hour.between(hour_of(span.start), hour_of(span.end)),
    )
    query = _HOURS.where(mdef.c.name.in_(names), *bounds).order_by(mdef.c.name, mdef.c.sha256)
    found = []
    for digest, name, unit, low, high, count, summed, lowest, highest in connection.execute(query):
        apart = measured_hour.c.mean - summed / count
        squares = sa.func.sum(measured_hour.c.squares + measured_hour.c.count * apart * apart)
        total = connection.scalar(sa.select(squares).where(measured_hour.c.mdef_sha256 == digest, *bounds))
        found.append(Figure(digest, name, unit, low, high, Sums(count, summed / count, total or 0.0, lowest, highest)))
    return found


def first_pass_yields(
    connection: sa.Connection, spans: Sequence[Span], product: str = "", purpose: str = OUTGOING
) -> list[Yield]:
    """How many visits that began in each span passed at their first test; of all products where none is named."""
    yields = []
    for span in spans:
        query = sa.select(visit_result.c.verdict, sa.func.count()).where(
            visit_result.c.purpose == purpose,
            visit_result.c.started_at >= span.start,
            visit_result.c.started_at < span.end,
        )
        if product:
            query = query.where(visit_result.c.product == product)
        counts = {row[0]: row[1] for row in connection.execute(query.group_by(visit_result.c.verdict))}
        yields.append(Yield(span, counts.get("PASS", 0), sum(counts.values())))
    return yields


def values_of(connection: sa.Connection, product: str, mdef_sha256: str, purpose: str = OUTGOING) -> list[Taken]:
    """Every number that was measured under one definition, in the order of the runs; reads every run of the product."""
    found = []
    for digest, place in places_of(connection, mdef_sha256):
        value = sa.func.substr(run.c.values_f64, 1 + 8 * place, 8)
        query = sa.select(run.c.id, value).where(
            run.c.defset_sha256 == digest,
            run.c.product == product,
            run.c.purpose == purpose,
            run.c.has_discrepancy.is_(False),
        )
        found += [Taken(run_id, struct.unpack("<d", packed)[0]) for run_id, packed in connection.execute(query)]
    return sorted((taken for taken in found if taken.value == taken.value), key=lambda taken: taken.run_id)


def places_of(connection: sa.Connection, mdef_sha256: str) -> list[tuple[str, int]]:
    """The sets that hold a definition, and where."""
    rows = connection.execute(sa.select(defset.c.sha256, defset.c.mdefs).where(defset.c.mdefs.contains(mdef_sha256)))
    sets = ((digest, msgspec.json.decode(mdefs, type=list[str])) for digest, mdefs in rows)
    return [(digest, place) for digest, mdefs in sets for place, each in enumerate(mdefs) if each == mdef_sha256]


_HOURS = (
    sa.select(
        mdef.c.sha256,
        mdef.c.name,
        mdef.c.unit,
        mdef.c.low,
        mdef.c.high,
        sa.cast(sa.func.sum(measured_hour.c.count), sa.Integer),
        sa.func.sum(measured_hour.c.count * measured_hour.c.mean),
        sa.func.min(measured_hour.c.lowest),
        sa.func.max(measured_hour.c.highest),
    )
    .join(mdef, mdef.c.sha256 == measured_hour.c.mdef_sha256)
    .group_by(mdef.c.sha256)
)
