"""What the pages of the parts ledger share: who may do what, names in the reader's language, and refused forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Form, Request, Response

from server.admin.access import require
from server.admin.queries import User
from server.db.engine import Database
from server.errors import NotAllowed, NotFound, RequestError
from server.parts.flows import MOVING, REVERSING
from server.parts.master_flows import MASTERS
from server.parts.queries import Part, Place
from server.parts.request_flows import APPROVING, REQUESTING
from server.web.form_reply import USUAL, done_or_told
from server.web.language import CHINESE
from server.web.refusals import refusal_of
from server.web.render import page, reader_language
from server.web.spoken import spoken

ROWS = 50
CURSOR_END = "00000000-0000-0000-0000-000000000000"
"""The last part of a cursor is an id; parts and requests go by their numbers."""

Reader = Annotated[User, Depends(require("records.read"))]
Master = Annotated[User, Depends(require(MASTERS))]
Mover = Annotated[User, Depends(require(MOVING))]
Requester = Annotated[User, Depends(require(REQUESTING))]
Approver = Annotated[User, Depends(require(APPROVING))]
Reverser = Annotated[User, Depends(require(REVERSING))]
Text = Annotated[str, Form(max_length=500)]
Command = Annotated[str, Form(max_length=100)]


@dataclass(frozen=True, slots=True)
class Told:
    """A form that something stands in the way of: its part of the page, what was typed, and what to say."""

    part: str = ""
    typed: Mapping[str, str] | None = None
    error: RequestError | None = None

    @property
    def status(self) -> int:
        return self.error.status if self.error else 200

    @property
    def refusal(self) -> str:
        return refusal_of(self.error)

    @property
    def about(self) -> str:
        return self.error.about if self.error else ""

    def value(self, part: str, name: str, otherwise: str = "") -> str:
        """What was typed into a field of a part of the page."""
        typed = self.typed if part == self.part else None
        return typed.get(name, otherwise) if typed else otherwise


NOTHING = Told()
Draw = Callable[[sa.Connection, Told], Response]


def do(
    database: Database,
    change: Callable[[sa.Connection], object],
    onward: str,
    draw: Draw,
    asked: tuple[str, Mapping[str, str]],
) -> Response:
    """Make the change and go ``onward``; what is in the way is said on the page, and nothing typed is lost."""
    part, typed = asked
    return done_or_told(
        database,
        change,
        onward,
        lambda connection, error: draw(connection, Told(part, typed, error)),
        (*USUAL, NotAllowed, NotFound),
    )


def draw(request: Request, template: str, user: User, told: Told = NOTHING, **context: object) -> Response:
    """A page of the ledger."""
    return page(
        request,
        f"parts/{template}.html",
        status=told.status,
        user=user,
        told=told,
        name_of=lambda named: name_of(request, named),
        **context,
    )


def name_of(request: Request, named: Part | Place) -> str:
    """The name in the reader's language."""
    return named.name_zh if reader_language(request) is CHINESE else named.name_en


def titles(request: Request, *columns: str) -> list[str]:
    """The columns' titles in the reader's language."""
    return [spoken(reader_language(request), "parts_column", column) for column in columns]


def said(request: Request, table: str, code: str) -> str:
    """The word for a code in the reader's language; empty for none."""
    return spoken(reader_language(request), table, code) if code else ""
