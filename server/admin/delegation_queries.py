"""Delegations: what a person may do by right of another at a moment, and the list of what was given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.admin.origin import Grant
from server.admin.permissions import permissions
from server.admin.tables import delegation, delegation_end, user_account

AHEAD, IN_FORCE, OVER, ENDED = "ahead", "in_force", "over", "ended"


@dataclass(frozen=True, slots=True)
class Delegation:
    """What was given; ``actions`` is empty for all of the giver's role."""

    id: str
    giver: str
    taker: str
    actions: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    reason: str
    given_at: datetime
    ended_at: datetime | None
    ended_by: str | None

    def state(self, at: datetime) -> str:
        """Whether it holds at ``at``, or when it did."""
        if self.ended_at is not None:
            return ENDED
        if at < self.valid_from:
            return AHEAD
        return IN_FORCE if at < self.valid_until else OVER


def grants_of(connection: sa.Connection, taker_id: str, at: datetime) -> tuple[Grant, ...]:
    """What ``taker_id`` may do at ``at`` by right of others, who themselves still may."""
    rows = connection.execute(_GRANTS, {"taker_id": taker_id, "at": at})
    found = []
    for row in rows:
        may = permissions().handed_on(row.role)
        found.append(Grant(row.id, row.name, may & frozenset(row.actions.split()) if row.actions else may))
    return tuple(found)


def delegations(
    connection: sa.Connection, person_id: str | None = None, after: str | None = None, limit: int = 50
) -> list[Delegation]:
    """What was given, or what ``person_id`` gave or was given; the newest first, older than ``after``."""
    wanted = _DELEGATIONS.order_by(delegation.c.id.desc()).limit(limit)
    if person_id is not None:
        wanted = wanted.where(sa.or_(delegation.c.giver_id == person_id, delegation.c.taker_id == person_id))
    if after is not None:
        wanted = wanted.where(delegation.c.id < after)
    return [_delegation(row) for row in connection.execute(wanted)]


def delegation_by_id(connection: sa.Connection, delegation_id: str) -> Delegation | None:
    """One of them; None for an id that is none."""
    row = connection.execute(_DELEGATIONS.where(delegation.c.id == delegation_id)).first()
    return _delegation(row) if row else None


def _delegation(row: sa.Row[*tuple[object, ...]]) -> Delegation:
    known = row._asdict()
    return Delegation(**known | {"actions": tuple(str(known["actions"]).split())})


_GRANTS = (
    sa.select(delegation.c.id, user_account.c.name, user_account.c.role, delegation.c.actions)
    .join(user_account, user_account.c.id == delegation.c.giver_id)
    .outerjoin(delegation_end, delegation_end.c.delegation_id == delegation.c.id)
    .where(
        delegation.c.taker_id == sa.bindparam("taker_id"),
        delegation.c.valid_from <= sa.bindparam("at"),
        delegation.c.valid_until > sa.bindparam("at"),
        delegation_end.c.delegation_id.is_(None),
        user_account.c.disabled_at.is_(None),
    )
    .order_by(delegation.c.id)
)
_giver, _taker = user_account.alias("giver"), user_account.alias("taker")
_DELEGATIONS = (
    sa.select(
        delegation.c.id,
        _giver.c.name.label("giver"),
        _taker.c.name.label("taker"),
        delegation.c.actions,
        delegation.c.valid_from,
        delegation.c.valid_until,
        delegation.c.reason,
        delegation.c.given_at,
        delegation_end.c.ended_at,
        delegation_end.c.ended_by,
    )
    .join(_giver, _giver.c.id == delegation.c.giver_id)
    .join(_taker, _taker.c.id == delegation.c.taker_id)
    .outerjoin(delegation_end, delegation_end.c.delegation_id == delegation.c.id)
)
