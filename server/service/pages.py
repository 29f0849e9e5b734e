"""Service requests: the ledger with its figures, a new call by keyboard, and one request with its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import RequestError
from server.parties.queries import KINDS as PARTY_KINDS
from server.parties.queries import Contact, names_of
from server.products.queries import products
from server.returns.queries import bare_case, open_case
from server.service import flows
from server.service.flows import CHANNELS, HANDLE, PERSONAL, SCORES, WRITE, Call, Step, known_request
from server.service.machine import KINDS, PRIORITIES, machine
from server.service.queries import RequestFilter, caller_of, clocks, events, figures, requests
from server.web.cursor import read_cursor, write_cursor
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page
from server.wire.ids import new_id

HERE = "/service"
ROWS = 50
router = APIRouter(include_in_schema=False, prefix=HERE)
Reader = Annotated[User, Depends(require("records.read"))]
Writer = Annotated[User, Depends(require(WRITE))]
Handler = Annotated[User, Depends(require(HANDLE))]
PersonalReader = Annotated[User, Depends(require(PERSONAL))]


class LedgerQuery(BaseModel):
    """What of the ledger is shown."""

    state: str = Field(default="", max_length=20)
    owner: str = Field(default="", max_length=120)
    caller: str = Field(default="", max_length=80)
    after: str = ""


class CallForm(BaseModel):
    """A call as it was typed; nothing is refused here, so that nothing typed is lost."""

    made: str = Field(default="", max_length=36)
    kind: str = Field(default="", max_length=20)
    priority: str = Field(default="normal", max_length=20)
    channel: str = Field(default="telephone", max_length=20)
    text: str = Field(default="", max_length=2000)
    party: str = Field(default="", max_length=500)
    caller: str = Field(default="", max_length=500)
    phone: str = Field(default="", max_length=500)
    serial: str = Field(default="", max_length=500)
    product: str = Field(default="", max_length=500)

    def as_call(self) -> Call:
        return Call(id=self.made, **self.model_dump(exclude={"made"}))


class StepForm(BaseModel):
    """A move as it was typed."""

    made: str = Field(default="", max_length=36)
    move: str = Field(default="", max_length=20)
    note: str = Field(default="", max_length=2000)
    owner: str = Field(default="", max_length=500)
    case_id: str = Field(default="", max_length=36)
    score: str = Field(default="", max_length=2)

    def as_step(self, request_id: str) -> Step:
        score = int(self.score) if self.score in map(str, SCORES) else None
        return Step(self.made, request_id, self.move, self.note, self.owner, self.case_id, score)


@dataclass(frozen=True, slots=True)
class Told:
    """What stands in the way, what was typed, and who called where that was asked for."""

    error: RequestError | None = None
    form: StepForm | None = None
    caller: Contact | None = None


@router.get("")
def ledger_page(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    asked: Annotated[LedgerQuery, Query()],
) -> Response:
    """The requests, the newest first: all open ones unless a state or a caller is asked for."""
    cursor = read_cursor(asked.after, 1)
    open_alone = not asked.state and not asked.caller
    wanted = RequestFilter(asked.state, asked.owner, caller=asked.caller, open_alone=open_alone)
    found = requests(connection, wanted, cursor[0] if cursor else "", ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "service/list.html",
        user=user,
        rows=rows,
        clocks=clocks(connection, rows, settings.zone, at),
        figures=figures(connection, settings.zone, at),
        states=list(machine().states),
        asked=asked,
        kept={name: text for name, text in asked.model_dump(exclude={"after"}).items() if text},
        calls_due="?" + urlencode({"state": "handled"}),
        mine="?" + urlencode({"owner": user.name}),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


@router.get("/new")
def new_page(request: Request, user: Writer, connection: Reading, at: Now) -> Response:
    """The empty form of a call."""
    return _new_page(request, user, connection, CallForm(made=new_id(at)))


@router.post("")
def call_form(
    request: Request,
    user: Writer,
    database: InDatabase,
    settings: InSettings,
    at: Now,
    form: Annotated[CallForm, Form()],
) -> Response:
    """Log a call."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _new_page(request, user, connection, form, error)

    def change(connection: sa.Connection) -> None:
        flows.log(connection, form.as_call(), settings.site, Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/{form.made}", tell)


@router.get("/{request_id}")
def request_page(
    request: Request, user: Reader, connection: Reading, settings: InSettings, at: Now, request_id: UUID
) -> Response:
    """A request, its clock, what happened, and what can be done next."""
    return _request_page(request, user, connection, settings.zone, at, str(request_id), Told())


@router.post("/{request_id}/moves")
def move_form(
    request: Request,
    user: Handler,
    database: InDatabase,
    settings: InSettings,
    at: Now,
    request_id: UUID,
    form: Annotated[StepForm, Form()],
) -> Response:
    """Move the request."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _request_page(request, user, connection, settings.zone, at, str(request_id), Told(error, form))

    def change(connection: sa.Connection) -> None:
        known_request(connection, str(request_id))
        flows.move(connection, form.as_step(str(request_id)), Author(user.name, at))

    return done_or_told(database, change, f"{HERE}/{request_id}", tell, USUAL)


@router.post("/{request_id}/caller")
def caller_form(
    request: Request, user: PersonalReader, database: InDatabase, settings: InSettings, at: Now, request_id: UUID
) -> Response:
    """The request with its caller unmasked, once; that this was looked at is on record."""
    with database.writing() as connection:
        seen = flows.view_caller(connection, str(request_id), Author(user.name, at))
    with database.reading() as connection:
        return _request_page(request, user, connection, settings.zone, at, str(request_id), Told(caller=seen))


def _new_page(
    request: Request, user: User, connection: sa.Connection, form: CallForm, error: RequestError | None = None
) -> Response:
    return page(
        request,
        "service/new.html",
        status=error.status if error else 200,
        user=user,
        form=form,
        kinds=KINDS,
        priorities=PRIORITIES,
        channels=CHANNELS,
        parties=names_of(connection, PARTY_KINDS),
        products=[row.name for row in products(connection)],
        refusal=refusal_of(error),
    )


def _request_page(
    request: Request, user: User, connection: sa.Connection, zone: ZoneInfo, at: datetime, request_id: str, told: Told
) -> Response:
    found = known_request(connection, request_id)
    may = {name: machine().moves[name] for name in machine().moves_from(found.state)}
    moves = {name: row for name, row in may.items() if user.may(row.action)}
    unit_case = open_case(connection, found.unit_id) if found.unit_id else None
    if unit_case is None or unit_case.id == found.case_id:
        moves.pop("link", None)
    return page(
        request,
        "service/one.html",
        status=told.error.status if told.error else 200,
        user=user,
        row=found,
        clock=clocks(connection, [found], zone, at)[found.id],
        caller=told.caller or caller_of(connection, found.id).masked(),
        is_seen=told.caller is not None,
        history=events(connection, [found.id]),
        moves=moves,
        needs={need for row in moves.values() for need in row.needs},
        unit_case=unit_case,
        linked=bare_case(connection, found.case_id) if found.case_id else None,
        scores=SCORES,
        form=told.form or StepForm(),
        made=new_id(at),
        refusal=refusal_of(told.error),
    )
