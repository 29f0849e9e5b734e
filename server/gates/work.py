"""The last work on a unit: what was done to it after a test voids the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.burns.tables import burn
from server.returns.machine import machine
from server.returns.queries import CaseEvent
from server.units.tables import unit_event

WORK_KINDS = ("repaired", "board_installed", "board_removed")
"""Kinds of a unit's events after which it must be tested again; burns count by their own rows."""
READY = "ready"


@dataclass(frozen=True, slots=True)
class Work:
    """What was done last, and when it ended; ``id`` is the event's or burn's."""

    kind: str
    id: str
    ended_at: datetime


def last_work(connection: sa.Connection, unit_id: str, events: tuple[CaseEvent, ...]) -> Work | None:
    """The newest of the unit's burns, of its events of WORK_KINDS, and of what the case's events say."""
    found = [*_burns(connection, unit_id), *_events(connection, unit_id), *_case_work(events)]
    return max(found, key=lambda work: work.ended_at, default=None)


def sent_to_test_at(events: tuple[CaseEvent, ...]) -> datetime | None:
    """When the case was last sent to test; None where it was not, or where it was worked on again since."""
    sent = None
    for event in events:
        if event.move == READY:
            sent = event.at
        elif event.state in machine().work_states or event.state == "received":
            sent = None
    return sent


def _burns(connection: sa.Connection, unit_id: str) -> list[Work]:
    """Any burn, for one that failed has left the memory in doubt."""
    query = sa.select(burn.c.id, burn.c.finished_at).where(burn.c.unit_id == unit_id)
    return [Work("burned", row.id, row.finished_at) for row in connection.execute(query)]


def _events(connection: sa.Connection, unit_id: str) -> list[Work]:
    query = sa.select(unit_event.c.id, unit_event.c.kind, unit_event.c.at)
    rows = connection.execute(query.where(unit_event.c.unit_id == unit_id, unit_event.c.kind.in_(WORK_KINDS)))
    return [Work(row.kind, row.id, row.at) for row in rows]


def _case_work(events: tuple[CaseEvent, ...]) -> list[Work]:
    """The end of each stay in a state of work, and the stay that goes on."""
    work, found = machine().work_states, []
    for before, event in zip((None, *events), events, strict=False):
        if event.state in work or (before is not None and before.state in work):
            found.append(Work(event.state if event.state in work else str(before and before.state), event.id, event.at))
    return found
