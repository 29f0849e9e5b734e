"""The page that shows two tests of one unit beside each other."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Reading, require
from server.admin.queries import User
from server.errors import NotFound
from server.runs.comparison import compare
from server.runs.queries import run_by_id, runs_of_unit
from server.web.render import page

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/units/{unit_id}/runs/{run_id}/beside")
def beside_page(
    request: Request, user: Reader, connection: Reading, unit_id: UUID, run_id: UUID, other: str = ""
) -> Response:
    """This test and an earlier one of the same unit: the one before, where none is chosen."""
    after = run_by_id(connection, str(unit_id), str(run_id))
    if after is None:
        raise NotFound("no such run is on record for this unit")
    others = [row for row in runs_of_unit(connection, str(unit_id)) if row.id != after.row.id]
    usual = next((row for row in others if row.id < after.row.id), others[0] if others else None)
    chosen = next((row for row in others if row.id == other), usual)
    before = run_by_id(connection, str(unit_id), chosen.id) if chosen else None
    return page(
        request,
        "runs/beside.html",
        user=user,
        after=after,
        before=before,
        others=others,
        pairs=compare(before, after) if before else [],
    )
