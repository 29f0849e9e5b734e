"""The ledger of waybills: each with its units, its freight and how it stands."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.db.span import Span
from server.logistics.tables import parcel_removal, parcel_unit, waybill, waybill_photo, waybill_standing, waybill_unit
from server.parties.tables import party
from server.units.queries import LAST_CHARACTER

ON_THE_WAY = "on_the_way"
"""In the place of a status: not at its end yet."""
ENDS = ("checked", "signed")


@dataclass(frozen=True, slots=True)
class WaybillRow:
    """A line of the ledger."""

    id: str
    courier: str
    number: str
    direction: str
    source: str
    received_at: datetime
    status: str
    status_at: datetime
    party_id: str | None
    party_name: str | None
    expected_units: int | None
    weight_g: int | None
    freight_minor: int | None
    currency: str
    units: int
    photos: int

    @property
    def units_differ(self) -> bool:
        """Whether another number of units came than was announced."""
        return self.expected_units is not None and self.units != self.expected_units and self.units > 0


@dataclass(frozen=True, slots=True)
class WaybillFilter:
    """What a line must satisfy; ``text`` begins a number, ``status`` may be ``on_the_way``."""

    text: str = ""
    direction: str = ""
    status: str = ""
    courier: str = ""
    party_id: str = ""
    entered: Span | None = None
    without_freight: bool = False


def waybill_ledger(
    connection: sa.Connection, wanted: WaybillFilter | None = None, after: str | None = None, limit: int = 50
) -> list[WaybillRow]:
    """Waybills, the newest first by id; ``after`` is the id of the last row of the page before."""
    query = _ROWS.where(*_conditions(wanted or WaybillFilter())).order_by(waybill.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(waybill.c.id < after)
    return [WaybillRow(**row) for row in connection.execute(query).mappings()]


def count_waybills(connection: sa.Connection, wanted: WaybillFilter) -> int:
    """How many lines the ledger has for a filter."""
    joined = waybill.join(waybill_standing, waybill_standing.c.waybill_id == waybill.c.id)
    query = sa.select(sa.func.count()).select_from(joined).where(*_conditions(wanted))
    return connection.scalar(query) or 0


def couriers(connection: sa.Connection) -> list[str]:
    """The couriers that have a waybill on record."""
    return list(connection.scalars(sa.select(waybill.c.courier).distinct().order_by(waybill.c.courier)))


def _conditions(wanted: WaybillFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    beginning = unicodedata.normalize("NFKC", wanted.text).upper().strip()
    if beginning:
        conditions.append(waybill.c.number.between(beginning, beginning + LAST_CHARACTER))
    if wanted.direction:
        conditions.append(waybill.c.direction == wanted.direction)
    if wanted.status == ON_THE_WAY:
        conditions.append(waybill_standing.c.status.not_in(ENDS))
    elif wanted.status:
        conditions.append(waybill_standing.c.status == wanted.status)
    if wanted.courier:
        conditions.append(waybill.c.courier == wanted.courier)
    if wanted.party_id:
        conditions.append(waybill_standing.c.party_id == wanted.party_id)
    if wanted.without_freight:
        conditions.append(waybill_standing.c.freight_minor.is_(None))
    if wanted.entered is not None:
        conditions.append(waybill.c.received_at >= wanted.entered.start)
        conditions.append(waybill.c.received_at < wanted.entered.end)
    return conditions


def _count(table: sa.Table, *more: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.waybill_id == waybill.c.id, *more)
    return query.correlate(waybill).scalar_subquery()


_STILL_PACKED = ~sa.exists().where(
    parcel_removal.c.unit_id == parcel_unit.c.unit_id, parcel_removal.c.id == parcel_unit.c.id
)
_ROWS = (
    sa.select(
        waybill.c.id,
        waybill.c.courier,
        waybill.c.number,
        waybill.c.direction,
        waybill.c.source,
        waybill.c.received_at,
        waybill_standing.c.status,
        waybill_standing.c.status_at,
        waybill_standing.c.party_id,
        party.c.name.label("party_name"),
        waybill_standing.c.expected_units,
        waybill_standing.c.weight_g,
        waybill_standing.c.freight_minor,
        waybill_standing.c.currency,
        (_count(waybill_unit) + _count(parcel_unit, _STILL_PACKED)).label("units"),
        _count(waybill_photo).label("photos"),
    )
    .join(waybill_standing, waybill_standing.c.waybill_id == waybill.c.id)
    .outerjoin(party, party.c.id == waybill_standing.c.party_id)
)
