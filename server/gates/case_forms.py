"""The forms of a case's page: moves, details, accessories, overrides, boards, and the merge of a provisional unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel, Field

from server.admin.access import InSettings, require
from server.errors import BadInput, NotFound
from server.gates.case_flows import ASK, CHECK, DECIDE, check_accessories, decide_override, request_override
from server.gates.case_page import HERE, AtDesk
from server.gates.passage import move_case
from server.returns.flows import AMEND, Move, amend
from server.returns.machine import machine
from server.returns.merging import ACTION as MERGE
from server.returns.merging import merge_unit
from server.returns.queries import ReturnCase, bare_case
from server.units.flows import name_unit
from server.units.links import LINK, install_board, remove_board

router = APIRouter(include_in_schema=False, prefix=HERE)
Text = Annotated[str, Form(max_length=500)]
Made = Annotated[str, Form(max_length=36)]
Ticks = Annotated[list[str], Form(max_length=200)]


class MoveForm(BaseModel):
    """The buttons, and what is said with them; nothing is refused here, so that nothing typed is lost."""

    made: str = Field(default="", max_length=36)
    move: str = Field(default="", max_length=30)
    version: str = Field(default="", max_length=9)
    note: str = Field(default="", max_length=500)
    grade: str = Field(default="", max_length=10)
    exchange: str = Field(default="", max_length=200)

    def asked(self, connection: sa.Connection, case_id: str, owner: str) -> Move:
        """The move; the unit given in exchange is named by its serial. Raises BadInput."""
        changes: dict[str, str] = {}
        if self.move == "stock_in" and self.grade:
            changes["grade"] = self.grade
        if self.move == "take":
            changes["owner"] = owner
        if self.move == "replace":
            changes["replaced_by"] = _named(connection, self.exchange, "exchange")
        version = int(self.version) if self.version.isdecimal() else None
        return Move(self.made, case_id, self.move, self.note.strip(), version, changes)


class DetailsForm(BaseModel):
    """What the case says besides its state, as typed."""

    made: str = Field(default="", max_length=36)
    kind: str = Field(default="", max_length=500)
    owner: str = Field(default="", max_length=500)
    confirmed_reason: str = Field(default="", max_length=1000)
    due_on: str = Field(default="", max_length=500)
    sold_on: str = Field(default="", max_length=500)
    warranty_until: str = Field(default="", max_length=500)

    def changes(self, case: ReturnCase) -> dict[str, str]:
        """What differs from the case as it is."""
        asked = {name: text.strip() for name, text in self.model_dump(exclude={"made"}).items()}
        known = {name: _typed(value) for name, value in _details(case).items()}
        return {name: text for name, text in asked.items() if text != known[name]}


@router.post("/{case_id}/moves")
def move_form(here: AtDesk, form: Annotated[MoveForm, Form()]) -> Response:
    """Move the case."""

    def change(connection: sa.Connection) -> None:
        move_case(connection, form.asked(connection, here.case_id, here.user.name), here.author)

    return here.do("next", change, form.model_dump())


@router.post("/{case_id}/details", dependencies=[Depends(require(machine().moves[AMEND].action))])
def details_form(here: AtDesk, form: Annotated[DetailsForm, Form()]) -> Response:
    """Amend what was typed otherwise than it is."""

    def change(connection: sa.Connection) -> None:
        if changes := form.changes(_case(connection, here.case_id)):
            amend(connection, Move(form.made, here.case_id, AMEND, changes=changes), here.author)

    return here.do("details", change, form.model_dump())


@router.post("/{case_id}/checks", dependencies=[Depends(require(CHECK))])
def check_form(here: AtDesk, made: Made = "", item: Ticks = [], present: Ticks = []) -> Response:  # noqa: B006
    """Tick accessories and packing off: what is listed and not ticked is missing."""
    items = {name: name in present for name in item}
    return here.do(
        "items", lambda connection: check_accessories(connection, made, here.case_id, items, here.author), {}
    )


@router.post("/{case_id}/overrides", dependencies=[Depends(require(ASK))])
def override_form(here: AtDesk, made: Made = "", gate: Text = "", reason: Text = "") -> Response:
    """Ask that a gate be passed in spite of what shuts it."""
    return here.do(
        "overrides",
        lambda connection: request_override(connection, made, here.case_id, gate, reason, here.author),
        {"reason": reason, "gate": gate},
    )


@router.post("/{case_id}/overrides/{override_id}/decision", dependencies=[Depends(require(DECIDE))])
def decision_form(
    here: AtDesk,
    override_id: UUID,
    made: Made = "",
    decision: Text = "",
    note: Text = "",
) -> Response:
    """Approve or refuse what another person asked for."""
    is_approved = decision == "approve"
    return here.do(
        "overrides",
        lambda connection: decide_override(connection, str(override_id), is_approved, note, made, here.author),
        {"note": note},
    )


@router.post("/{case_id}/boards", dependencies=[Depends(require(LINK))])
def board_form(here: AtDesk, made: Made = "", board: Text = "", how: Text = "") -> Response:
    """Put a board into the unit, or take it out."""

    def change(connection: sa.Connection) -> None:
        unit_id, board_id = _case(connection, here.case_id).unit_id, _named(connection, board, "board")
        (remove_board if how == "remove" else install_board)(connection, made, board_id, unit_id, here.author)

    return here.do("boards", change, {"board": board})


@router.post("/{case_id}/merge", dependencies=[Depends(require(MERGE))])
def merge_form(
    here: AtDesk,
    settings: InSettings,
    made: Made = "",
    serial: Text = "",
    reason: Text = "",
) -> Response:
    """Say which real unit the provisional one is."""

    def change(connection: sa.Connection) -> None:
        unit_id = _case(connection, here.case_id).unit_id
        merge_unit(connection, made, unit_id, serial, reason, (settings, here.author))

    return here.do("merge", change, {"serial": serial, "reason": reason})


def _case(connection: sa.Connection, case_id: str) -> ReturnCase:
    case = bare_case(connection, case_id)
    if case is None:
        raise NotFound("no such return case is on record")
    return case


def _named(connection: sa.Connection, serial: str, field: str) -> str:
    """The id of the unit with this serial; raises BadInput that names ``field``."""
    if not serial.strip():
        raise BadInput("is empty", field)
    try:
        return name_unit(connection, serial).unit_id
    except BadInput as error:
        raise BadInput(error.detail, field) from None


def _details(case: ReturnCase) -> Mapping[str, str | date | None]:
    return {
        "kind": case.kind,
        "owner": case.owner,
        "confirmed_reason": case.confirmed_reason,
        "due_on": case.due_on,
        "sold_on": case.sold_on,
        "warranty_until": case.warranty_until,
    }


def _typed(value: str | date | None) -> str:
    return "" if value is None else str(value)
