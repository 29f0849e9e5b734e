"""One unit: what it is, where it is, what keeps it there, and everything that happened to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Now, Reading, require
from server.admin.queries import User
from server.errors import NotFound
from server.gates.case_page import NOTHING
from server.gates.case_view import case_view
from server.logistics.queries import waybill_by_id
from server.returns.queries import case_by_id, open_case
from server.units.links import boards_in, parent_of, real_unit_of
from server.units.queries import timeline, unit_by_id
from server.web.render import page, reader_language
from server.wire.ids import new_id

router = APIRouter(include_in_schema=False)


@router.get("/units/{unit_id}")
def unit_page(
    request: Request,
    user: Annotated[User, Depends(require("records.read"))],
    connection: Reading,
    unit_id: UUID,
    at: Now,
) -> Response:
    """The unit with its open case, its gates and next action, and its timeline, the newest event first."""
    unit = unit_by_id(connection, str(unit_id))
    if unit is None:
        raise NotFound("no such unit is on record")
    case, language = open_case(connection, unit.unit_id), reader_language(request)
    file = case_by_id(connection, case.id) if case else None
    parent_id, real_id = parent_of(connection, unit.unit_id), real_unit_of(connection, unit.unit_id)
    events = sorted(timeline(connection, unit.unit_id), key=lambda event: (event.at, event.seq), reverse=True)
    return page(
        request,
        "units/one.html",
        user=user,
        unit=unit,
        case=case,
        view=case_view(connection, file, user, language) if file else None,
        language_of_reasons=language,
        waybill=waybill_by_id(connection, case.waybill_id) if case and case.waybill_id else None,
        parent=unit_by_id(connection, parent_id) if parent_id else None,
        boards=boards_in(connection, unit.unit_id),
        real=unit_by_id(connection, real_id) if real_id else None,
        events=events,
        last_run=next((event for event in events if event.kind == "tested"), None),
        made=lambda: new_id(at),
        part=NOTHING.part,
        typed=NOTHING.typed,
        refusal="",
    )
