"""One unit: what it is, where it is, and everything that happened to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Reading, require
from server.admin.queries import User
from server.errors import NotFound
from server.logistics.queries import waybill_by_id
from server.returns.queries import open_case
from server.units.queries import timeline, unit_by_id
from server.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/units/{unit_id}")
def unit_page(
    request: Request, user: Annotated[User, Depends(require("records.read"))], connection: Reading, unit_id: UUID
) -> Response:
    """The unit with its open case and its timeline, the newest event first."""
    unit = unit_by_id(connection, str(unit_id))
    if unit is None:
        raise NotFound("no such unit is on record")
    case = open_case(connection, unit.unit_id)
    events = sorted(timeline(connection, unit.unit_id), key=lambda event: (event.at, event.seq), reverse=True)
    return page(
        request,
        "units/one.html",
        user=user,
        unit=unit,
        open_case=case,
        waybill=waybill_by_id(connection, case.waybill_id) if case and case.waybill_id else None,
        events=events,
        last_run=next((event for event in events if event.kind == "tested"), None),
    )
