"""Rights for some days: given by who has them, never handed on, over by themselves, taken back at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.delegation_queries import Delegation, delegation_by_id
from server.admin.flows import Change, note
from server.admin.permissions import permissions
from server.admin.queries import Account, account_by_id, account_by_name
from server.admin.tables import delegation, delegation_end
from server.errors import BadInput, Contradiction, NotAllowed, NotFound

GIVE = "authority.delegate"
MAX_DAYS = 92
"""A quarter: who is away for longer has a successor."""
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be given, to whom, from when until when; no ``actions`` for all that the giver may hand on."""

    id: str
    taker_id: str
    actions: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    reason: str


def give(connection: sa.Connection, wish: Wish, author: Author) -> Delegation:
    """Give rights of one's own to another person; the same again changes nothing.

    Only what the giver's role includes can be given, so that nobody hands on what was given to them. Raises NotFound,
    BadInput, and Contradiction for an id that is another delegation's.
    """
    author.require(connection, GIVE)
    giver = account_by_name(connection, author.name)
    if giver is None:
        raise NotFound(f"no account {author.name}")
    known = delegation_by_id(connection, wish.id)
    if known is not None:
        if (known.giver, known.actions, known.valid_until) != (giver.name, wish.actions, wish.valid_until):
            raise Contradiction("another delegation has this id")
        return known
    taker = _checked(connection, wish, giver, author.at)
    row = {"id": wish.id, "giver_id": giver.id, "taker_id": taker.id, "actions": " ".join(wish.actions)}
    row |= {"reason": typed(wish.reason, "reason", MAX_REASON)}
    span = {"valid_from": wish.valid_from, "valid_until": wish.valid_until, "given_at": author.at}
    connection.execute(sa.insert(delegation), row | span)
    given = f"{' '.join(wish.actions) or giver.role}, {wish.valid_from:%F %H:%M} – {wish.valid_until:%F %H:%M} UTC"
    note(connection, author.at, author.actor, "delegation.give", taker.name, row["reason"], Change("", given))
    made = delegation_by_id(connection, wish.id)
    assert made is not None  # noqa: S101 (it was written above)
    return made


def take_back(connection: sa.Connection, delegation_id: str, author: Author) -> None:
    """End a delegation before its day: who gave it, who was given it, or who may delegate. Raises NotFound.

    Taking back what is over changes nothing.
    """
    found = delegation_by_id(connection, delegation_id)
    if found is None:
        raise NotFound("no such delegation is on record")
    if author.name not in (found.giver, found.taker):
        author.require(connection, GIVE)
    if found.ended_at is not None or found.valid_until <= author.at:
        return
    row = {"delegation_id": found.id, "ended_at": author.at, "ended_by": author.name}
    connection.execute(sa.insert(delegation_end), row)
    note(connection, author.at, author.actor, "delegation.end", found.taker, found.id)


def _checked(connection: sa.Connection, wish: Wish, giver: Account, at: datetime) -> Account:
    """Who is given it; raises NotFound and BadInput."""
    taker = account_by_id(connection, wish.taker_id)
    if taker is None or taker.disabled_at is not None:
        raise BadInput("is no account that is open", "taker")
    if taker.id == giver.id:
        raise NotAllowed("nobody gives rights to themselves")
    unknown = [name for name in wish.actions if name not in permissions().handed_on(giver.role)]
    if unknown:
        raise BadInput(f"{giver.name} cannot hand on: {', '.join(unknown)}", "actions")
    if not wish.valid_from < wish.valid_until or wish.valid_until <= at:
        raise BadInput("ends after it begins, and not in the past", "days")
    if wish.valid_until - wish.valid_from > timedelta(days=MAX_DAYS):
        raise BadInput(f"lasts {MAX_DAYS} days at most", "days")
    return taker
