"""Units are announced before they arrive: a case each, which the arrival of the unit receives."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, dataclass

import msgspec
import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.span import SiteCalendar
from server.errors import Contradiction
from server.returns.details import checked
from server.returns.flows import keep_event
from server.returns.queries import CaseEvent, ReturnCase, case_of_event, event_by_id
from server.returns.receiving import (
    MAX_REASON,
    MAX_SOURCE,
    ArrivedUnit,
    case_numbers,
    named_units,
    refuse_open_cases,
)
from server.returns.tables import return_case
from server.units.event import NewEvent
from server.units.timelines import add_event
from server.wire.ids import new_id

ANNOUNCE, ANNOUNCED, ACTION = "announce", "announced", "cases.announce"


@dataclass(frozen=True, slots=True)
class Announcement:
    """What somebody will send; ``id`` is made by the client and makes a repetition harmless."""

    id: str
    source: str
    kind: str
    units: tuple[ArrivedUnit, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


@dataclass(frozen=True, slots=True)
class Announced:
    """The cases as they stand; ``is_repeated`` when they had been announced before."""

    cases: tuple[ReturnCase, ...]
    is_repeated: bool


def announce(connection: sa.Connection, asked: Announcement, settings: SiteCalendar, author: Author) -> Announced:
    """Open a case for each unit that will come, or for none of them.

    Raises NotAllowed, BadInput for what cannot be used, and Contradiction where a unit has an open case or the id
    stands for another announcement.
    """
    author.require(connection, ACTION)
    source = typed(asked.source, "source", MAX_SOURCE)
    kind = str(checked({"kind": asked.kind})["kind"])
    names = named_units(connection, asked.units)
    events = [str(uuid.uuid5(uuid.UUID(asked.id), name.unit_id)) for name in names]
    pairs = [(name.unit_id, event) for name, event in zip(names, events, strict=True)]
    if (known := _known(connection, asked, pairs)) is not None:
        return known
    refuse_open_cases(connection, names)
    numbers = case_numbers(connection, settings, author.at, len(names))
    made: list[ReturnCase] = []
    for name, unit, event_id, case_no in zip(names, asked.units, events, numbers, strict=True):
        reason = typed(unit.reason, "reason", MAX_REASON, may_be_empty=True)
        case = ReturnCase(
            unit_id=name.unit_id,
            id=new_id(author.at),
            site=settings.site,
            case_no=case_no,
            serial=name.serial,
            product=name.product,
            arrival_id=None,
            waybill_id=None,
            source=source,
            reason=reason,
            state=ANNOUNCED,
            is_provisional=name.is_provisional,
            opened_at=author.at,
            opened_by=author.actor,
            changed_at=author.at,
            closed_at=None,
            kind=kind,
        )
        payload: dict[str, object] = {"case_no": case_no, "source": source, "reason": reason}
        told = NewEvent(event_id, ANNOUNCED, author.at, author.actor, payload, case_id=case.id)
        add_event(connection, name, told, settings.site, author.at)
        connection.execute(sa.insert(return_case), asdict(case))
        first = CaseEvent(event_id, 1, ANNOUNCED, author.at, author.actor, reason, ANNOUNCE, "{}", asked.sha256)
        keep_event(connection, case, first)
        made.append(case)
    note(connection, author.at, author.actor, "case.announce", asked.id, f"{source}: {len(names)} units")
    return Announced(tuple(made), is_repeated=False)


def _known(connection: sa.Connection, asked: Announcement, pairs: list[tuple[str, str]]) -> Announced | None:
    """The first answer; an event's id is made of the announcement's and the unit's."""
    found = [case_of_event(connection, unit_id, event_id) for unit_id, event_id in pairs]
    digests = {event.sha256 for event in (event_by_id(connection, *pair) for pair in pairs) if event is not None}
    if not digests:
        return None
    if digests != {asked.sha256} or None in found:
        raise Contradiction(f"the announcement {asked.id} is on record with another content")
    return Announced(tuple(case for case in found if case is not None), is_repeated=True)
