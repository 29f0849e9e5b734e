"""A waybill is entered once; more units may be found under it later."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.errors import BadInput
from server.logistics.tables import waybill, waybill_unit
from server.wire.ids import new_id

MAX_NUMBER, MAX_COURIER = 64, 80


@dataclass(frozen=True, slots=True)
class WaybillName:
    """A waybill as it is written on the parcel; the number in canonical form."""

    courier: str
    number: str


def name_waybill(courier: str, number: str) -> WaybillName:
    """The canonical form (NFKC, trimmed, the number in upper case); raises BadInput."""
    name = WaybillName(
        unicodedata.normalize("NFKC", courier).strip(), unicodedata.normalize("NFKC", number).upper().strip()
    )
    for field, text, longest in (("courier", name.courier, MAX_COURIER), ("number", name.number, MAX_NUMBER)):
        if not 0 < len(text) <= longest or not text.isprintable():
            raise BadInput(f"has 1 to {longest} printable characters", f"waybill.{field}")
    return name


def keep_inbound(connection: sa.Connection, name: WaybillName, source: str, site: str, actor: str, at: datetime) -> str:
    """The id of the inbound waybill, entered if it is not on record."""
    known = connection.scalar(
        sa.select(waybill.c.id).where(
            waybill.c.courier == name.courier, waybill.c.number == name.number, waybill.c.direction == "in"
        )
    )
    if known is not None:
        return str(known)
    row = {
        "id": new_id(at),
        "site": site,
        "courier": name.courier,
        "number": name.number,
        "direction": "in",
        "source": source,
        "received_at": at,
        "received_by": actor,
    }
    connection.execute(sa.insert(waybill), row)
    return str(row["id"])


def put_on_waybill(connection: sa.Connection, waybill_id: str, unit_id: str, case_id: str) -> None:
    """Say that the unit came (or went) by this waybill, for this return case."""
    connection.execute(sa.insert(waybill_unit), {"unit_id": unit_id, "id": case_id, "waybill_id": waybill_id})
