"""Rights for some days, on pages: the list, a form, and a button that takes them back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from server.admin import delegation_flows as flows
from server.admin.access import InDatabase, InSettings, Now, Reading, guarded_user, require
from server.admin.author import Author
from server.admin.delegation_queries import delegations
from server.admin.permissions import permissions
from server.admin.queries import User, accounts
from server.config import Settings
from server.errors import BadInput, Contradiction, NotAllowed, RequestError
from server.web.cursor import read_cursor, write_cursor
from server.web.day_span import day_span
from server.web.form_reply import done_or_told
from server.web.refusals import refusal_of
from server.web.render import page, reader_language
from server.wire.ids import new_id

ROWS = 50
HERE = "/delegations"
WHOLE_ROLE = "role"
TOLD = (BadInput, Contradiction, NotAllowed)
router = APIRouter(include_in_schema=False, prefix=HERE)
Giver = Annotated[User, Depends(require(flows.GIVE))]
Guarded = Annotated[User, Depends(guarded_user)]


class GiveForm(BaseModel):
    """The fields as they came; nothing is refused here, so that nothing typed is lost."""

    made: str = Field(default="", max_length=36)
    taker: str = Field(default="", max_length=36)
    what: str = Field(default=WHOLE_ROLE, max_length=10)
    actions: list[str] = Field(default=[], max_length=200)
    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)
    reason: str = Field(default="", max_length=500)

    def as_wish(self, settings: Settings, at: datetime) -> flows.Wish:
        """Whole days of the site's zone; raises BadInput where one of them is none."""
        span = day_span(settings, self.since, self.until) if self.since and self.until else None
        if span is None:
            raise BadInput("is a first and a last day", "days")
        named = tuple(self.actions) if self.what != WHOLE_ROLE else ()
        if self.what != WHOLE_ROLE and not named:
            raise BadInput("names no right", "actions")
        return flows.Wish(_identifier(self.made, at), self.taker, named, span.start, span.end, self.reason)


@router.get("")
def delegations_page(request: Request, user: Giver, connection: Reading, at: Now, after: str = "") -> Response:
    """What was given, the newest first, and a form."""
    return _page(request, user, connection, at)


@router.post("")
def give_form(
    request: Request,
    user: Giver,
    form: Annotated[GiveForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Give rights to another person."""

    def tell(connection: sa.Connection, error: RequestError) -> Response:
        return _page(request, user, connection, at, form, error)

    return done_or_told(
        database,
        lambda connection: flows.give(connection, form.as_wish(settings, at), Author(user.name, at)),
        HERE,
        tell,
        TOLD,
    )


@router.post("/{delegation_id}/end")
def end_form(user: Guarded, database: InDatabase, at: Now, delegation_id: UUID) -> Response:
    """Take it back, or give it back."""
    with database.writing() as connection:
        flows.take_back(connection, str(delegation_id), Author(user.name, at))
    return RedirectResponse(HERE if user.may(flows.GIVE) else "/account", status_code=303)


def _page(
    request: Request,
    user: User,
    connection: sa.Connection,
    at: datetime,
    form: GiveForm | None = None,
    error: RequestError | None = None,
) -> Response:
    cursor = read_cursor(request.query_params.get("after", ""), 1)
    found = delegations(connection, after=cursor[0] if cursor else None, limit=ROWS + 1)
    rows = found[:ROWS]
    return page(
        request,
        "admin/delegations.html",
        status=error.status if error else 200,
        user=user,
        at=at,
        rows=rows,
        takers=[row for row in accounts(connection) if row.disabled_at is None and row.name != user.name],
        rights=permissions().texts(reader_language(request).tag),
        offered=sorted(permissions().handed_on(user.role)),
        made=new_id(at),
        form=form or GiveForm(),
        refusal=refusal_of(error),
        next_cursor=write_cursor(rows[-1].id) if len(found) > ROWS else "",
        is_first=not cursor,
    )


def _identifier(text: str, at: datetime) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return new_id(at)
