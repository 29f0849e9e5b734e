"""What couriers take, in days and in money, over the parcels of some days."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import sqlalchemy as sa

from server.db.span import Span
from server.logistics.statuses import ANNOUNCED, ARRIVED, HANDED_OVER, IN, IN_TRANSIT, SIGNED
from server.logistics.tables import parcel_removal, parcel_unit, waybill, waybill_event, waybill_standing, waybill_unit

DAY_S = 86_400
MOST = 200_000


@dataclass(frozen=True, slots=True)
class CourierFigures:
    """A courier in one direction. Days run from when the parcel left until it was there, over parcels that tell both.

    ``cost_per_unit_minor`` is over the parcels whose freight is known and that had units; None where there is none.
    """

    courier: str
    direction: str
    currency: str
    parcels: int
    units: int
    timed: int
    median_days: float | None
    slowest_days: float | None
    priced: int
    freight_minor: int
    cost_per_unit_minor: float | None


@dataclass(frozen=True, slots=True)
class _Parcel:
    courier: str
    direction: str
    currency: str
    freight_minor: int | None
    units: int
    left_at: datetime | None
    there_at: datetime | None


def courier_figures(connection: sa.Connection, entered: Span) -> list[CourierFigures]:
    """The couriers of the waybills entered within ``entered``, by name, direction and currency."""
    query = _PARCELS.where(waybill.c.received_at >= entered.start, waybill.c.received_at < entered.end).limit(MOST)
    groups: defaultdict[tuple[str, str, str], list[_Parcel]] = defaultdict(list)
    for row in connection.execute(query):
        parcel = _Parcel(*row)
        groups[parcel.courier, parcel.direction, parcel.currency].append(parcel)
    return [_figures(key, parcels) for key, parcels in sorted(groups.items())]


def _figures(key: tuple[str, str, str], parcels: list[_Parcel]) -> CourierFigures:
    days = [
        (parcel.there_at - parcel.left_at).total_seconds() / DAY_S
        for parcel in parcels
        if parcel.left_at is not None and parcel.there_at is not None and parcel.there_at > parcel.left_at
    ]
    freights = [(parcel.freight_minor, parcel.units) for parcel in parcels if parcel.freight_minor is not None]
    shared = [(freight, units) for freight, units in freights if units]
    units = sum(number for _, number in shared)
    return CourierFigures(
        *key,
        parcels=len(parcels),
        units=sum(parcel.units for parcel in parcels),
        timed=len(days),
        median_days=median(days) if days else None,
        slowest_days=max(days, default=None),
        priced=len(freights),
        freight_minor=sum(freight for freight, _ in freights),
        cost_per_unit_minor=sum(freight for freight, _ in shared) / units if units else None,
    )


def _at(*statuses: str) -> sa.ScalarSelect[datetime]:
    query = sa.select(sa.func.min(waybill_event.c.at)).where(
        waybill_event.c.waybill_id == waybill.c.id, waybill_event.c.status.in_(statuses)
    )
    return query.correlate(waybill).scalar_subquery()


def _count(table: sa.Table, *more: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.waybill_id == waybill.c.id, *more)
    return query.correlate(waybill).scalar_subquery()


_STILL_PACKED = ~sa.exists().where(
    parcel_removal.c.unit_id == parcel_unit.c.unit_id, parcel_removal.c.id == parcel_unit.c.id
)
_IS_IN = waybill.c.direction == IN
_PARCELS = sa.select(
    waybill.c.courier,
    waybill.c.direction,
    waybill_standing.c.currency,
    waybill_standing.c.freight_minor,
    _count(waybill_unit) + _count(parcel_unit, _STILL_PACKED),
    sa.case((_IS_IN, sa.func.coalesce(_at(IN_TRANSIT), _at(ANNOUNCED))), else_=_at(HANDED_OVER)),
    sa.case((_IS_IN, _at(ARRIVED)), else_=_at(SIGNED)),
).join(waybill_standing, waybill_standing.c.waybill_id == waybill.c.id)
