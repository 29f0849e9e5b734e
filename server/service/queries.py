"""Service requests: the ledger, one with its history and clock, callers found again, and the figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from server.parties.queries import Contact, key_of
from server.parties.tables import party
from server.service.clock import Clock, clock_of
from server.service.machine import machine
from server.service.tables import service_caller, service_event, service_request

FIGURES_DAYS = 90
"""The figures are of what was logged in so many days."""
ENDING_DIGITS = 4
"""A caller is found by no fewer digits."""


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """A request as it stands."""

    id: str
    site: str
    kind: str
    priority: str
    channel: str
    party_id: str | None
    unit_id: str | None
    serial: str
    product: str
    text: str
    sha256: str
    logged_at: datetime
    logged_by: str
    state: str
    owner: str
    case_id: str | None
    party: str = ""


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One move of a request."""

    request_id: str
    seq: int
    id: str
    move: str
    state: str
    owner: str
    note: str
    case_id: str | None
    score: int | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What a line of the ledger must satisfy; ``caller`` is an ending of a telephone number, or part of a name."""

    state: str = ""
    owner: str = ""
    unit_id: str = ""
    caller: str = ""
    open_alone: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Open requests by working time used; of those handled, how many in time; scores of call-backs, 1 to 5."""

    open: int
    overdue: int
    handled: int
    in_time: int
    called_back: int
    score_sum: int

    @property
    def in_time_share(self) -> float | None:
        return self.in_time / self.handled if self.handled else None

    @property
    def mean_score(self) -> float | None:
        return self.score_sum / self.called_back if self.called_back else None


def digits_reversed(phone: str) -> str:
    """The digits of a telephone number, the last one first."""
    return "".join(sign for sign in reversed(phone) if sign in "0123456789")


def requests(
    connection: sa.Connection, wanted: RequestFilter | None = None, after: str = "", limit: int = 50
) -> list[ServiceRequest]:
    """Requests, the newest first; ``after`` is the id of the last row of the page before."""
    wanted = wanted or RequestFilter()
    query = _rows().order_by(service_request.c.id.desc()).limit(limit)
    if after:
        query = query.where(service_request.c.id < after)
    if wanted.state:
        query = query.where(service_request.c.state == wanted.state)
    if wanted.open_alone:
        query = query.where(service_request.c.state.in_(machine().open_states))
    if wanted.owner:
        query = query.where(service_request.c.owner == wanted.owner)
    if wanted.unit_id:
        query = query.where(service_request.c.unit_id == wanted.unit_id)
    if wanted.caller.strip():
        query = query.where(_called_by(wanted.caller.strip()))
    return [ServiceRequest(**row) for row in connection.execute(query).mappings()]


def request_by_id(connection: sa.Connection, request_id: str, for_update: bool = False) -> ServiceRequest | None:
    """The request; ``for_update`` keeps another transaction from moving it meanwhile."""
    query = _rows().where(service_request.c.id == request_id)
    if for_update:
        query = query.with_for_update(of=service_request)
    row = connection.execute(query).mappings().first()
    return ServiceRequest(**row) if row else None


def events(connection: sa.Connection, request_ids: Iterable[str]) -> list[ServiceEvent]:
    """What happened to the requests, in order."""
    columns = service_event.c
    query = sa.select(service_event).where(columns.request_id.in_(list(request_ids)))
    query = query.order_by(columns.request_id, columns.seq)
    return [ServiceEvent(**row) for row in connection.execute(query).mappings()]


def event_by_id(connection: sa.Connection, event_id: str) -> ServiceEvent | None:
    """The move with this id, of whichever request."""
    row = connection.execute(sa.select(service_event).where(service_event.c.id == event_id)).mappings().first()
    return ServiceEvent(**row) if row else None


def clocks(connection: sa.Connection, found: list[ServiceRequest], zone: ZoneInfo, at: datetime) -> dict[str, Clock]:
    """The clock of each request, by its id."""
    history: dict[str, list[tuple[str, datetime]]] = {row.id: [] for row in found}
    for event in events(connection, history):
        history[event.request_id].append((event.state, event.at))
    target_s = machine().target_s
    return {row.id: clock_of(history[row.id], target_s(row.kind, row.priority), zone, at) for row in found}


def caller_of(connection: sa.Connection, request_id: str) -> Contact:
    """Who called, unmasked: only for a flow that audits the view, or to be masked."""
    columns = service_caller.c
    query = sa.select(columns.request_id, columns.name, columns.phone).where(columns.request_id == request_id)
    row = connection.execute(query).first()
    return Contact(row[0], row[1], row[2], "") if row else Contact(request_id, "", "", "")


def figures(connection: sa.Connection, zone: ZoneInfo, at: datetime) -> Figures:
    """What is open, and how the requests of the last ``FIGURES_DAYS`` days went."""
    columns = service_request.c
    recent = columns.logged_at >= at - timedelta(days=FIGURES_DAYS)
    query = _rows().where(sa.or_(recent, columns.state.in_(machine().open_states)))
    found = [ServiceRequest(**row) for row in connection.execute(query).mappings()]
    seen = clocks(connection, found, zone, at)
    still = [row for row in found if machine().states[row.state].clock != "stopped"]
    done = [row for row in found if row.state in ("handled", "closed")]
    scored = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(service_event.c.score), 0)).where(
        service_event.c.score.is_not(None), service_event.c.at >= at - timedelta(days=FIGURES_DAYS)
    )
    called_back, score_sum = connection.execute(scored).one()
    return Figures(
        open=len(still),
        overdue=sum(seen[row.id].is_overdue for row in still),
        handled=len(done),
        in_time=sum(not seen[row.id].is_overdue for row in done),
        called_back=called_back,
        score_sum=int(score_sum),
    )


def _rows() -> sa.Select[tuple[object, ...]]:
    joined = service_request.outerjoin(party, party.c.id == service_request.c.party_id)
    return sa.select(*service_request.c, sa.func.coalesce(party.c.name, "").label("party")).select_from(joined)


def _called_by(text: str) -> sa.ColumnElement[bool]:
    """Whose telephone ends so, or whose name or party has this in it."""
    ending = digits_reversed(text)
    if len(ending) >= ENDING_DIGITS and not set(text) - set("0123456789+-() "):
        who = service_caller.c.phone_reversed.startswith(ending, autoescape=True)
        return service_request.c.id.in_(sa.select(service_caller.c.request_id).where(who))
    who = service_caller.c.name.contains(text, autoescape=True)
    named = party.c.name_key.contains(key_of(text), autoescape=True)
    return sa.or_(service_request.c.id.in_(sa.select(service_caller.c.request_id).where(who)), named)
