"""The technician's pages: what waits, a unit taken by a scan, and the unit on the bench with its repair."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, RequestError
from server.quality.queries import fault_tree
from server.repairs import desk
from server.repairs.asked import WRITE
from server.repairs.bench_page import Bench
from server.repairs.flows import correct, record, send_to_test
from server.repairs.form import RepairForm
from server.repairs.queries import entry_by_id
from server.repairs.queue import own_queue, unowned
from server.repairs.scrapping import ScrapWish, ask_scrap
from server.returns.queries import bare_case
from server.units.queries import search_units
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page
from server.wire.fields import UUID
from server.wire.ids import new_id

HERE = "/repairs"
REFUSALS = (*USUAL, NotFound, NotAllowed)
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Technician = Annotated[User, Depends(require(WRITE))]
Text = Annotated[str, Form(max_length=500)]


@router.get("/repairs")
def queue_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, done: str = ""
) -> Response:
    """One's own queue by the day it is due, and what nobody has; the focus is where a unit is scanned."""
    return _queue_page(request, user, connection, settings, at, done=done)


@router.post("/repairs/take")
def take_form(
    request: Request, user: Technician, database: InDatabase, settings: InSettings, at: Now, serial: Text = ""
) -> Response:
    """Take the scanned unit and go to it; a unit that is with somebody else is shown."""
    try:
        with database.writing() as connection:
            case = desk.take(connection, serial, Author(user.name, at))
    except (BadInput, Contradiction, NotFound) as error:
        with database.reading() as connection:
            return _queue_page(request, user, connection, settings, at, serial=serial, error=error)
    return RedirectResponse(f"{HERE}/cases/{case.id}", status_code=303)


@router.get("/repairs/cases/{case_id}")
def case_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, case_id: str
) -> Response:
    """The unit on the bench; the address may bring what the form begins with."""
    return Bench(request, user, settings, at, case_id).page(connection, brought=dict(request.query_params))


@router.post("/repairs/cases/{case_id}/entries")
def entry_form(
    request: Request,
    user: Technician,
    form: Annotated[RepairForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
    case_id: str,
) -> Response:
    """Put the repair on record and go back to the queue, or say what is in the way and keep everything typed."""

    def put(connection: sa.Connection) -> None:
        asked = form.as_repair(case_id, settings.zone)
        (correct if asked.corrects else record)(connection, asked, Author(user.name, at))

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return Bench(request, user, settings, at, case_id).page(connection, form, error)

    return done_or_told(database, put, f"{HERE}?done={form.id}", tell, REFUSALS)


@router.post("/repairs/cases/{case_id}/ready")
def ready_form(
    request: Request, user: Technician, database: InDatabase, settings: InSettings, at: Now, case_id: str
) -> Response:
    """Send it to its test without a repair, where nothing was found or it was burned."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return Bench(request, user, settings, at, case_id).page(connection, None, error)

    def send(connection: sa.Connection) -> None:
        send_to_test(connection, new_id(at), case_id, Author(user.name, at))

    return done_or_told(database, send, HERE, tell, REFUSALS)


class ScrapForm(BaseModel):
    """A wish to scrap a unit as it came."""

    id: str = Field(default="", max_length=40)
    reason: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=500)


@router.post("/repairs/cases/{case_id}/scrap")
def scrap_form(
    request: Request,
    user: Technician,
    form: Annotated[ScrapForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
    case_id: str,
) -> Response:
    """Ask that the unit is scrapped, wherever its case is; another person decides on the board."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return Bench(request, user, settings, at, case_id, "scrap").page(connection, None, error)

    def ask(connection: sa.Connection) -> None:
        ask_scrap(connection, ScrapWish(form.id, case_id, form.reason, form.note), Author(user.name, at))

    return done_or_told(database, ask, f"{HERE}/cases/{case_id}", tell, REFUSALS)


def _queue_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    settings: Settings,
    at: datetime,
    **told: Any,
) -> Response:
    """``told`` may have the serial that was scanned with the error it met, or the id of the entry just made."""
    error, done = told.get("error"), told.get("done", "")
    known = entry_by_id(connection, done) if re.fullmatch(UUID, done) else None
    serial = told.get("serial", "").strip()
    return page(
        request,
        "repairs/queue.html",
        status=error.status if error else 200,
        user=user,
        own=own_queue(connection, user.name),
        unowned=unowned(connection),
        today=at.astimezone(settings.zone).date(),
        done=known,
        done_case=bare_case(connection, known.case_id) if known else None,
        tree=fault_tree(connection),
        serial=serial,
        refusal=refusal_of(error),
        detail=error.detail if error else "",
        found=search_units(connection, serial, limit=5) if error and serial else [],
    )
