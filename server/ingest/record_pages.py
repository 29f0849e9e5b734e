"""One run or burn, with the letter that brought it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import Reading, require
from server.admin.queries import User
from server.attachments.queries import attachments_of
from server.burns.queries import burn_by_id
from server.errors import NotFound
from server.ingest.queries import letters_of
from server.runs.photos import photos_of
from server.runs.queries import run_by_id
from server.runs.schedule import schedule_of, spans_of
from server.web.render import page
from server.web.trace_line import trace_line

router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]


@router.get("/units/{unit_id}/runs/{run_id}")
def run_page(request: Request, user: Reader, connection: Reading, unit_id: UUID, run_id: UUID) -> Response:
    """The verdict and why, every value against its limit, the curves, and the letter."""
    run = run_by_id(connection, str(unit_id), str(run_id))
    if run is None:
        raise NotFound("no such test is on record")
    photos = photos_of(run)
    return page(
        request,
        "runs/one.html",
        user=user,
        run=run,
        failed=[measurement for measurement in run.measurements if measurement.outcome != "PASS"],
        lines=[trace_line(trace.x, trace.y) for trace in run.traces],
        letters=letters_of(connection, str(run_id)),
        schedule=schedule_of(spans_of(run)),
        photos=photos,
        sent=attachments_of(connection, [photo.sha256 for photo in photos]),
        attempts=1 + max((attempt.number for attempt in run.attempts), default=0),
    )


@router.get("/burns/{burn_id}")
def burn_page(request: Request, user: Reader, connection: Reading, burn_id: UUID) -> Response:
    """The result and its proof, the stages, the IC and the image, and the letter."""
    burn = burn_by_id(connection, str(burn_id))
    if burn is None:
        raise NotFound("no such burn is on record")
    return page(request, "burns/one.html", user=user, burn=burn, letters=letters_of(connection, str(burn_id)))
