"""Repairs over the API, and what a station asks of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Response

from server.admin.access import CurrentStation, InDatabase, Now, Reading, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import NotFound
from server.repairs import desk
from server.repairs.asked import WRITE
from server.repairs.bodies import (
    AssignBody,
    QueueAnswer,
    RepairAnswer,
    RepairBody,
    ScrapAnswer,
    ScrapBody,
    ScrapDecisionBody,
    TakeBody,
)
from server.repairs.flows import correct, record
from server.repairs.queries import Entry, entries_of_case, entry_by_id
from server.repairs.queue import QueueRow, own_queue
from server.repairs.remedies import remedies
from server.repairs.scrapping import ASK, DECIDE, ScrapWish, ask_scrap, decide_scrap
from server.returns.queries import ReturnCase, bare_case
from server.wire.fields import UUID, UUID7
from server.wire.remedies import FixRow, Remedies, RemedyRow
from server.wire.state import moment_text

router = APIRouter(prefix="/v1", tags=["repairs"])
Reader = Annotated[User, Depends(require("records.read"))]
RepairId = Annotated[str, Path(pattern=UUID7, examples=["01a1f3a0-2c00-7000-8000-0000000000cc"])]
CaseId = Annotated[str, Path(pattern=UUID)]


@router.put("/repairs/{repair_id}", status_code=201, responses={200: {"description": "On record before"}})
def put_repair(
    repair_id: RepairId,
    body: RepairBody,
    response: Response,
    user: Annotated[User, Depends(require(WRITE))],
    database: InDatabase,
    at: Now,
) -> RepairAnswer:
    """Put a repair on record and move its case on, or correct another entry. The same again changes nothing."""
    asked = body.as_repair(repair_id)
    with database.writing() as connection:
        made = (correct if asked.corrects else record)(connection, asked, Author(user.name, at))
    response.status_code = 200 if made.is_repeated else 201
    return _repair(made.entry)


@router.get("/repairs/{repair_id}")
def get_repair(repair_id: RepairId, user: Reader, connection: Reading) -> RepairAnswer:
    """One repair."""
    found = entry_by_id(connection, repair_id)
    if found is None:
        raise NotFound(f"no repair {repair_id}")
    return _repair(found)


@router.get("/cases/{case_id}/repairs")
def get_repairs(case_id: CaseId, user: Reader, connection: Reading) -> list[RepairAnswer]:
    """Every repair of a return case, the newest first, the corrected ones too."""
    case = _known_case(bare_case(connection, case_id))
    return [_repair(entry) for entry in entries_of_case(connection, case.unit_id, case.id)]


@router.put("/scrap-requests/{request_id}")
def put_scrap_request(
    request_id: RepairId,
    body: ScrapBody,
    user: Annotated[User, Depends(require(ASK))],
    database: InDatabase,
    at: Now,
) -> ScrapAnswer:
    """Ask that a unit is scrapped; another person decides. The same again changes nothing."""
    asked = ScrapWish(request_id, body.case_id, body.reason, body.note)
    with database.writing() as connection:
        return ScrapAnswer.model_validate(ask_scrap(connection, asked, Author(user.name, at)), from_attributes=True)


@router.put("/scrap-requests/{request_id}/decision")
def put_scrap_decision(
    request_id: RepairId,
    body: ScrapDecisionBody,
    user: Annotated[User, Depends(require(DECIDE))],
    database: InDatabase,
    at: Now,
) -> ScrapAnswer:
    """Scrap the unit, or refuse it with a reason; by another person than who asked."""
    with database.writing() as connection:
        made = decide_scrap(connection, request_id, body.is_approved, body.note, Author(user.name, at))
    return ScrapAnswer.model_validate(made, from_attributes=True)


@router.get("/repair-queue")
def get_queue(
    user: Reader,
    connection: Reading,
    owner: Annotated[str, Query(max_length=80, description="A technician; empty for what nobody has.")] = "",
) -> list[QueueAnswer]:
    """What a technician has, by the day it is due."""
    return [_queued(row) for row in own_queue(connection, owner)]


@router.post("/repair-queue/take")
def post_take(
    body: TakeBody, user: Annotated[User, Depends(require(WRITE))], database: InDatabase, at: Now
) -> list[QueueAnswer]:
    """Take the unit to one's bench; one's queue afterwards. What one has already stays so."""
    with database.writing() as connection:
        desk.take(connection, body.serial, Author(user.name, at))
        return [_queued(row) for row in own_queue(connection, user.name)]


@router.post("/repair-queue/assign", status_code=204)
def post_assign(
    body: AssignBody, user: Annotated[User, Depends(require(desk.ASSIGN))], database: InDatabase, at: Now
) -> None:
    """Give cases to a technician, and say by when; all of them or none. The same again changes nothing."""
    due_on = body.due_on.isoformat() if body.due_on else ""
    with database.writing() as connection:
        desk.assign(connection, body.cases, body.owner, due_on, Author(user.name, at))


@router.get("/stations/me/remedies", response_class=Response)
def get_remedies(
    connection: Reading,
    station: CurrentStation,
    product: Annotated[str, Query(min_length=1, max_length=100)],
    measurement: Annotated[list[str], Query(min_length=1, max_length=10)],
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> Response:
    """What fixed these measurements on other units of the product: asked at the bench, where one has just failed."""
    rows = tuple(
        RemedyRow(
            found.measurement,
            found.serial,
            moment_text(found.failed_at),
            moment_text(found.passed_at),
            tuple(FixRow(fix.kind, fix.text, moment_text(fix.at)) for fix in found.fixes),
        )
        for found in remedies(connection, product, measurement, limit)
    )
    return Response(msgspec.json.encode(Remedies(remedies=rows)), media_type="application/json")


def _repair(entry: Entry) -> RepairAnswer:
    return RepairAnswer.model_validate(asdict(entry))


def _queued(row: QueueRow) -> QueueAnswer:
    return QueueAnswer.model_validate(row, from_attributes=True)


def _known_case(case: ReturnCase | None) -> ReturnCase:
    if case is None:
        raise NotFound("no such return case is on record")
    return case
