"""The repair leader's board: what is where and for how long, who has it, and what is to be scrapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.config import Settings
from server.db.engine import Database
from server.errors import NotAllowed, NotFound, RequestError
from server.repairs import desk
from server.repairs.queue import BOARD, ageing, board
from server.repairs.scrapping import DECIDE, decide_scrap
from server.web.form_reply import USUAL, done_or_told
from server.web.refusals import refusal_of
from server.web.render import page

HERE = "/repairs/board"
NOBODY = "-"
"""In the place of a technician: what nobody has."""
router = APIRouter(include_in_schema=False)
Reader = Annotated[User, Depends(require("records.read"))]
Leader = Annotated[User, Depends(require(desk.ASSIGN))]
Decider = Annotated[User, Depends(require(DECIDE))]


@router.get("/repairs/board")
def board_page(
    request: Request,
    user: Reader,
    connection: Reading,
    settings: InSettings,
    at: Now,
    state: str = "",
    owner: str = "",
) -> Response:
    """The whole house, or one state or technician of it."""
    return _Board(request, user, settings, at, state if state in BOARD else "", owner[:80]).page(connection)


class AssignForm(BaseModel):
    """The ticked cases, and who gets them by when; as it came."""

    cases: list[str] = Field(default=[], max_length=500)
    owner: str = Field(default="", max_length=80)
    due_on: str = Field(default="", max_length=20)


@router.post("/repairs/board/assign")
def assign_form(
    request: Request,
    user: Leader,
    form: Annotated[AssignForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
) -> Response:
    """Give the ticked cases to a technician, or say by when they are due."""
    shown = _Board(request, user, settings, at, typed=form.model_dump())
    author = Author(user.name, at)
    return shown.do(database, lambda made: desk.assign(made, form.cases, form.owner, form.due_on.strip(), author))


class DecisionForm(BaseModel):
    """Another person's answer to a wish to scrap, as it came."""

    decision: str = Field(default="", max_length=20)
    why: str = Field(default="", max_length=500)


@router.post("/repairs/board/scrap/{request_id}")
def scrap_form(
    request: Request,
    user: Decider,
    form: Annotated[DecisionForm, Form()],
    database: InDatabase,
    settings: InSettings,
    at: Now,
    request_id: str,
) -> Response:
    """Scrap a unit that another person asked for, or refuse it."""
    shown = _Board(request, user, settings, at, part="scrap")
    is_approved, author = form.decision == "scrap", Author(user.name, at)
    return shown.do(database, lambda made: decide_scrap(made, request_id, is_approved, form.why, author))


@dataclass(frozen=True, slots=True)
class _Board:
    """Who looks at which part of the board, with what was typed into it."""

    request: Request
    user: User
    settings: Settings
    at: datetime
    state: str = ""
    owner: str = ""
    part: str = "assign"
    typed: Mapping[str, object] = field(default_factory=dict)

    def do(self, database: Database, change: Callable[[sa.Connection], object]) -> Response:
        """Do it and come back; what is in the way is said there, and nothing typed is lost."""
        return done_or_told(database, change, f"{HERE}#{self.part}", self.page, (*USUAL, NotAllowed, NotFound))

    def page(self, connection: sa.Connection, error: RequestError | None = None) -> Response:
        whole = board(connection)
        owner = None if not self.owner else "" if self.owner == NOBODY else self.owner
        is_filtered = bool(self.state or self.owner)
        return page(
            self.request,
            "repairs/board.html",
            status=error.status if error else 200,
            user=self.user,
            ageing=ageing(whole, self.at, self.settings),
            rows=board(connection, self.state, owner) if is_filtered else whole,
            scrapping=[row for row in whole if row.scrapping is not None],
            filters={"state": self.state, "owner": self.owner},
            states=BOARD,
            technicians=desk.technicians(connection),
            today=self.at.astimezone(self.settings.zone).date(),
            typed=self.typed,
            part=self.part,
            refusal=refusal_of(error),
            detail=error.detail if error else "",
        )
