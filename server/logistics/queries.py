"""Waybills by id and by number, with the units on them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.logistics.tables import waybill, waybill_unit
from server.units.queries import LAST_CHARACTER
from server.units.tables import unit


@dataclass(frozen=True, slots=True)
class Waybill:
    """One waybill; ``direction`` is ``in`` or ``out``."""

    id: str
    site: str
    courier: str
    number: str
    direction: str
    source: str
    received_at: datetime
    received_by: str


@dataclass(frozen=True, slots=True)
class WaybillUnit:
    """A unit on a waybill, and its return case."""

    unit_id: str
    case_id: str
    serial: str
    is_provisional: bool


def waybill_by_id(connection: sa.Connection, waybill_id: str) -> Waybill | None:
    """The waybill, if it is on record."""
    row = connection.execute(_WAYBILLS.where(waybill.c.id == waybill_id)).mappings().first()
    return Waybill(**row) if row else None


def units_on(connection: sa.Connection, waybill_id: str) -> list[WaybillUnit]:
    """The units of a waybill, by serial."""
    rows = connection.execute(
        sa.select(unit.c.unit_id, waybill_unit.c.id.label("case_id"), unit.c.serial, unit.c.is_provisional)
        .join(waybill_unit, waybill_unit.c.unit_id == unit.c.unit_id)
        .where(waybill_unit.c.waybill_id == waybill_id)
        .order_by(unit.c.serial)
    )
    return [WaybillUnit(**row) for row in rows.mappings()]


def search_waybills(connection: sa.Connection, text: str, limit: int = 50) -> list[Waybill]:
    """Waybills whose number begins with ``text``."""
    beginning = unicodedata.normalize("NFKC", text).upper().strip()
    query = _WAYBILLS.where(waybill.c.number.between(beginning, beginning + LAST_CHARACTER))
    rows = connection.execute(query.order_by(waybill.c.number).limit(limit))
    return [Waybill(**row) for row in rows.mappings()]


_WAYBILLS = sa.select(waybill)
