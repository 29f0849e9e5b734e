"""A waybill is entered once, in or out; units come by it or are packed into its parcel."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.logistics.details import WRITE, begin_standing, checked, known, move
from server.logistics.queries import Details, packed_in, standing_of, units_on, waybill_by_number
from server.logistics.statuses import ANNOUNCED, ARRIVED, HANDED_OVER, IN, LEFT_THE_HOUSE, OUT, may_follow
from server.logistics.tables import parcel_removal, parcel_unit, waybill, waybill_unit
from server.units.flows import UnitName
from server.wire.ids import new_id

MAX_NUMBER, MAX_COURIER, MAX_SOURCE = 64, 80, 200
MAX_PACKED = 500


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
    """The id of the inbound waybill, entered if it is not on record; either way its parcel has arrived."""
    author = Author(actor.removeprefix("user:"), at)
    found = waybill_by_number(connection, name.courier, name.number, IN)
    if found is None:
        return _enter(connection, name, source, site, (IN, ARRIVED), Details(), author)
    standing = standing_of(connection, found.id)
    if standing is not None and may_follow(IN, standing.status, ARRIVED):
        move(connection, found.id, ARRIVED, max(at, standing.status_at), "", author)
    return found.id


def enter_waybill(
    connection: sa.Connection,
    direction: str,
    name: WaybillName,
    other: str,
    details: Details,
    site: str,
    author: Author,
) -> str:
    """Announce a parcel to us, or begin one of ours to ``other``; its id. The same name again is a Contradiction."""
    author.require(connection, WRITE)
    if direction not in (IN, OUT):
        raise BadInput("is in or out", "direction")
    other = typed(other, "source", MAX_SOURCE)
    if waybill_by_number(connection, name.courier, name.number, direction) is not None:
        raise Contradiction(f"{name.courier} {name.number} is on record already")
    waybill_id = _enter(connection, name, other, site, (direction, ANNOUNCED), checked(connection, details), author)
    note(connection, author.at, author.actor, "waybill.enter", waybill_id, f"{direction} {name.courier} {name.number}")
    return waybill_id


def change_status(
    connection: sa.Connection, waybill_id: str, status: str, at: datetime, remark: str, author: Author
) -> None:
    """Say that the parcel came into another status; handing over is hand_over's. Raises what details.move does."""
    author.require(connection, WRITE)
    if status == HANDED_OVER:
        raise Contradiction("a parcel is handed over with its units, where they are packed")
    move(connection, waybill_id, status, at, remark, author)


def hand_over(connection: sa.Connection, waybill_id: str, author: Author) -> None:
    """The courier has the parcel; for who has seen that its units may leave. Raises BadInput where it is empty."""
    author.require(connection, WRITE)
    if not units_on(connection, waybill_id):
        raise BadInput("the parcel is empty", "units")
    move(connection, waybill_id, HANDED_OVER, author.at, "", author)


def put_on_waybill(connection: sa.Connection, waybill_id: str, unit_id: str, case_id: str) -> None:
    """Say that the unit came by this waybill, for this return case."""
    connection.execute(sa.insert(waybill_unit), {"unit_id": unit_id, "id": case_id, "waybill_id": waybill_id})


def pack_unit(connection: sa.Connection, waybill_id: str, unit: UnitName, case_id: str | None, author: Author) -> bool:
    """Put the unit into the parcel; False where it is in it already.

    Raises NotFound, Contradiction where the parcel has left, is full, or the unit is in another that has not left.
    """
    author.require(connection, WRITE)
    _open_parcel(connection, waybill_id)
    waiting = [other for other, _, status in packed_in(connection, unit.unit_id) if status not in LEFT_THE_HOUSE]
    if waybill_id in waiting:
        return False
    if waiting:
        raise NotInForce(f"{unit.serial} is in another parcel", "unit_elsewhere")
    if len(units_on(connection, waybill_id)) >= MAX_PACKED:
        raise NotInForce(f"a parcel has at most {MAX_PACKED} units", "parcel_full")
    row = {"unit_id": unit.unit_id, "id": new_id(author.at), "waybill_id": waybill_id, "case_id": case_id}
    packed = {"serial": unit.serial, "packed_at": author.at, "packed_by": author.name}
    connection.execute(sa.insert(parcel_unit), row | packed)
    note(connection, author.at, author.actor, "waybill.pack", waybill_id, unit.serial)
    return True


def unpack_unit(connection: sa.Connection, waybill_id: str, unit_id: str, author: Author) -> None:
    """Take the unit out of a parcel that has not left; raises NotFound and Contradiction."""
    author.require(connection, WRITE)
    _open_parcel(connection, waybill_id)
    found = next((row for row in packed_in(connection, unit_id) if row[0] == waybill_id), None)
    if found is None:
        raise NotFound("the unit is not in this parcel")
    row = {"unit_id": unit_id, "id": found[1], "removed_at": author.at, "removed_by": author.name}
    connection.execute(sa.insert(parcel_removal), row)
    note(connection, author.at, author.actor, "waybill.unpack", waybill_id, unit_id)


def _open_parcel(connection: sa.Connection, waybill_id: str) -> None:
    standing = known(connection, waybill_id)
    if standing.direction != OUT:
        raise Contradiction("nothing is packed into a parcel that comes to us")
    if standing.status in LEFT_THE_HOUSE:
        raise NotInForce("the parcel has left", "parcel_left")


def _enter(
    connection: sa.Connection,
    name: WaybillName,
    other: str,
    site: str,
    way: tuple[str, str],
    details: Details,
    author: Author,
) -> str:
    row = {"id": new_id(author.at), "site": site, "courier": name.courier, "number": name.number}
    row |= {"direction": way[0], "source": other}
    connection.execute(sa.insert(waybill), row | {"received_at": author.at, "received_by": author.actor})
    begin_standing(connection, row["id"], way, details, author)
    return row["id"]
