"""Tokens of stations: the list, a form that shows a token once, and a button that ends one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from server.admin import flows
from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import BENCH_SCOPE, SCOPES, User, station_tokens
from server.errors import BadInput, RequestError
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/tokens"
WRITE = "tokens.write"
router = APIRouter(include_in_schema=False, prefix=HERE)
Keeper = Annotated[User, Depends(require(WRITE))]
Text = Annotated[str, Form(max_length=100)]


@router.get("")
def tokens_page(request: Request, user: Keeper, connection: Reading, at: Now, ended: str = "") -> Response:
    """The tokens that are valid, with ``ended`` the others too."""
    return _page(request, user, connection, at)


@router.post("")
def issue_form(
    request: Request,
    user: Keeper,
    database: InDatabase,
    at: Now,
    station_id: Text = "",
    days: Text = "365",
    scope: Text = BENCH_SCOPE,
) -> Response:
    """Issue a token and show it, this once."""
    typed = {"station_id": station_id, "days": days, "scope": scope}
    try:
        if not days.strip().isdecimal():
            raise BadInput("is a number", "days")
        with database.writing() as connection:
            number, author = int(days.strip()), Author(user.name, at)
            author.require(connection, WRITE)
            made = flows.add_token(connection, station_id.strip(), number, at, author.actor, scope)
    except BadInput as error:
        with database.reading() as connection:
            return _page(request, user, connection, at, typed, error)
    answer = page(request, "admin/token.html", status=201, user=user, token=made, typed=typed)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/{prefix}/revocation")
def revoke_form(user: Keeper, database: InDatabase, at: Now, prefix: str) -> Response:
    """End a token at once."""
    author = Author(user.name, at)
    with database.writing() as connection:
        author.require(connection, WRITE)
        flows.revoke_token(connection, prefix, at, author.actor)
    return RedirectResponse(HERE, status_code=303)


def _page(
    request: Request,
    user: User,
    connection: sa.Connection,
    at: datetime,
    typed: dict[str, str] | None = None,
    error: RequestError | None = None,
) -> Response:
    with_ended = request.query_params.get("ended") == "1"
    rows = station_tokens(connection)
    return page(
        request,
        "admin/tokens.html",
        status=error.status if error else 200,
        user=user,
        at=at,
        rows=[row for row in rows if with_ended or row.is_valid(at)],
        ended=sum(not row.is_valid(at) for row in rows),
        with_ended=with_ended,
        scopes=SCOPES,
        typed=typed or {},
        refusal=refusal_of(error),
    )
