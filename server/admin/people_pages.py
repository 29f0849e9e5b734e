"""Accounts: the list, one of them with its sessions, and the one-time code that is shown once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin import account_flows as flows
from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.delegation_queries import delegations
from server.admin.permissions import permissions
from server.admin.queries import User, account_by_id, accounts
from server.admin.session_queries import open_sessions
from server.admin.sessions import end_session
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotAllowed, NotFound, RequestError
from server.web.refusals import refusal_of
from server.web.render import page, reader_language
from server.wire.ids import new_id

HERE = "/people"
CODE_PATH = "/login/code"
TOLD = (BadInput, Contradiction, NotAllowed)
router = APIRouter(include_in_schema=False, prefix=HERE)
Keeper = Annotated[User, Depends(require(flows.WRITE))]
Text = Annotated[str, Form(max_length=500)]


@router.get("")
def people_page(request: Request, user: Keeper, connection: Reading, at: Now, closed: str = "") -> Response:
    """Every account, and a form for another."""
    return _people_page(request, user, connection, at, None)


@router.post("")
def add_form(
    request: Request,
    user: Keeper,
    database: InDatabase,
    at: Now,
    made: Annotated[UUID | None, Form()] = None,
    name: Text = "",
    role: Text = "",
) -> Response:
    """Make an account and show its one-time code, this once."""
    typed = {"name": name, "role": role}
    try:
        with database.writing() as connection:
            done = flows.add_account(connection, str(made or new_id(at)), name, role, Author(user.name, at))
    except TOLD as error:
        with database.reading() as connection:
            return _people_page(request, user, connection, at, error, typed)
    return _code_page(request, user, done)


@dataclass(frozen=True, slots=True)
class Desk:
    """A form about one account: who sent it and where that is kept."""

    request: Request
    user: User
    database: Database
    at: datetime
    user_id: str

    @property
    def author(self) -> Author:
        return Author(self.user.name, self.at)

    def told(self, error: RequestError) -> Response:
        """The account again, with what stands in the way."""
        with self.database.reading() as connection:
            return _person_page(self.request, self.user, connection, (self.user_id, self.at), error)


async def desk(request: Request, user: Keeper, database: InDatabase, at: Now, user_id: UUID) -> Desk:
    return Desk(request, user, database, at, str(user_id))


AtDesk = Annotated[Desk, Depends(desk)]


@router.get("/{user_id}")
def person_page(request: Request, user: Keeper, connection: Reading, at: Now, user_id: UUID) -> Response:
    """One account: its role, its sessions, what it was given and gave."""
    return _person_page(request, user, connection, (str(user_id), at), None)


@router.post("/{user_id}/role")
def role_form(here: AtDesk, role: Text = "", base: Text = "") -> Response:
    """Give the person another role."""
    try:
        with here.database.writing() as connection:
            flows.change_role(connection, here.user_id, role, base, here.author)
    except TOLD as error:
        return here.told(error)
    return RedirectResponse(f"{HERE}/{here.user_id}", status_code=303)


@router.post("/{user_id}/code")
def code_form(here: AtDesk) -> Response:
    """Void the password and show a one-time code, this once."""
    try:
        with here.database.writing() as connection:
            done = flows.give_code(connection, here.user_id, here.author)
    except TOLD as error:
        return here.told(error)
    return _code_page(here.request, here.user, done)


@router.post("/{user_id}/closing")
def close_form(here: AtDesk) -> Response:
    """Close the account for good."""
    try:
        with here.database.writing() as connection:
            flows.close_account(connection, here.user_id, here.author)
    except TOLD as error:
        return here.told(error)
    return RedirectResponse(f"{HERE}/{here.user_id}", status_code=303)


@router.post("/{user_id}/sessions/{session_id}/end")
def end_form(here: AtDesk, session_id: str) -> Response:
    """Log the person out where this session is."""
    with here.database.writing() as connection:
        end_session(connection, session_id, here.author, by_any=True)
    return RedirectResponse(f"{HERE}/{here.user_id}#sessions", status_code=303)


def _people_page(
    request: Request,
    user: User,
    connection: sa.Connection,
    at: datetime,
    error: RequestError | None,
    typed: dict[str, str] | None = None,
) -> Response:
    with_closed = request.query_params.get("closed") == "1"
    rows = accounts(connection)
    return page(
        request,
        "admin/people.html",
        status=error.status if error else 200,
        user=user,
        rows=[row for row in rows if with_closed or row.disabled_at is None],
        closed=sum(row.disabled_at is not None for row in rows),
        with_closed=with_closed,
        roles=list(permissions().roles),
        made=new_id(at),
        typed=typed or {},
        refusal=refusal_of(error),
    )


def _person_page(
    request: Request, user: User, connection: sa.Connection, asked: tuple[str, datetime], error: RequestError | None
) -> Response:
    user_id, at = asked
    found = account_by_id(connection, user_id)
    if found is None:
        raise NotFound("no such account is on record")
    return page(
        request,
        "admin/person.html",
        status=error.status if error else 200,
        user=user,
        account=found,
        at=at,
        roles=list(permissions().roles),
        sessions=open_sessions(connection, at, user_id),
        delegations=delegations(connection, user_id),
        rights=permissions().texts(reader_language(request).tag),
        refusal=refusal_of(error),
    )


def _code_page(request: Request, user: User, done: flows.Made) -> Response:
    """The code is in this answer alone: it is kept as a digest, and no cache keeps the page."""
    link = f"{request.url.scheme}://{request.headers.get('host', '')}{CODE_PATH}?code={done.code}"
    answer = page(
        request, "admin/code.html", status=201, user=user, made=done, link=link if done.code else "", path=CODE_PATH
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
