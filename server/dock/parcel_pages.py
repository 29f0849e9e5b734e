"""The parcel of an outbound waybill: units are scanned in, taken out, and handed over to the courier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.dock.packing import pack, packed_units, send
from server.errors import GateShut, NotFound, RequestError
from server.logistics.details import WRITE
from server.logistics.flows import unpack_unit
from server.logistics.queries import standing_of, waybill_by_id
from server.logistics.statuses import LEFT_THE_HOUSE, OUT
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page, reader_language

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Packer = Annotated[User, Depends(require(WRITE))]
Shipper = Annotated[User, Depends(require("cases.ship"))]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who packs which parcel, and when."""

    request: Request
    user: User
    at: datetime
    waybill_id: str

    @property
    def author(self) -> Author:
        return Author(self.user.name, self.at)

    @property
    def place(self) -> str:
        return f"/waybills/{self.waybill_id}/parcel"


def packing_visit(request: Request, user: Packer, at: Now, waybill_id: UUID) -> Visit:
    return Visit(request, user, at, str(waybill_id))


PackingVisit = Annotated[Visit, Depends(packing_visit)]


@router.get("/waybills/{waybill_id}/parcel")
def parcel_page(visit: PackingVisit, connection: Reading, packed: str = "") -> Response:
    """The field for the next scan, and what is in the parcel; ``packed`` is the serial that was scanned last."""
    return _page(visit, connection, packed=packed[:64])


@router.post("/waybills/{waybill_id}/parcel")
def scan_form(visit: PackingVisit, database: InDatabase, serial: Annotated[str, Form(max_length=200)] = "") -> Response:
    """Put the scanned unit into the parcel."""
    if not serial.strip():
        return RedirectResponse(visit.place, status_code=303)
    try:
        with database.writing() as connection:
            scanned = pack(connection, visit.waybill_id, serial, visit.author)
    except USUAL as error:
        with database.reading() as connection:
            return _page(visit, connection, (error, serial))
    return RedirectResponse(f"{visit.place}?packed={scanned.name.serial}", status_code=303)


@router.post("/waybills/{waybill_id}/parcel/{unit_id}/removal")
def removal_form(visit: PackingVisit, database: InDatabase, unit_id: UUID) -> Response:
    """Take a unit out again."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _page(visit, connection, (error, ""))

    return done_or_told(
        database,
        lambda connection: unpack_unit(connection, visit.waybill_id, str(unit_id), visit.author),
        visit.place,
        tell,
        (*USUAL, NotFound),
    )


@router.post("/waybills/{waybill_id}/handover")
def handover_form(visit: PackingVisit, shipper: Shipper, database: InDatabase) -> Response:
    """Hand the parcel over and ship every unit in it, or none."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _page(visit, connection, (error, ""))

    return done_or_told(
        database,
        lambda connection: send(connection, visit.waybill_id, visit.author),
        f"/waybills/{visit.waybill_id}/handover",
        tell,
    )


def _page(
    visit: Visit, connection: sa.Connection, refused: tuple[RequestError, str] | None = None, packed: str = ""
) -> Response:
    found, standing = waybill_by_id(connection, visit.waybill_id), standing_of(connection, visit.waybill_id)
    if found is None or standing is None or found.direction != OUT:
        raise NotFound("no such outbound waybill is on record")
    error, serial = refused or (None, "")
    language = reader_language(visit.request)
    units = packed_units(connection, visit.waybill_id)
    return page(
        visit.request,
        "dock/parcel.html",
        status=error.status if error else 200,
        user=visit.user,
        waybill=found,
        units=units,
        reasons={row.unit_id: [reason.text(language) for reason in row.reasons] for row in units},
        has_left=standing.status in LEFT_THE_HOUSE,
        packed=packed,
        serial=serial,
        refusal="gate" if isinstance(error, GateShut) else refusal_of(error),
    )
