"""Receiving by waybill, and the ledger of return cases."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.queries import User
from server.errors import BadInput, Contradiction, NotFound
from server.returns import unit_page
from server.returns.case_ledger import OPEN, CaseFilter, case_ledger
from server.returns.receive_form import Problem, ReceiveForm, problems_of
from server.returns.receiving import receive
from server.web.case_words import CASE_STATES
from server.web.cursor import read_cursor, write_cursor
from server.web.render import page
from server.web.words import RETURN_REASONS
from server.wire.fields import UUID7
from server.wire.ids import new_id

ROWS = 50
MAX_TEXT = 64
COURIERS = ("顺丰速运", "京东物流", "中通快递", "圆通速递", "韵达速递", "申通快递", "极兔速递", "邮政 EMS", "德邦快递")
router = APIRouter(include_in_schema=False)
router.include_router(unit_page.router)
Reader = Annotated[User, Depends(require("records.read"))]
Receiver = Annotated[User, Depends(require("arrivals.write"))]


@router.get("/arrivals/new")
def receive_page(request: Request, user: Receiver, at: Now) -> Response:
    """The empty form; its arrival's id makes a double submission harmless."""
    return _form_page(request, user, ReceiveForm(arrival=new_id(at)), [])


@router.post("/arrivals")
def receive_by_form(
    request: Request,
    user: Receiver,
    form: Annotated[ReceiveForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Open a case for each unit, or say what is wrong and keep everything typed."""
    form = _with_id(form, at)
    with database.reading() as connection:
        is_new = not case_ledger(connection, CaseFilter(arrival_id=form.arrival), limit=1)
        problems = list(problems_of(form, connection)) if is_new else []
    if not problems:
        try:
            with database.writing() as connection:
                receive(connection, form.as_arrival(), f"user:{user.name}", settings, at)
            return RedirectResponse(f"/arrivals/{form.arrival}", status_code=303)
        except (BadInput, Contradiction) as error:
            problems = [Problem("other", detail=error.detail)]
    return _form_page(request, user, form, problems)


@router.get("/arrivals/{arrival_id}")
def received_page(request: Request, user: Reader, connection: Reading, arrival_id: UUID) -> Response:
    """What one arrival opened."""
    cases = case_ledger(connection, CaseFilter(arrival_id=str(arrival_id)), limit=1000)
    if not cases:
        raise NotFound("no such arrival is on record")
    cases.sort(key=lambda case: case.case_no)
    return page(request, "returns/received.html", user=user, cases=cases, first=cases[0])


@router.get("/cases")
def cases_page(
    request: Request, user: Reader, connection: Reading, text: str = "", state: str = "", after: str = ""
) -> Response:
    """The ledger, the newest first."""
    wanted = CaseFilter(text.strip()[:MAX_TEXT], state if state in CASE_STATES or state == OPEN else "")
    cursor = read_cursor(after, 1)
    found = case_ledger(connection, wanted, cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "returns/list.html",
        user=user,
        cases=rows,
        filters={"text": wanted.text, "state": wanted.state},
        states=tuple(CASE_STATES),
        is_filtered=bool(wanted.text or wanted.state),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


def _with_id(form: ReceiveForm, at: datetime) -> ReceiveForm:
    return form if re.fullmatch(UUID7, form.arrival) else form.model_copy(update={"arrival": new_id(at)})


def _form_page(request: Request, user: User, form: ReceiveForm, problems: list[Problem]) -> Response:
    return page(
        request,
        "returns/receive.html",
        status=422 if problems else 200,
        user=user,
        form=form,
        problems=problems,
        couriers=COURIERS,
        reasons=RETURN_REASONS,
    )
