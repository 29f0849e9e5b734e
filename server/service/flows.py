"""A service request is logged, moved through its machine, and its caller looked at."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple, dataclass, replace

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.admin.queries import account_by_name
from server.errors import BadInput, Contradiction, NotFound
from server.parties.queries import Contact, parties_named
from server.returns.queries import bare_case
from server.service.machine import BEFORE, KINDS, PRIORITIES, machine
from server.service.queries import (
    ServiceEvent,
    ServiceRequest,
    caller_of,
    digits_reversed,
    event_by_id,
    events,
    request_by_id,
)
from server.service.tables import service_caller, service_event, service_request
from server.units.event import NewEvent
from server.units.flows import UnitName, name_unit
from server.units.links import real_name
from server.units.queries import unit_by_id
from server.units.timelines import add_event
from server.wire.fields import UUID
from server.wire.ids import new_id

WRITE, HANDLE, PERSONAL = "service.write", "service.handle", "parties.personal"
CHANNELS = ("telephone", "message", "letter", "visit")
MAX_TEXT, MAX_PERSON, MAX_PHONE, MAX_PRODUCT = 500, 80, 40, 100
PHONE_SIGNS = set("0123456789+-() ")
SCORES = (1, 2, 3, 4, 5)
LOGGED, MOVED = "service_logged", "service_moved"
"""The kinds of the unit's events: a request about it came, and one was handled, closed or cancelled."""
TOLD = ("handle", "call_back", "close", "cancel", "reopen")


@dataclass(frozen=True, slots=True)
class Call:
    """What somebody asks for; ``id`` is made by the client, ``party`` is a name on record or empty."""

    id: str
    kind: str
    text: str
    priority: str = "normal"
    channel: str = "telephone"
    party: str = ""
    caller: str = ""
    phone: str = ""
    serial: str = ""
    product: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(msgspec.json.encode(astuple(self))).hexdigest()


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a request; ``id`` is made by the client. What the move does not need may be empty."""

    id: str
    request_id: str
    move: str
    note: str = ""
    owner: str = ""
    case_id: str = ""
    score: int | None = None


def log(connection: sa.Connection, asked: Call, site: str, author: Author) -> ServiceRequest:
    """Put a request on record; the same again changes nothing.

    Raises BadInput that names the field, NotAllowed, and Contradiction where the id stands for another request.
    """
    author.require(connection, WRITE)
    asked = _as_meant(asked)
    known = request_by_id(connection, asked.id)
    if known is not None:
        if known.sha256 != asked.sha256:
            raise Contradiction(f"the request {asked.id} is on record with another content")
        return known
    party = parties_named(connection, [asked.party]).get(asked.party)
    if asked.party and party is None:
        raise BadInput("no such party is on record", "party")
    name = real_name(connection, name_unit(connection, asked.serial)) if asked.serial else None
    unit = unit_by_id(connection, name.unit_id) if name else None
    row: dict[str, object] = {
        "id": asked.id,
        "site": site,
        "kind": asked.kind,
        "priority": asked.priority,
        "channel": asked.channel,
    }
    row |= {"party_id": party.id if party else None, "unit_id": unit.unit_id if unit else None, "text": asked.text}
    row |= {"serial": name.serial if name else "", "product": asked.product or (unit.product if unit else "")}
    row |= {"sha256": asked.sha256, "logged_at": author.at, "logged_by": author.name, "owner": "", "case_id": None}
    connection.execute(sa.insert(service_request), row | {"state": machine().after(BEFORE, "log")})
    who = {"name": asked.caller, "phone": asked.phone, "phone_reversed": digits_reversed(asked.phone)}
    connection.execute(sa.insert(service_caller), who | {"request_id": asked.id})
    made = known_request(connection, asked.id)
    _keep(connection, made, Step(new_id(author.at), asked.id, "log"), author)
    return made


def move(connection: sa.Connection, asked: Step, author: Author) -> ServiceRequest:
    """Move a request; the same again changes nothing.

    Raises BadInput that names the field, NotAllowed, NotFound, and Contradiction where the move does not start in
    the request's state or the id stands for another one.
    """
    transition = machine().moves.get(asked.move)
    if transition is None or asked.move == "log":
        raise BadInput("is a move of the table", "move")
    author.require(connection, transition.action)
    _require_id(asked.id)
    before = known_request(connection, asked.request_id, for_update=True)
    asked = _checked(connection, asked, transition.needs, author)
    known = event_by_id(connection, asked.id)
    if known is not None:
        if _said(known) != asked or known.by != author.name:
            raise Contradiction(f"the move {asked.id} is on record with another content")
        return before
    values = {"state": machine().after(before.state, asked.move)}
    values |= {"owner": asked.owner} if asked.owner else {}
    values |= {"case_id": asked.case_id} if asked.case_id else {}
    connection.execute(sa.update(service_request).where(service_request.c.id == before.id).values(**values))
    after = known_request(connection, before.id)
    _keep(connection, after, asked, author)
    return after


def view_caller(connection: sa.Connection, request_id: str, author: Author) -> Contact:
    """Who called, unmasked; that it was looked at is on record. Raises NotAllowed and NotFound."""
    author.require(connection, PERSONAL)
    known = known_request(connection, request_id)
    note(connection, author.at, author.actor, "service.caller.view", known.id)
    return caller_of(connection, known.id)


def known_request(connection: sa.Connection, request_id: str, for_update: bool = False) -> ServiceRequest:
    """The request; raises NotFound."""
    found = request_by_id(connection, request_id, for_update)
    if found is None:
        raise NotFound("no such service request is on record")
    return found


def _as_meant(asked: Call) -> Call:
    _require_id(asked.id)
    for text, allowed, field in (
        (asked.kind, KINDS, "kind"),
        (asked.priority, PRIORITIES, "priority"),
        (asked.channel, CHANNELS, "channel"),
    ):
        if text not in allowed:
            raise BadInput(f"is one of {', '.join(allowed)}", field)
    phone = typed(asked.phone, "phone", MAX_PHONE, may_be_empty=True)
    if set(phone) - PHONE_SIGNS:
        raise BadInput("has digits, + - ( ) and spaces", "phone")
    return replace(
        asked,
        text=typed(" ".join(asked.text.split()), "text", MAX_TEXT),
        party=asked.party.strip(),
        caller=typed(asked.caller, "caller", MAX_PERSON, may_be_empty=True),
        phone=phone,
        serial=asked.serial.strip(),
        product=typed(asked.product, "product", MAX_PRODUCT, may_be_empty=True),
    )


def _checked(connection: sa.Connection, asked: Step, needs: tuple[str, ...], author: Author) -> Step:
    """The step with what its move takes and nothing else; raises BadInput for what is missing or unknown."""
    said = typed(" ".join(asked.note.split()), "note", MAX_TEXT, may_be_empty="note" not in needs)
    owner = author.name if asked.move == "take" else asked.owner.strip() if "owner" in needs else ""
    account = account_by_name(connection, owner) if owner else None
    if "owner" in needs and (account is None or account.disabled_at is not None):
        raise BadInput("is the name of an account", "owner")
    case = bare_case(connection, asked.case_id) if "case" in needs else None
    if "case" in needs and case is None:
        raise BadInput("no such return case is on record", "case")
    if "score" in needs and asked.score not in SCORES:
        raise BadInput("is 1 to 5", "score")
    score = asked.score if "score" in needs else None
    return replace(asked, note=said, owner=owner, case_id=case.id if case else "", score=score)


def _said(event: ServiceEvent) -> Step:
    return Step(event.id, event.request_id, event.move, event.note, event.owner, event.case_id or "", event.score)


def _keep(connection: sa.Connection, request: ServiceRequest, said: Step, author: Author) -> None:
    """The move in the history, in the audit, and on the unit's timeline where it is one of those told there."""
    row = {"request_id": request.id, "seq": len(events(connection, [request.id])) + 1, "id": said.id}
    row |= {"move": said.move, "state": request.state, "owner": said.owner, "note": said.note}
    row |= {"case_id": said.case_id or None, "score": said.score, "at": author.at, "by": author.name}
    connection.execute(sa.insert(service_event), row)
    note(connection, author.at, author.actor, f"service.{said.move}", request.id, said.note or request.kind)
    unit = unit_by_id(connection, request.unit_id) if request.unit_id else None
    if unit is None or (said.move != "log" and said.move not in TOLD):
        return
    payload: dict[str, object] = {"request_id": request.id, "request_kind": request.kind, "state": request.state}
    kind = LOGGED if said.move == "log" else MOVED
    event = NewEvent(said.id, kind, author.at, author.actor, payload, case_id=request.case_id)
    add_event(connection, UnitName(unit.unit_id, unit.family, unit.serial, unit.product), event, unit.site, author.at)


def _require_id(text: str) -> None:
    if not re.fullmatch(UUID, text):
        raise BadInput("is no UUID", "id")
