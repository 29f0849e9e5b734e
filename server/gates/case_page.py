"""One return case as a page: its state and gates in words, its timeline, and what a person may do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request, Response

from server.admin.access import InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.db.engine import Database
from server.errors import GateShut, HasChanged, NotAllowed, NotFound, RequestError
from server.gates.case_flows import ASK, CHECK, DECIDE
from server.gates.case_view import case_view
from server.returns.queries import case_by_id
from server.units.links import LINK
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page, reader_language
from server.wire.ids import new_id

HERE = "/cases"
TOLD = (*USUAL, NotFound, NotAllowed)
router = APIRouter(include_in_schema=False, prefix=HERE)
Person = Annotated[User, Depends(require("records.read"))]
"""Whoever is logged in; each flow asks for its own permission."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was refused, in which ``part`` of the page, and what was typed there."""

    part: str
    error: RequestError | None
    typed: Mapping[str, str]


NOTHING = Told("", None, {})


@dataclass(frozen=True, slots=True)
class Desk:
    """A form of the page: who sent it, about which case, and where that is kept."""

    request: Request
    user: User
    database: Database
    at: datetime
    case_id: str

    @property
    def author(self) -> Author:
        return Author(self.user.name, self.at)

    def do(self, part: str, change: Callable[[sa.Connection], object], typed: Mapping[str, str]) -> Response:
        """Do it and go back to the case; what is in the way is said at ``part``, and nothing typed is lost."""

        def tell(connection: sa.Connection, error: RequestError) -> Response:
            return _page(self.request, self.user, connection, (self.case_id, self.at), Told(part, error, typed))

        return done_or_told(self.database, change, f"{HERE}/{self.case_id}", tell, TOLD)


async def desk(request: Request, user: Person, database: InDatabase, at: Now, case_id: UUID) -> Desk:
    """The desk of this request."""
    return Desk(request, user, database, at, str(case_id))


AtDesk = Annotated[Desk, Depends(desk)]


@router.get("/{case_id}")
def case_page(request: Request, user: Person, connection: Reading, case_id: UUID, at: Now) -> Response:
    """The case, with the cursor where its next action is."""
    return _page(request, user, connection, (str(case_id), at), NOTHING)


def _page(request: Request, user: User, connection: sa.Connection, asked: tuple[str, datetime], told: Told) -> Response:
    case_id, at = asked
    file = case_by_id(connection, case_id)
    view = case_view(connection, file, user, reader_language(request)) if file else None
    if file is None or view is None:
        raise NotFound("no such return case is on record")
    return page(
        request,
        "cases/one.html",
        status=told.error.status if told.error is not None else 200,
        user=user,
        view=view,
        case=file.case,
        file=file,
        language_of_reasons=reader_language(request),
        may={"check": user.may(CHECK), "ask": user.may(ASK), "decide": user.may(DECIDE), "link": user.may(LINK)},
        events=sorted(file.unit_events, key=lambda event: (event.at, event.seq), reverse=True),
        made=lambda: new_id(at),
        part=told.part,
        typed=told.typed,
        refusal=refusal_code(told.error),
    )


def refusal_code(error: RequestError | None) -> str:
    """A code of the table ``case_refusal``."""
    if isinstance(error, GateShut):
        return "gate_shut"
    if isinstance(error, HasChanged):
        return "has_changed"
    return refusal_of(error)
