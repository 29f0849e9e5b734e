"""Waybills by id and by number: how each stands, what happened to it, and the units on it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.logistics.statuses import OUT
from server.logistics.tables import (
    parcel_removal,
    parcel_unit,
    waybill,
    waybill_event,
    waybill_photo,
    waybill_standing,
    waybill_unit,
)
from server.units.queries import LAST_CHARACTER
from server.units.tables import unit


@dataclass(frozen=True, slots=True)
class Waybill:
    """One waybill; ``direction`` is ``in`` or ``out``, ``source`` who sent it or, outbound, who gets it."""

    id: str
    site: str
    courier: str
    number: str
    direction: str
    source: str
    received_at: datetime
    received_by: str


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a waybill; None where nobody knows yet. ``freight_minor`` is in hundredths of ``currency``."""

    party_id: str | None = None
    expected_units: int | None = None
    weight_g: int | None = None
    freight_minor: int | None = None
    currency: str = "CNY"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a waybill stands; the seqs count its events and its details."""

    waybill_id: str
    direction: str
    status: str
    status_at: datetime
    status_seq: int
    detail_seq: int
    details: Details


@dataclass(frozen=True, slots=True)
class WaybillEvent:
    """The parcel came into ``status`` at ``at``; ``noted_at`` is when somebody said so."""

    seq: int
    status: str
    at: datetime
    noted_at: datetime
    actor: str
    note: str


@dataclass(frozen=True, slots=True)
class WaybillUnit:
    """A unit on a waybill, and its return case; outbound it may have none."""

    unit_id: str
    case_id: str | None
    serial: str
    is_provisional: bool
    product: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the slip."""

    sha256: str
    media_type: str
    size_bytes: int
    added_at: datetime
    added_by: str


def waybill_by_id(connection: sa.Connection, waybill_id: str) -> Waybill | None:
    """The waybill, if it is on record."""
    row = connection.execute(_WAYBILLS.where(waybill.c.id == waybill_id)).mappings().first()
    return Waybill(**row) if row else None


def waybill_by_number(connection: sa.Connection, courier: str, number: str, direction: str) -> Waybill | None:
    """The waybill of a canonical number, if it is on record."""
    same = (waybill.c.courier == courier, waybill.c.number == number, waybill.c.direction == direction)
    row = connection.execute(_WAYBILLS.where(*same)).mappings().first()
    return Waybill(**row) if row else None


def search_waybills(connection: sa.Connection, text: str, limit: int = 50) -> list[Waybill]:
    """Waybills whose number begins with ``text``."""
    beginning = unicodedata.normalize("NFKC", text).upper().strip()
    query = _WAYBILLS.where(waybill.c.number.between(beginning, beginning + LAST_CHARACTER))
    rows = connection.execute(query.order_by(waybill.c.number).limit(limit))
    return [Waybill(**row) for row in rows.mappings()]


def standing_of(connection: sa.Connection, waybill_id: str) -> Standing | None:
    """How the waybill stands, if it is on record."""
    row = connection.execute(sa.select(waybill_standing).where(waybill_standing.c.waybill_id == waybill_id)).first()
    if row is None:
        return None
    details = Details(row.party_id, row.expected_units, row.weight_g, row.freight_minor, row.currency, row.note)
    return Standing(row.waybill_id, row.direction, row.status, row.status_at, row.status_seq, row.detail_seq, details)


def events_of(connection: sa.Connection, waybill_id: str) -> list[WaybillEvent]:
    """What happened to the parcel, in order."""
    columns = waybill_event.c
    query = sa.select(columns.seq, columns.status, columns.at, columns.noted_at, columns.actor, columns.note)
    rows = connection.execute(query.where(columns.waybill_id == waybill_id).order_by(columns.seq))
    return [WaybillEvent(*row) for row in rows]


def photos_of(connection: sa.Connection, waybill_id: str) -> list[Photo]:
    """The photos of the slip, the oldest first."""
    columns = waybill_photo.c
    query = sa.select(columns.sha256, columns.media_type, columns.size_bytes, columns.added_at, columns.added_by)
    rows = connection.execute(query.where(columns.waybill_id == waybill_id).order_by(columns.added_at))
    return [Photo(*row) for row in rows]


def units_on(connection: sa.Connection, waybill_id: str) -> list[WaybillUnit]:
    """The units of a waybill, by serial: those that came by it, or those that are in its parcel."""
    arrived = _units(waybill_unit, waybill_unit.c.id).where(waybill_unit.c.waybill_id == waybill_id)
    packed = _units(parcel_unit, parcel_unit.c.case_id).where(parcel_unit.c.waybill_id == waybill_id, _IS_PACKED)
    rows = connection.execute(sa.union_all(arrived, packed).order_by("serial"))
    return [WaybillUnit(**row) for row in rows.mappings()]


def outbound_waybill(connection: sa.Connection, unit_id: str, case_id: str) -> Waybill | None:
    """The outbound waybill in whose parcel the unit is for this return case; the last one where there were more."""
    query = (
        _WAYBILLS.join(parcel_unit, parcel_unit.c.waybill_id == waybill.c.id)
        .where(parcel_unit.c.unit_id == unit_id, parcel_unit.c.case_id == case_id, _IS_PACKED)
        .where(waybill.c.direction == OUT)
        .order_by(parcel_unit.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return Waybill(**row) if row else None


def packed_in(connection: sa.Connection, unit_id: str) -> list[tuple[str, str, str]]:
    """The outbound parcels the unit is in: waybill id, id of its packing, status; the newest first."""
    query = (
        sa.select(parcel_unit.c.waybill_id, parcel_unit.c.id, waybill_standing.c.status)
        .join(waybill_standing, waybill_standing.c.waybill_id == parcel_unit.c.waybill_id)
        .where(parcel_unit.c.unit_id == unit_id, _IS_PACKED)
        .order_by(parcel_unit.c.id.desc())
    )
    return [(row.waybill_id, row.id, row.status) for row in connection.execute(query)]


def _units(table: sa.Table, case_id: sa.ColumnElement[str]) -> sa.Select[tuple[str, str, str, bool, str]]:
    columns = (unit.c.unit_id, case_id.label("case_id"), unit.c.serial, unit.c.is_provisional, unit.c.product)
    return sa.select(*columns).join(table, table.c.unit_id == unit.c.unit_id)


_WAYBILLS = sa.select(waybill)
_IS_PACKED = ~sa.exists().where(
    parcel_removal.c.unit_id == parcel_unit.c.unit_id, parcel_removal.c.id == parcel_unit.c.id
)
