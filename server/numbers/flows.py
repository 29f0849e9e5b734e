"""Pools are made, numbers are reserved once and for all, and what became of each is put on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.pending import Row
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.numbers.queries import (
    BOUND,
    FORWARD,
    VOID,
    Number,
    Pool,
    lease_by_id,
    numbers,
    numbers_of_lease,
    pool_by_name,
    pools,
)
from server.numbers.tables import leased_number, number_event, number_lease, number_pool
from server.units.flows import UnitName, name_unit
from server.wire.fields import MAX_INTEGER
from server.wire.lease import Lease, LeasedNumber, LeaseRequest
from server.wire.state import moment_text

NUMBERS = "numbers.write"
LEASE_DAYS = 7
"""As long as a station's snapshot: estimate, a week without the server is rare."""
MAX_NAME, MAX_PREFIX, MAX_DIGITS, MAX_REASON = 60, 40, 20, 500


@dataclass(frozen=True, slots=True)
class PoolForm:
    """A pool as typed; ``first`` and ``last`` are written as its numbers are, without the prefix."""

    name: str
    prefix: str
    base: str
    digits: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class NumberUse:
    """The burn and the unit that a number's new state is about."""

    burn_id: str | None = None
    unit: UnitName | None = None
    reason: str = ""


def make_pool(connection: sa.Connection, asked: PoolForm, author: Author) -> None:
    """Make a pool; raises BadInput, and Contradiction for a name that is taken or numbers that another pool has."""
    author.require(connection, NUMBERS)
    made = _pool(asked, author)
    for other in pools(connection):
        if other.name == made.name:
            raise Contradiction(f"there is a pool {made.name} already")
        if _overlaps(made, other):
            raise BadInput(f"the pool {other.name} has such numbers", "range")
    row = {
        "name": made.name,
        "prefix": made.prefix,
        "base": made.base,
        "digits": made.digits,
        "first": made.first,
        "last": made.last,
        "made_at": made.made_at,
        "made_by": made.made_by,
    }
    connection.execute(sa.insert(number_pool), row)
    note(
        connection, author.at, author.actor, "pool.make", made.name, f"{made.text(made.first)} … {made.text(made.last)}"
    )


def reserved_before(connection: sa.Connection, asked: LeaseRequest, station_id: str) -> Lease | None:
    """The lease that this request made before; raises Contradiction where its id stands for another."""
    known = lease_by_id(connection, asked.id)
    if known is None:
        return None
    if (known.station_id, known.order_no, known.pool, known.count) != (
        station_id,
        asked.order,
        asked.pool,
        asked.count,
    ):
        raise Contradiction(f"the lease {asked.id} is on record with another content")
    given = tuple(LeasedNumber(*row) for row in numbers_of_lease(connection, asked.id))
    return _lease(asked, given, known.reserved_at, known.expires_at)


def reserve(connection: sa.Connection, asked: LeaseRequest, most: int, station_id: str, at: datetime) -> Lease:
    """Take the next numbers out of the pool for this station, at most ``most`` and what the pool has.

    Raises NotFound, and NotInForce for a pool that is used up.
    """
    pool = pool_by_name(connection, asked.pool)
    if pool is None:
        raise NotFound(f"no pool {asked.pool}")
    if pool.left < 1:
        raise NotInForce(f"the pool {pool.name} is used up", "exhausted")
    count = min(asked.count, most, pool.left)
    expires_at = at + timedelta(days=LEASE_DAYS)
    given = tuple(LeasedNumber(pool.text(value), value) for value in range(pool.next, pool.next + count))
    lease = {"id": asked.id, "station_id": station_id, "order_no": asked.order, "pool": pool.name, "count": asked.count}
    connection.execute(sa.insert(number_lease), lease | {"reserved_at": at, "expires_at": expires_at})
    rows = [
        {"number": row.text, "pool": pool.name, "value": row.value, "lease_id": asked.id, "order_no": asked.order}
        for row in given
    ]
    connection.execute(sa.insert(leased_number), rows)
    span = f"{asked.pool}: {given[0].text} … {given[-1].text}"
    note(connection, at, f"station:{station_id}", "numbers.reserve", asked.order, span)
    return _lease(asked, given, at, expires_at)


def void_number(connection: sa.Connection, number: str, reason: str, author: Author) -> None:
    """Say that a number is never to be met again; raises NotFound, NotInForce for one that is bound or void."""
    author.require(connection, NUMBERS)
    found = _movable(connection, number, VOID)
    why = typed(reason, "reason", MAX_REASON)
    connection.execute(
        sa.insert(number_event), event_row(found.number, VOID, author.actor, author.at, NumberUse(reason=why))
    )
    note(connection, author.at, author.actor, "number.void", found.number, why)


def bind_number(connection: sa.Connection, number: str, serial: str, author: Author) -> None:
    """Say which unit an IC with a verified number went into; raises NotFound, BadInput, NotInForce."""
    author.require(connection, NUMBERS)
    found = _movable(connection, number, BOUND)
    use = NumberUse(unit=name_unit(connection, serial))
    connection.execute(sa.insert(number_event), event_row(found.number, BOUND, author.actor, author.at, use))
    note(connection, author.at, author.actor, "number.bind", found.number, use.unit.serial if use.unit else "")


def event_row(number: str, state: str, by: str, at: datetime, use: NumberUse) -> Row:
    """A row of ``number_event``."""
    return {
        "number": number,
        "state": state,
        "at": at,
        "by": by,
        "burn_id": use.burn_id,
        "unit_id": use.unit.unit_id if use.unit else None,
        "serial": use.unit.serial if use.unit else None,
        "reason": use.reason[:MAX_REASON],
    }


def _movable(connection: sa.Connection, number: str, state: str) -> Number:
    found = numbers(connection, [number.strip()]).get(number.strip())
    if found is None:
        raise NotFound(f"no number {number[:64]}")
    if state not in FORWARD[found.state]:
        raise NotInForce(f"the number {found.number} is {found.state}", found.state)
    return found


def _lease(asked: LeaseRequest, given: tuple[LeasedNumber, ...], at: datetime, expires_at: datetime) -> Lease:
    return Lease(
        id=asked.id,
        order=asked.order,
        pool=asked.pool,
        numbers=given,
        reserved_at=moment_text(at),
        expires_at=moment_text(expires_at),
    )


def _pool(asked: PoolForm, author: Author) -> Pool:
    name = typed(asked.name, "name", MAX_NAME)
    prefix = typed(asked.prefix, "prefix", MAX_PREFIX, may_be_empty=True).upper()
    if asked.base not in ("10", "16"):
        raise BadInput("is 10 or 16", "base")
    base = int(asked.base)
    if not asked.digits.strip().isdecimal() or not 1 <= int(asked.digits) <= MAX_DIGITS:
        raise BadInput(f"is a number from 1 to {MAX_DIGITS}", "digits")
    digits = int(asked.digits)
    try:
        first, last = int(asked.first.strip(), base), int(asked.last.strip(), base)
    except ValueError:
        raise BadInput("is no number", "range") from None
    if not 0 <= first <= last <= min(MAX_INTEGER, base**digits - 1):
        raise BadInput("goes from a smaller number to a larger one, none with more digits than are written", "range")
    return Pool(name, prefix, base, digits, first, last, author.at, author.name)


def _overlaps(made: Pool, other: Pool) -> bool:
    """Whether the two could write the same number; looked at as texts, because a prefix may end in digits."""
    if len(made.prefix) + made.digits != len(other.prefix) + other.digits:
        return False
    spans = [(pool.text(pool.first), pool.text(pool.last)) for pool in (made, other)]
    return spans[0][0] <= spans[1][1] and spans[1][0] <= spans[0][1]
