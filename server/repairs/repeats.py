"""Units that came back soon after they were sent out, and whose repair that was."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.db.span import Span
from server.logistics.tables import parcel_removal, parcel_unit, waybill_event
from server.repairs.queries import counts
from server.repairs.tables import repair_entry
from server.returns.tables import return_case

SIGNED = "signed"


@dataclass(frozen=True, slots=True)
class SentOut:
    """A case that was shipped: ``out_at`` is when its parcel was signed for, or when it was closed where nobody noted
    that (``is_signed``). ``again`` is the unit's next case, with its moment; technician and cause are of the last
    repair that counts, empty where there was none."""

    unit_id: str
    case_id: str
    case_no: str
    serial: str
    product: str
    technician: str
    cause: str
    out_at: datetime
    is_signed: bool
    again_case_no: str | None
    again_reason: str | None
    again_at: datetime | None


@dataclass(frozen=True, slots=True)
class Repeats:
    """Of the units sent out in a span, those that came back within ``days``; ``waiting`` may still do so."""

    days: int
    sent_out: int
    waiting: int
    cases: tuple[SentOut, ...]

    @property
    def rate(self) -> float | None:
        """From 0 to 1, of what was sent out; None where nothing was."""
        return len(self.cases) / self.sent_out if self.sent_out else None

    def by(self, attribute: str) -> list[tuple[str, int]]:
        """How many came back by ``technician`` or ``cause`` of the repair before, the most first."""
        names = [case.technician if attribute == "technician" else case.cause for case in self.cases]
        return sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0]))


def repeat_returns(connection: sa.Connection, span: Span, days: int, at: datetime) -> Repeats:
    """The repeat returns of what was sent out in ``span``, as of ``at``.

    A repeat is the next case of the same unit, opened at most ``days`` days after the parcel before was signed for. It
    is put down to who repaired the unit then, and to the cause found then.
    """
    rows = [SentOut(**row) for row in connection.execute(_SENT_OUT, _parameters(span)).mappings()]
    within = timedelta(days=days)
    again = tuple(row for row in rows if row.again_at is not None and row.again_at <= row.out_at + within)
    waiting = sum(1 for row in rows if row.again_at is None and row.out_at + within > at)
    return Repeats(days, len(rows), waiting, again)


def _parameters(span: Span) -> dict[str, object]:
    return {"start": span.start, "end": span.end}


def _last_repair(column: sa.ColumnElement[str]) -> sa.ScalarSelect[str]:
    """A column of the last repair of the case that counts."""
    return (
        sa.select(column)
        .where(repair_entry.c.unit_id == return_case.c.unit_id, repair_entry.c.case_id == return_case.c.id, counts())
        .order_by(repair_entry.c.ended_at.desc(), repair_entry.c.id.desc())
        .limit(1)
        .correlate(return_case)
        .scalar_subquery()
    )


_SIGNED_AT = (
    sa.select(sa.func.min(waybill_event.c.at))
    .select_from(parcel_unit)
    .join(waybill_event, waybill_event.c.waybill_id == parcel_unit.c.waybill_id)
    .outerjoin(
        parcel_removal,
        sa.and_(parcel_removal.c.unit_id == parcel_unit.c.unit_id, parcel_removal.c.id == parcel_unit.c.id),
    )
    .where(
        parcel_unit.c.unit_id == return_case.c.unit_id,
        parcel_unit.c.case_id == return_case.c.id,
        waybill_event.c.status == SIGNED,
        parcel_removal.c.id.is_(None),
    )
    .correlate(return_case)
    .scalar_subquery()
)
_OUT = (
    sa.select(
        return_case.c.unit_id,
        return_case.c.id.label("case_id"),
        return_case.c.case_no,
        return_case.c.serial,
        return_case.c.product,
        return_case.c.opened_at,
        sa.func.coalesce(_last_repair(repair_entry.c.technician), "").label("technician"),
        sa.func.coalesce(_last_repair(repair_entry.c.cause), "").label("cause"),
        sa.func.coalesce(_SIGNED_AT, return_case.c.closed_at, type_=return_case.c.closed_at.type).label("out_at"),
        _SIGNED_AT.is_not(None).label("is_signed"),
    )
    .where(return_case.c.state == "shipped")
    .subquery("sent")
)
_later = return_case.alias("later")
_earliest = return_case.alias("earliest")
_NEXT_ID = (
    sa.select(_earliest.c.id)
    .where(_earliest.c.unit_id == _OUT.c.unit_id, _earliest.c.id > _OUT.c.case_id)
    .order_by(_earliest.c.id)
    .limit(1)
    .correlate(_OUT)
    .scalar_subquery()
)
_SENT_OUT = (
    sa.select(
        *[_OUT.c[name] for name in ("unit_id", "case_id", "case_no", "serial", "product", "technician", "cause")],
        _OUT.c.out_at,
        _OUT.c.is_signed,
        _later.c.case_no.label("again_case_no"),
        _later.c.reason.label("again_reason"),
        _later.c.opened_at.label("again_at"),
    )
    .select_from(_OUT)
    .outerjoin(_later, sa.and_(_later.c.unit_id == _OUT.c.unit_id, _later.c.id == _NEXT_ID))
    .where(_OUT.c.out_at >= sa.bindparam("start"), _OUT.c.out_at < sa.bindparam("end"))
    .order_by(_OUT.c.out_at.desc(), _OUT.c.case_id)
)
