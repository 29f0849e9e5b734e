"""Receiving by waybill: the form that is filled by scanner, each scanned unit, and what an arrival opened."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.queries import User
from server.dock.queries import Scanned, look_if_possible, reason_codes
from server.dock.receive_form import Problem, ReceiveForm, problems_of
from server.errors import BadInput, Contradiction, NotFound
from server.logistics.form import COURIERS, WITHOUT_COURIERS
from server.parties.queries import names_of
from server.returns.case_ledger import CaseFilter, case_ledger
from server.returns.receiving import receive
from server.web.render import page, reader_language
from server.web.words import RETURN_REASONS
from server.wire.fields import UUID7
from server.wire.ids import new_id

CHECK = "check"
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Receiver = Annotated[User, Depends(require("arrivals.write"))]


@router.get("/arrivals/new")
def receive_page(
    request: Request,
    user: Receiver,
    connection: Reading,
    at: Now,
    number: str = "",
    courier: str = "",
    source: str = "",
) -> Response:
    """The empty form, or one for a waybill that is on record; its arrival's id makes a double submission harmless."""
    form = ReceiveForm(arrival=new_id(at), number=number[:64], courier=courier[:80], source=source[:200])
    return _form_page(request, user, connection, form, [])


@router.get("/arrivals/units")
def scanned_page(request: Request, user: Receiver, connection: Reading, serial: str = "") -> Response:
    """What a scanned unit is, as a part of the form's list."""
    return page(request, "dock/scanned.html", user=user, scanned=look_if_possible(connection, serial[:200]))


@router.post("/arrivals")
def receive_by_form(
    request: Request,
    user: Receiver,
    form: Annotated[ReceiveForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Open a case for each unit, or say what is wrong and keep everything typed; or only say what the units are."""
    form = _with_id(form, at)
    with database.reading() as connection:
        is_new = not case_ledger(connection, CaseFilter(arrival_id=form.arrival), limit=1)
        problems = list(problems_of(form, connection)) if is_new else []
        codes = {row.code: row.name(reader_language(request).tag) for row in reason_codes(connection)}
        if form.act == CHECK:
            return _form_page(request, user, connection, form, [], is_checked=True)
    if not problems:
        try:
            with database.writing() as connection:
                receive(connection, form.as_arrival(codes), f"user:{user.name}", settings, at)
            return RedirectResponse(f"/arrivals/{form.arrival}", status_code=303)
        except (BadInput, Contradiction) as error:
            problems = [Problem("other", detail=error.detail)]
    with database.reading() as connection:
        return _form_page(request, user, connection, form, problems)


@router.get("/arrivals/{arrival_id}")
def received_page(request: Request, user: Reader, connection: Reading, arrival_id: UUID) -> Response:
    """What one arrival opened."""
    cases = case_ledger(connection, CaseFilter(arrival_id=str(arrival_id)), limit=1000)
    if not cases:
        raise NotFound("no such arrival is on record")
    cases.sort(key=lambda case: case.case_no)
    return page(request, "dock/received.html", user=user, cases=cases, first=cases[0], arrival=str(arrival_id))


def _with_id(form: ReceiveForm, at: datetime) -> ReceiveForm:
    return form if re.fullmatch(UUID7, form.arrival) else form.model_copy(update={"arrival": new_id(at)})


def _form_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    form: ReceiveForm,
    problems: list[Problem],
    is_checked: bool = False,
) -> Response:
    rows: list[tuple[str, str, Scanned | None]] = []
    if is_checked:
        rows = [(serial, reason, look_if_possible(connection, serial)) for serial, reason in form.entries()[:500]]
    return page(
        request,
        "dock/receive.html",
        status=422 if problems else 200,
        user=user,
        form=form,
        problems=problems,
        rows=rows,
        couriers=COURIERS,
        parties=names_of(connection, WITHOUT_COURIERS),
        reasons=RETURN_REASONS,
        codes=reason_codes(connection),
    )
