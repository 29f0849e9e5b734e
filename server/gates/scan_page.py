"""Many units are moved by scanning: each by itself, and each that stays says why."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from server.admin.access import InDatabase, Now, require
from server.admin.author import Author
from server.admin.queries import User
from server.db.engine import Database
from server.errors import NotFound, RequestError
from server.gates.case_gates import case_gates
from server.gates.case_page import refusal_code
from server.gates.passage import move_case
from server.returns.details import GRADES
from server.returns.flows import Move
from server.returns.machine import machine
from server.returns.queries import ReturnCase, open_case
from server.units.flows import name_unit
from server.units.links import real_name
from server.web.language import CHINESE, Language
from server.web.render import page, reader_language
from server.wire.fields import UUID7
from server.wire.ids import new_id

MOVES = ("ready", "pack", "stock_in")
"""What is done with a shelf of units at once; whole parcels are handed over where they are packed."""
MOST, MAX_TYPED = 200, 20_000
router = APIRouter(include_in_schema=False, prefix="/cases/scan")
Person = Annotated[User, Depends(require("records.read"))]
"""Whoever is logged in; each move asks for its own permission."""


class ScanForm(BaseModel):
    """The fields as they came; ``made`` makes a double submission harmless."""

    made: str = Field(default="", max_length=36)
    move: str = Field(default="", max_length=30)
    grade: str = Field(default="", max_length=10)
    note: str = Field(default="", max_length=500)
    serials: str = Field(default="", max_length=MAX_TYPED)

    def lines(self) -> list[str]:
        """Each serial once, in the order it was scanned."""
        return list(dict.fromkeys(line.strip().upper() for line in self.serials.splitlines() if line.strip()))[:MOST]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one serial: its case, or the code of a refusal with the sentences of its gate."""

    serial: str
    case: ReturnCase | None
    refusal: str = ""
    reasons: tuple[str, ...] = ()


@router.get("")
def scan_page(request: Request, user: Person, at: Now, move: str = "") -> Response:
    """The empty form, with the cursor in the list."""
    return _page(request, user, ScanForm(made=new_id(at), move=move if move in MOVES else ""), [])


@router.post("")
def scan_form(
    request: Request, user: Person, form: Annotated[ScanForm, Form()], database: InDatabase, at: Now
) -> Response:
    """Move each unit; those that stay are left in the list."""
    made = form.made if re.fullmatch(UUID7, form.made) else new_id(at)
    form, author = form.model_copy(update={"made": made}), Author(user.name, at)
    if form.move not in MOVES:
        return _page(request, user, form, [], "move")
    language = reader_language(request)
    outcomes = [_moved(database, serial, form, author, language) for serial in form.lines()]
    left = "\n".join(outcome.serial for outcome in outcomes if outcome.refusal)
    again = form.model_copy(update={"made": new_id(at), "serials": left})
    return _page(request, user, again, outcomes, "" if outcomes else "items")


def _moved(database: Database, serial: str, form: ScanForm, author: Author, language: Language) -> Outcome:
    """One unit in a transaction of its own."""
    case: ReturnCase | None = None
    try:
        with database.writing() as connection:
            case = _case_of(connection, serial)
            move_id = str(uuid.uuid5(uuid.UUID(form.made), case.id))
            changes = {"grade": form.grade} if form.move == "stock_in" and form.grade else {}
            asked = Move(move_id, case.id, form.move, form.note.strip(), None, changes)
            return Outcome(case.serial, move_case(connection, asked, author).case)
    except RequestError as error:
        with database.reading() as connection:
            return Outcome(serial, case, refusal_code(error), tuple(_reasons(connection, case, form, language)))


def _case_of(connection: sa.Connection, serial: str) -> ReturnCase:
    """The open case of the scanned unit; raises BadInput and NotFound."""
    name = real_name(connection, name_unit(connection, serial))
    case = open_case(connection, name.unit_id)
    if case is None:
        raise NotFound(f"{name.serial} has no open return case")
    return case


def _reasons(connection: sa.Connection, case: ReturnCase | None, form: ScanForm, language: Language) -> Iterator[str]:
    """What shuts the gate of the move, in the reader's language."""
    transition = machine().moves[form.move]
    if case is None or not transition.guard or case.state not in transition.sources:
        return
    changes = {"grade": form.grade} if form.grade else {}
    for reason in case_gates(connection, case, changes)[transition.guard].reasons:
        yield reason.text(language)


def _page(request: Request, user: User, form: ScanForm, outcomes: list[Outcome], refusal: str = "") -> Response:
    table, is_chinese = machine(), reader_language(request) is CHINESE
    words = [(name, table.moves[name].zh if is_chinese else table.moves[name].en) for name in MOVES]
    return page(
        request,
        "cases/scan.html",
        status=422 if refusal else 200,
        user=user,
        form=form,
        moves=[(name, word) for name, word in words if user.may(table.moves[name].action)],
        grades=GRADES,
        outcomes=outcomes,
        refusal=refusal,
    )
