"""What lies on the desk of logistics: a party, a parcel that went out with a unit, and the photo of its slip."""

from __future__ import annotations

import io
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author
from server.config import Settings
from server.db.engine import Database
from server.freight.bill_file import BillFile
from server.freight.flows import BillEntry, DecisionEntry, close_month, decide, import_bill
from server.freight.matching import Line
from server.logistics.flows import enter_waybill, name_waybill, pack_unit, unpack_unit
from server.logistics.photos import photo_store, take_photo
from server.logistics.queries import Details
from server.parties.flows import PartyEntry, add_party
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.timelines import add_event
from server.wire.ids import new_id

JPEG = b"\xff\xd8\xff\xe0" + bytes(60) + b"\xff\xd9"


def a_unit(connection: sa.Connection, at: datetime, serial: str = "FJR126110001") -> UnitName:
    """A unit that is on record."""
    name = name_unit(connection, serial)
    add_event(connection, name, NewEvent(new_id(at), "received", at, "user:x", {}), "main", at)
    return name


def send_and_take_out(database: Database, settings: Settings, at: datetime) -> None:
    """A row in each of the tables of logistics and freight."""
    clerk = Author("logistics", at)
    with database.writing() as connection:
        shop = add_party(connection, PartyEntry("dealer_4s", "宁波 4S 店"), clerk)
        name, details = name_waybill("顺丰速运", "SF-OUT-1"), Details(shop, 1, 900, 1250)
        waybill_id = enter_waybill(connection, "out", name, "宁波 4S 店", details, "main", clerk)
        unit = a_unit(connection, at, "FJR126119001")
        pack_unit(connection, waybill_id, unit, None, clerk)
        unpack_unit(connection, waybill_id, unit.unit_id, clerk)
    take_photo(database, photo_store(settings.data_dir), waybill_id, io.BytesIO(JPEG), clerk)
    bill = BillFile((Line(2, "SF-OTHER", "out", None, 500),), {}, ())
    assistant = Author("assistant", at)
    with database.writing() as connection:
        import_bill(connection, "ab" * 32, BillEntry("顺丰速运", "2026-11", "bill.csv"), bill, assistant)
        decide(connection, "ab" * 32, DecisionEntry(2, "claim", 500, "not ours"), settings, assistant)
        close_month(connection, "顺丰速运", "2026-11", settings, assistant)
