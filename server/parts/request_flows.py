"""Parts are requested, approved by another person, and handed out or scrapped; pick lists go the same way."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.span import SiteCalendar
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.parts.flows import MAX_CASE, MAX_NOTE, MAX_PERSON, MOVING, said_of
from server.parts.lines import Line, known_lines, known_place
from server.parts.posting import KIT, REQUISITION, SCRAPPING, Paper, Step, begin, post, posted_by
from server.parts.queries import BENCH, CASE, CUSTOMER, KEPT, OTHER_CODE, SCRAP, place_by_id
from server.parts.requests import (
    APPROVED,
    CANCELLED,
    DONE,
    REFUSED,
    REQUESTED,
    Request,
    last_request_no,
    request_by_id,
)
from server.parts.tables import stock_decision, stock_request, stock_request_end, stock_request_line

REQUESTING, APPROVING = "parts.request", "parts.approve"
REQUEST_KINDS = (REQUISITION, KIT, SCRAPPING)
SCRAP_REASONS = ("damaged", "defective", "expired", "lost", "other")


@dataclass(frozen=True, slots=True)
class Wish:
    """A request as typed. A requisition and a kit go from a store to a bench, a customer or a case; what is scrapped
    has no ``target`` and a ``reason``; a kit names its case."""

    kind: str
    lines: tuple[Line, ...]
    source: str
    target: str = ""
    person: str = ""
    case_no: str = ""
    case_id: str | None = None
    reason: str = ""
    note: str = ""


def make_request(
    connection: sa.Connection, command_id: str, wish: Wish, calendar: SiteCalendar, author: Author
) -> Request:
    """Put a request on record for another person to approve; the same again gives the first one. Raises BadInput."""
    author.require(connection, REQUESTING)
    if begin(connection, command_id, "request", wish, author):
        _insert(connection, command_id, wish, calendar, author)
    return known_request(connection, command_id)


def decide(connection: sa.Connection, request_id: str, is_approved: bool, reason: str, author: Author) -> None:
    """Approve or refuse; raises NotAllowed to who requested it, NotInForce where it is decided or ended already."""
    author.require(connection, APPROVING)
    found = known_request(connection, request_id, (REQUESTED,))
    said = f"{found.requested_by} requested {found.no}: another person decides"
    author.require_other(connection, APPROVING, found.requested_by, said)
    row = {
        "request_id": found.id,
        "decision": APPROVED if is_approved else REFUSED,
        "reason": typed(reason, "reason", MAX_NOTE, may_be_empty=is_approved),
        "decided_at": author.at,
        "decided_by": author.name,
    }
    connection.execute(sa.insert(stock_decision), row)
    note(connection, author.at, author.actor, f"parts.{row['decision']}", found.no, str(row["reason"]))


def carry_out(connection: sa.Connection, command_id: str, request_id: str, author: Author) -> tuple[str, ...]:
    """Hand the parts out, or scrap them; the movements' ids.

    Raises NotAllowed to who approved it, NotInForce where it is not approved, or where a place has fewer (``short``).
    """
    author.require(connection, MOVING)
    if not begin(connection, command_id, "carry_out", request_id, author):
        return posted_by(connection, command_id)
    found = known_request(connection, request_id, (APPROVED,))
    said = f"{found.decided_by} approved {found.no}: another person hands it out"
    author.require_other(connection, MOVING, found.decided_by or "", said)
    source, target = place_by_id(connection, found.from_id), place_by_id(connection, found.to_id)
    if source is None or target is None:
        raise NotFound(f"{found.no} names no place on record")
    steps = [Step(line.part, line.quantity, source, target) for line in found.lines]
    paper = Paper(
        approver=found.decided_by or "",
        person=found.person,
        reason=found.reason,
        document=found.no,
        note=found.note,
        case_id=found.case_id,
        case_no=found.case_no,
        request_id=found.id,
    )
    made = post(connection, command_id, found.kind, steps, paper, author)
    _end(connection, found, DONE, "", author)
    note(connection, author.at, author.actor, f"parts.{found.kind}", found.no, said_of(steps))
    return made


def cancel(connection: sa.Connection, request_id: str, reason: str, author: Author) -> None:
    """Take a request back, as who made it or who may approve; raises NotAllowed, NotInForce once it has ended."""
    found = known_request(connection, request_id, (REQUESTED, APPROVED))
    author.require(connection, REQUESTING if author.name == found.requested_by else APPROVING)
    why = typed(reason, "reason", MAX_NOTE)
    _end(connection, found, CANCELLED, why, author)
    note(connection, author.at, author.actor, "parts.cancel", found.no, why)


def known_request(connection: sa.Connection, request_id: str, states: tuple[str, ...] = ()) -> Request:
    """The request; raises NotFound, and NotInForce in another state than one of ``states``, where any are given."""
    found = request_by_id(connection, request_id)
    if found is None:
        raise NotFound(f"no request {request_id[:36]}")
    if states and found.state not in states:
        raise NotInForce(f"{found.no} is {found.state}", f"request_{found.state}")
    return found


def _insert(connection: sa.Connection, request_id: str, wish: Wish, calendar: SiteCalendar, author: Author) -> None:
    if wish.kind not in REQUEST_KINDS:
        raise BadInput(f"is one of {', '.join(REQUEST_KINDS)}", "kind")
    is_scrap = wish.kind == SCRAPPING
    source = known_place(connection, wish.source, (*KEPT, BENCH) if is_scrap else KEPT, "source")
    target = known_place(
        connection,
        OTHER_CODE[SCRAP] if is_scrap else wish.target,
        (SCRAP,) if is_scrap else (BENCH, CASE) if wish.kind == KIT else (BENCH, CASE, CUSTOMER),
        "target",
    )
    if is_scrap and wish.reason not in SCRAP_REASONS:
        raise BadInput(f"is one of {', '.join(SCRAP_REASONS)}", "reason")
    needs_case = wish.kind == KIT or target.kind == CASE
    lines = known_lines(connection, wish.lines)
    row = {
        "id": request_id,
        "no": _next_no(connection, calendar, author),
        "kind": wish.kind,
        "from_id": source.id,
        "to_id": target.id,
        "person": typed(wish.person, "person", MAX_PERSON, may_be_empty=True),
        "case_id": wish.case_id,
        "case_no": typed(wish.case_no, "case_no", MAX_CASE, may_be_empty=not needs_case),
        "reason": wish.reason if is_scrap else "",
        "note": typed(wish.note, "note", MAX_NOTE, may_be_empty=not (is_scrap and wish.reason == "other")),
        "requested_at": author.at,
        "requested_by": author.name,
    }
    connection.execute(sa.insert(stock_request), row)
    asked = [{"request_id": request_id, "part_id": part.id, "quantity": quantity} for part, quantity in lines]
    connection.execute(sa.insert(stock_request_line), asked)
    what = said_of(Step(part, quantity, source, target) for part, quantity in lines)
    note(connection, author.at, author.actor, f"parts.request_{wish.kind}", str(row["no"]), what)


def _end(connection: sa.Connection, found: Request, how: str, reason: str, author: Author) -> None:
    row = {"how": how, "reason": reason, "ended_at": author.at, "ended_by": author.name}
    connection.execute(sa.insert(stock_request_end), {"request_id": found.id} | row)


def _next_no(connection: sa.Connection, calendar: SiteCalendar, author: Author) -> str:
    """The year of the site's zone, and a counter that begins anew with it."""
    stem = f"PR-{author.at.astimezone(calendar.zone).year}-"
    last = last_request_no(connection, stem)
    number = int(last.removeprefix(stem)) + 1 if last else 1
    if number > 999_999:
        raise Contradiction("the year has no more numbers")
    return f"{stem}{number:06d}"
