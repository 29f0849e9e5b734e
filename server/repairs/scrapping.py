"""A unit is scrapped by two persons: one asks and says why, another one decides."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.repairs.gate import SCRAPPED
from server.repairs.queries import SCRAP_REASONS, ScrapRequest, open_scrap_requests, scrap_request_by_id, scrap_requests
from server.repairs.tables import scrap_decision, scrap_request
from server.returns.flows import Move, OpenGate, move
from server.returns.queries import ReturnCase, bare_case
from server.wire.fields import UUID
from server.wire.ids import new_id

ASK, DECIDE = "cases.repair", "cases.scrap"
MAX_NOTE = 400
OTHER = "other"


@dataclass(frozen=True, slots=True)
class ScrapWish:
    """What is asked; ``id`` is a UUID made by the client, ``reason`` one of SCRAP_REASONS; other needs a note."""

    id: str
    case_id: str
    reason: str
    note: str


def ask_scrap(connection: sa.Connection, asked: ScrapWish, author: Author) -> ScrapRequest:
    """Ask that the unit of an open case is scrapped; the same again changes nothing.

    Raises BadInput, NotFound, and Contradiction where the id stands for something else, somebody asked already, or the
    case is closed.
    """
    author.require(connection, ASK)
    case = _known_case(connection, asked.case_id)
    for known in scrap_requests(connection, case.unit_id, case.id):
        if known.id == asked.id:
            if (known.reason, known.note) != (asked.reason, asked.note.strip()):
                raise Contradiction(f"the request {asked.id} is on record with another content")
            return known
    if not re.fullmatch(UUID, asked.id):
        raise BadInput("is no UUID", "id")
    if case.closed_at is not None:
        raise NotInForce(f"the case {case.case_no} is {case.state}", "closed")
    if asked.reason not in SCRAP_REASONS:
        raise BadInput(f"is one of {', '.join(SCRAP_REASONS)}", "scrap_reason")
    if case.id in open_scrap_requests(connection, [case.id]):
        raise NotInForce(f"{case.case_no} waits to be scrapped already", "asked")
    row = {
        "unit_id": case.unit_id,
        "id": asked.id,
        "case_id": case.id,
        "reason": asked.reason,
        "note": typed(asked.note, "note", MAX_NOTE, may_be_empty=asked.reason != OTHER),
        "requested_at": author.at,
        "requested_by": author.name,
    }
    connection.execute(sa.insert(scrap_request), row)
    note(connection, author.at, author.actor, "scrap.ask", case.case_no, f"{asked.reason} {row['note']}".strip())
    return scrap_requests(connection, case.unit_id, case.id)[0]


def decide_scrap(
    connection: sa.Connection, request_id: str, is_approved: bool, why: str, author: Author
) -> ScrapRequest:
    """Scrap the unit, or refuse it with a reason; another person than who asked. The same again changes nothing.

    Raises NotAllowed for the same person, NotFound for no such request, BadInput, and Contradiction where it is
    decided otherwise or the case cannot be scrapped any more.
    """
    author.require(connection, DECIDE)
    asked = _known_request(connection, request_id)
    said = f"{asked.requested_by} asked for it: another person decides"
    author.require_other(connection, DECIDE, asked.requested_by, said)
    if asked.decided_by is not None:
        if (asked.decided_by, asked.is_approved) != (author.name, is_approved):
            raise NotInForce(f"{asked.decided_by} has decided already", "decided")
        return asked
    case = _known_case(connection, asked.case_id)
    row = {
        "unit_id": case.unit_id,
        "request_id": asked.id,
        "is_approved": is_approved,
        "note": typed(why, "note", MAX_NOTE, may_be_empty=is_approved),
        "decided_at": author.at,
        "decided_by": author.name,
    }
    connection.execute(sa.insert(scrap_decision), row)
    word = "approve" if is_approved else "refuse"
    note(connection, author.at, author.actor, f"scrap.{word}", case.case_no, str(row["note"]))
    if is_approved:
        said = f"{asked.reason} {asked.note}".strip()
        asked_move = Move(new_id(author.at), case.id, "scrap", f"{said} ({asked.requested_by})")
        move(connection, asked_move, author, OpenGate(SCRAPPED, case.id, case.version, {"request": asked.id}))
    return _known_request(connection, request_id)


def _known_case(connection: sa.Connection, case_id: str) -> ReturnCase:
    found = bare_case(connection, case_id) if re.fullmatch(UUID, case_id) else None
    if found is None:
        raise NotFound(f"no return case {case_id[:36]}")
    return found


def _known_request(connection: sa.Connection, request_id: str) -> ScrapRequest:
    found = scrap_request_by_id(connection, request_id) if re.fullmatch(UUID, request_id) else None
    if found is None:
        raise NotFound(f"nobody asked to scrap a unit by {request_id[:36]}")
    return found
