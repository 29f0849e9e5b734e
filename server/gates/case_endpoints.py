"""Return cases over the API: what shuts their gates, and the moves, checks and overrides that change them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response

from server.admin.access import InDatabase, InSettings, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.db.engine import Database
from server.errors import BadInput, NotFound
from server.gates.case_bodies import (
    AnnouncementBody,
    CaseAnswer,
    CheckBody,
    DecisionBody,
    GatesAnswer,
    MoveBody,
    OverrideAnswer,
    OverrideBody,
    gate_answer,
    next_answers,
    override_answer,
)
from server.gates.case_flows import ASK, CHECK, DECIDE, check_accessories, decide_override, request_override
from server.gates.case_gates import case_gates
from server.gates.passage import move_case
from server.returns.announcing import ACTION as ANNOUNCE
from server.returns.announcing import Announcement, announce
from server.returns.flows import Move
from server.returns.queries import bare_case, open_case
from server.returns.receiving import ArrivedUnit
from server.units.queries import unit_by_id
from server.wire.fields import UUID, UUID7

router = APIRouter(prefix="/v1", tags=["cases"])
Person = Annotated[User, Depends(require("records.read"))]
"""Whoever is logged in; each command asks for its own permission."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command is given: by whom, and on what."""

    author: Author
    database: Database


async def desk(user: Person, database: InDatabase, at: Now) -> Desk:
    """The desk of this request."""
    return Desk(Author(user.name, at), database)


AtDesk = Annotated[Desk, Depends(desk)]
CaseId = Annotated[str, Path(pattern=UUID)]
MadeId = Annotated[str, Path(pattern=UUID7)]
Seen = Annotated[str | None, Header(alias="If-Match", description="The ETag that the case had when it was read")]
REPEATED: dict[int | str, dict[str, object]] = {200: {"description": "On record before"}}
MOVE_ANSWERS: dict[int | str, dict[str, object]] = REPEATED | {
    409: {"description": "Not from this state, or the gate is shut: `reasons` says by what"},
    412: {"description": "The case has changed since If-Match"},
}


@router.get("/units/{unit_id}/gates")
def get_gates(unit_id: Annotated[str, Path(pattern=UUID)], connection: Reading, user: Person) -> GatesAnswer:
    """What shuts the gates of the unit's open case, in words, and what may be done next."""
    if unit_by_id(connection, unit_id) is None:
        raise NotFound(f"no unit {unit_id}")
    case = open_case(connection, unit_id)
    if case is None:
        return GatesAnswer(unit_id=unit_id, case=None, gates=[], next=[])
    gates = case_gates(connection, case)
    return GatesAnswer(
        unit_id=unit_id,
        case=CaseAnswer.model_validate(case, from_attributes=True),
        gates=[gate_answer(gate) for gate in gates.values()],
        next=next_answers(case.state, gates),
    )


@router.get("/cases/{case_id}")
def get_case(case_id: CaseId, connection: Reading, user: Person, response: Response) -> CaseAnswer:
    """One return case; its ETag goes into If-Match of what changes it."""
    case = bare_case(connection, case_id)
    if case is None:
        raise NotFound(f"no return case {case_id}")
    response.headers["ETag"] = f'"{case.version}"'
    return CaseAnswer.model_validate(case, from_attributes=True)


@router.put("/cases/{case_id}/moves/{move_id}", status_code=201, responses=MOVE_ANSWERS)
def put_move(
    case_id: CaseId,
    move_id: MadeId,
    body: MoveBody,
    response: Response,
    at: AtDesk,
    if_match: Seen = None,
) -> CaseAnswer:
    """Move the case. The same request again changes nothing and answers how the case stands."""
    asked = Move(move_id, case_id, body.move, body.note.strip(), _version(if_match), body.changes)
    with at.database.writing() as connection:
        moved = move_case(connection, asked, at.author)
    response.status_code = 200 if moved.is_repeated else 201
    response.headers["ETag"] = f'"{moved.case.version}"'
    return CaseAnswer.model_validate(moved.case, from_attributes=True)


@router.put("/cases/{case_id}/checks/{check_id}", status_code=204, dependencies=[Depends(require(CHECK))])
def put_check(case_id: CaseId, check_id: MadeId, body: CheckBody, at: AtDesk) -> Response:
    """Say which accessories and packing lie with the unit. The same request again changes nothing."""
    with at.database.writing() as connection:
        check_accessories(connection, check_id, case_id, body.items, at.author)
    return Response(status_code=204)


@router.put("/cases/{case_id}/overrides/{override_id}", status_code=201, dependencies=[Depends(require(ASK))])
def put_override(case_id: CaseId, override_id: MadeId, body: OverrideBody, at: AtDesk) -> OverrideAnswer:
    """Ask that a shut gate be passed; another person decides."""
    with at.database.writing() as connection:
        made = request_override(connection, override_id, case_id, body.gate, body.reason, at.author)
    return override_answer(made)


@router.put("/overrides/{override_id}/decision", dependencies=[Depends(require(DECIDE))])
def put_decision(override_id: MadeId, body: DecisionBody, at: AtDesk) -> OverrideAnswer:
    """Approve or refuse an override that another person asked for."""
    with at.database.writing() as connection:
        made = decide_override(connection, override_id, body.is_approved, body.note, body.event_id, at.author)
    return override_answer(made)


@router.put(
    "/announcements/{announcement_id}",
    status_code=201,
    responses=REPEATED,
    dependencies=[Depends(require(ANNOUNCE))],
)
def put_announcement(
    announcement_id: MadeId,
    body: AnnouncementBody,
    response: Response,
    at: AtDesk,
    settings: InSettings,
) -> list[CaseAnswer]:
    """Open a case for each unit that somebody will send, or none at all; the arrival receives them."""
    units = tuple(ArrivedUnit(unit.serial, unit.reason.strip()) for unit in body.units)
    asked = Announcement(announcement_id, body.source, body.kind, units)
    with at.database.writing() as connection:
        made = announce(connection, asked, settings, at.author)
    response.status_code = 200 if made.is_repeated else 201
    return [CaseAnswer.model_validate(case, from_attributes=True) for case in made.cases]


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"(\d{1,9})"', if_match.strip())
    if found is None:
        raise BadInput("is no ETag of a case", "If-Match")
    return int(found[1])
