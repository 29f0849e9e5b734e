"""Requests for parts: the inbox of what waits for a person, a new one, and one with what was decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading
from server.admin.author import Author
from server.admin.queries import User
from server.parts import request_flows
from server.parts.desk import (
    CURSOR_END,
    NOTHING,
    ROWS,
    Approver,
    Command,
    Mover,
    Reader,
    Requester,
    Text,
    Told,
    do,
    draw,
)
from server.parts.lines import lines_of
from server.parts.movement_pages import MAX_TYPED
from server.parts.posting import REQUISITION
from server.parts.queries import BENCH, CASE, CUSTOMER, KEPT, balances, places
from server.parts.request_flows import REQUEST_KINDS, SCRAP_REASONS, Wish, known_request
from server.parts.requests import OPEN, STATES, RequestFilter, count_requests, requests
from server.web.cursor import read_cursor, write_cursor
from server.wire.ids import new_id

HERE = "/parts/requests"
router = APIRouter(include_in_schema=False)


@dataclass(slots=True)
class RequestQuery:
    """What the inbox's address asks for: what is open, where it says nothing."""

    text: str = ""
    state: str = OPEN
    kind: str = ""
    after: str = ""

    def __post_init__(self) -> None:
        self.text = self.text.strip()[:64]
        self.state = self.state if self.state in (*STATES, OPEN, "all") else OPEN
        self.kind = self.kind if self.kind in REQUEST_KINDS else ""


@router.get("/parts/requests")
def requests_page(
    request: Request, user: Reader, connection: Reading, asked: Annotated[RequestQuery, Depends()]
) -> Response:
    """The requests that the address asks for, the newest first."""
    cursor = read_cursor(asked.after, 2)
    wanted = RequestFilter(asked.text, "" if asked.state == "all" else asked.state, asked.kind)
    found = requests(connection, wanted, cursor[0] if cursor else None, ROWS + 1)
    return draw(
        request,
        "requests",
        user,
        rows=found[:ROWS],
        filters={name: value for name, value in asdict(asked).items() if name != "after"},
        states=(OPEN, *STATES),
        kinds=REQUEST_KINDS,
        waiting=count_requests(connection),
        next_cursor=write_cursor(found[ROWS - 1].no, CURSOR_END) if len(found) > ROWS else "",
        is_first=not cursor,
    )


class RequestForm(BaseModel):
    """A request as it came; nothing is refused here, so that nothing typed is lost."""

    command: str = Field(default="", max_length=100)
    kind: str = Field(default=REQUISITION, max_length=20)
    lines: str = Field(default="", max_length=MAX_TYPED)
    source: str = Field(default="STORE", max_length=100)
    target: str = Field(default="", max_length=100)
    person: str = Field(default="", max_length=500)
    case_no: str = Field(default="", max_length=500)
    reason: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=1000)

    def as_wish(self) -> Wish:
        """Raises BadInput for a line that cannot be read."""
        more = self.model_dump(exclude={"command", "lines"})
        return Wish(lines=lines_of(self.lines), **more)


@router.get("/parts/requests/new")
def new_page(
    request: Request,
    user: Requester,
    connection: Reading,
    at: Now,
    kind: str = REQUISITION,
    lines: str = "",
    case_no: str = "",
) -> Response:
    """The empty form, or one with lines and a case that the address brings."""
    kind = kind if kind in REQUEST_KINDS else REQUISITION
    form = RequestForm(command=new_id(at), kind=kind, lines=lines[:MAX_TYPED], case_no=case_no[:60])
    return _new_page(request, user, connection, form)


@router.post("/parts/requests")
def new_form(
    request: Request,
    user: Requester,
    form: Annotated[RequestForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Put the request on record and go to it, or say what is wrong and keep everything typed."""
    author = Author(user.name, at)
    return do(
        database,
        lambda connection: request_flows.make_request(connection, form.command, form.as_wish(), settings, author),
        f"{HERE}/{form.command}",
        lambda connection, told: _new_page(request, user, connection, form, told),
        ("new", {}),
    )


@router.get("/parts/requests/{request_id}")
def request_page(request: Request, user: Reader, connection: Reading, at: Now, request_id: UUID) -> Response:
    """What is asked for, by whom, what is there, and what comes next."""
    return _page(request, user, connection, new_id(at), request_id)


@router.post("/parts/requests/{request_id}/decision")
def decision_form(
    request: Request,
    user: Approver,
    database: InDatabase,
    at: Now,
    request_id: UUID,
    decision: Text = "",
    reason: Text = "",
) -> Response:
    """Approve or refuse."""
    is_approved, author = decision == "approved", Author(user.name, at)
    return do(
        database,
        lambda connection: request_flows.decide(connection, str(request_id), is_approved, reason, author),
        f"{HERE}/{request_id}",
        lambda connection, told: _page(request, user, connection, new_id(at), request_id, told),
        ("decision", {"reason": reason}),
    )


@router.post("/parts/requests/{request_id}/handover")
def handover_form(
    request: Request, user: Mover, database: InDatabase, at: Now, request_id: UUID, command: Command = ""
) -> Response:
    """Hand the parts out, or scrap them."""
    author = Author(user.name, at)
    return do(
        database,
        lambda connection: request_flows.carry_out(connection, command, str(request_id), author),
        f"{HERE}/{request_id}",
        lambda connection, told: _page(request, user, connection, new_id(at), request_id, told),
        ("handover", {}),
    )


@router.post("/parts/requests/{request_id}/cancellation")
def cancellation_form(
    request: Request, user: Requester, database: InDatabase, at: Now, request_id: UUID, reason: Text = ""
) -> Response:
    """Take the request back."""
    author = Author(user.name, at)
    return do(
        database,
        lambda connection: request_flows.cancel(connection, str(request_id), reason, author),
        f"{HERE}/{request_id}",
        lambda connection, told: _page(request, user, connection, new_id(at), request_id, told),
        ("cancel", {"reason": reason}),
    )


def _new_page(
    request: Request, user: User, connection: sa.Connection, form: RequestForm, told: Told = NOTHING
) -> Response:
    return draw(
        request,
        "request_new",
        user,
        told,
        form=form,
        kinds=REQUEST_KINDS,
        reasons=SCRAP_REASONS,
        sources=places(connection, (*KEPT, BENCH)),
        targets=places(connection, (BENCH, CASE, CUSTOMER)),
    )


def _page(
    request: Request, user: User, connection: sa.Connection, command: str, request_id: UUID, told: Told = NOTHING
) -> Response:
    asked = known_request(connection, str(request_id))
    there = balances(connection, [line.part.id for line in asked.lines])
    return draw(
        request,
        "request",
        user,
        told,
        asked=asked,
        there={line.part.id: there.at(line.part.id, asked.from_id) for line in asked.lines},
        command=command,
    )
