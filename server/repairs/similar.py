"""What fixed a failed measurement before: the repairs that answered it on other units of the product, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from server.repairs.queries import counts
from server.repairs.tables import repair_designator, repair_entry
from server.runs.tables import run

LOOKED_AT = 300
"""Repairs that are counted, the newest first: what fixed a unit years ago says little of the boards of today."""
JUDGING = ("outgoing", "incoming")


@dataclass(slots=True)
class SimilarRepair:
    """Repairs with one cause and one action that answered ``measurement``.

    ``passed`` of the ``times`` were followed by a PASS in the next test of the unit, ``failed`` by a FAIL; the others
    were not tested yet. ``designators`` are by how often they were named.
    """

    measurement: str
    symptom: str
    cause: str
    action: str
    times: int = 0
    passed: int = 0
    failed: int = 0
    last_at: datetime | None = None
    last_serial: str = ""
    last_unit_id: str = ""
    named: dict[str, int] = field(default_factory=dict)

    @property
    def designators(self) -> list[tuple[str, int]]:
        return sorted(self.named.items(), key=lambda pair: (-pair[1], pair[0]))


def similar_repairs(
    connection: sa.Connection, product: str, measurements: Sequence[str], limit: int = 10
) -> list[SimilarRepair]:
    """The causes and actions for these measurements of the product, those first that were followed by most PASSes."""
    found: dict[tuple[str, str, str], SimilarRepair] = {}
    rows = connection.execute(_ENTRIES, {"product": product, "names": list(measurements)}).all()
    where = _designators(connection, [row.id for row in rows])
    for row in rows:
        key = (row.measurement, row.cause, row.action)
        repair = found.setdefault(key, SimilarRepair(row.measurement, row.symptom, row.cause, row.action))
        if repair.last_at is None:
            repair.last_at, repair.last_serial, repair.last_unit_id = row.ended_at, row.serial, row.unit_id
        repair.times += 1
        repair.passed += row.next_verdict == "PASS"
        repair.failed += row.next_verdict == "FAIL"
        for designator in where.get(row.id, ()):
            repair.named[designator] = repair.named.get(designator, 0) + 1
    ordered = sorted(found.values(), key=lambda repair: (-repair.passed, repair.failed, -repair.times, repair.cause))
    return ordered[:limit]


def _designators(connection: sa.Connection, entry_ids: list[str]) -> dict[str, list[str]]:
    query = sa.select(repair_designator.c.entry_id, repair_designator.c.designator)
    found: dict[str, list[str]] = {}
    for entry_id, designator in connection.execute(query.where(repair_designator.c.entry_id.in_(entry_ids))):
        found.setdefault(entry_id, []).append(designator)
    return found


_NEXT_VERDICT = (
    sa.select(run.c.verdict)
    .where(
        run.c.unit_id == repair_entry.c.unit_id,
        run.c.started_at >= repair_entry.c.ended_at,
        run.c.purpose.in_(JUDGING),
        run.c.verdict.in_(("PASS", "FAIL")),
        run.c.has_discrepancy.is_(False),
    )
    .order_by(run.c.started_at, run.c.id)
    .limit(1)
    .correlate(repair_entry)
    .scalar_subquery()
)
_ENTRIES = (
    sa.select(
        repair_entry.c.id,
        repair_entry.c.unit_id,
        repair_entry.c.serial,
        repair_entry.c.measurement,
        repair_entry.c.symptom,
        repair_entry.c.cause,
        repair_entry.c.action,
        repair_entry.c.ended_at,
        _NEXT_VERDICT.label("next_verdict"),
    )
    .where(
        repair_entry.c.product == sa.bindparam("product"),
        repair_entry.c.measurement.in_(sa.bindparam("names", expanding=True)),
        counts(),
    )
    .order_by(repair_entry.c.id.desc())
    .limit(LOOKED_AT)
)
