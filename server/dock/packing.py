"""Units are packed scan by scan, and the parcel is handed over when every gate of every unit in it is open."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from server.admin.author import Author
from server.dock.queries import Scanned, look
from server.errors import NotInForce
from server.gates.case_gates import case_gates
from server.gates.judgement import PASSED, SHIPPED
from server.gates.passage import move_case
from server.gates.reasons import Reason
from server.interception.catching import catch_at_door
from server.logistics.details import WRITE
from server.logistics.flows import hand_over, pack_unit
from server.logistics.queries import units_on
from server.returns.flows import Move
from server.returns.queries import ReturnCase, bare_case, open_case
from server.wire.ids import new_id, order_id

SHIP, PACK = "ship", "pack"
PACKING, STOCKED_IN = "packing", "stocked_in"


@dataclass(frozen=True, slots=True)
class Packed:
    """A unit in the parcel; ``reasons`` keep it from leaving, none where it may."""

    unit_id: str
    serial: str
    product: str
    case: ReturnCase | None
    reasons: tuple[Reason, ...]

    @property
    def is_early(self) -> bool:
        """Whether its case is not in packing yet."""
        return self.case is not None and self.case.state != PACKING

    @property
    def may_leave(self) -> bool:
        return not self.reasons and not self.is_early


def packed_units(connection: sa.Connection, waybill_id: str) -> list[Packed]:
    """What is in the parcel, by serial, and what keeps each unit from leaving."""
    return [_packed(connection, row.unit_id, row.serial, row.product) for row in units_on(connection, waybill_id)]


def pack(connection: sa.Connection, waybill_id: str, serial: str, author: Author) -> Scanned:
    """Put the scanned unit into the parcel, and its case into packing where it has just passed its test.

    A unit leaves with its open return case, or from stock, where its last case ended. Raises BadInput for a serial
    that cannot be, and NotInForce for a unit that is held, unknown here, or in another parcel.
    """
    (scanned,) = look(connection, [serial])
    catch_at_door(connection, scanned.name.unit_id, author.actor, author.at)
    _refuse_held(scanned)
    case = scanned.open_case
    if case is None and (scanned.last_case is None or scanned.last_case.state != STOCKED_IN):
        raise NotInForce(f"{scanned.name.serial} has no open return case and is not in stock", "unit_unknown")
    pack_unit(connection, waybill_id, scanned.name, case.id if case else None, author)
    if case is not None and case.state == PASSED and case_gates(connection, case)[PASSED].is_open:
        move_case(connection, Move(new_id(author.at), case.id, PACK), author)
    return scanned


def send(connection: sa.Connection, waybill_id: str, author: Author) -> int:
    """Hand the parcel over and ship the case of every unit in it, or none; how many units left.

    Raises GateShut for the first unit that may not leave, NotInForce for one that is held or has come back, and
    Contradiction for one that is not in packing.
    """
    author.require(connection, WRITE)
    units = units_on(connection, waybill_id)
    for row in units:
        (scanned,) = look(connection, [row.serial])
        catch_at_door(connection, row.unit_id, author.actor, author.at)
        _refuse_held(scanned)
        if row.case_id is not None and not _is_shipped(connection, row.case_id):
            move_case(connection, Move(order_id(f"{waybill_id} {row.case_id} {SHIP}"), row.case_id, SHIP), author)
        elif row.case_id is None and scanned.open_case is not None:
            raise NotInForce(f"{row.serial} has come back since: {scanned.open_case.case_no}", "unit_back")
    hand_over(connection, waybill_id, author)
    return len(units)


def _refuse_held(scanned: Scanned) -> None:
    if scanned.holds:
        raise NotInForce(f"{scanned.name.serial} is held: {scanned.holds[0]}", "unit_held")


def _is_shipped(connection: sa.Connection, case_id: str) -> bool:
    case = bare_case(connection, case_id)
    return case is not None and case.state == SHIPPED


def _packed(connection: sa.Connection, unit_id: str, serial: str, product: str) -> Packed:
    case = open_case(connection, unit_id)
    if case is None:
        return Packed(unit_id, serial, product, None, ())
    return Packed(unit_id, serial, product, case, case_gates(connection, case)[SHIPPED].reasons)
