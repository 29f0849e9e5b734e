"""Pools and how far they are used, numbers with their state, and those that nobody accounted for in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.numbers.tables import leased_number, number_event, number_lease, number_pool

RESERVED, BURNED, VERIFIED, BOUND, VOID = STATES = ("reserved", "burned", "verified", "bound", "void")
FORWARD = {RESERVED: (BURNED, VOID), BURNED: (VERIFIED, VOID), VERIFIED: (BOUND, VOID), BOUND: (), VOID: ()}
"""What may come after each state."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool; ``used`` is the value of its last leased number, None before the first."""

    name: str
    prefix: str
    base: int
    digits: int
    first: int
    last: int
    made_at: datetime
    made_by: str
    used: int | None = None

    @property
    def next(self) -> int:
        """The value of the number that is leased next; beyond ``last`` where there is none."""
        return self.first if self.used is None else self.used + 1

    @property
    def left(self) -> int:
        return self.last - self.next + 1

    def text(self, value: int) -> str:
        """The number as printed."""
        return f"{self.prefix}{value:0{self.digits}{'X' if self.base == 16 else 'd'}}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands."""

    number: str
    pool: str
    value: int
    order_no: str
    lease_id: str
    station_id: str
    expires_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class NumberEvent:
    """What became of a number, by whom, with which burn, on which unit, and why."""

    number: str
    state: str
    at: datetime
    by: str
    burn_id: str | None
    unit_id: str | None
    serial: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease on record."""

    id: str
    station_id: str
    order_no: str
    pool: str
    count: int
    reserved_at: datetime
    expires_at: datetime


def pools(connection: sa.Connection) -> list[Pool]:
    """Every pool, by name."""
    return [Pool(*row) for row in connection.execute(_POOLS.order_by(number_pool.c.name))]


def pool_by_name(connection: sa.Connection, name: str) -> Pool | None:
    """The pool, if there is one."""
    row = connection.execute(_POOLS.where(number_pool.c.name == name)).first()
    return Pool(*row) if row else None


def lease_by_id(connection: sa.Connection, lease_id: str) -> LeaseRow | None:
    """The lease, if it is on record."""
    row = connection.execute(sa.select(number_lease).where(number_lease.c.id == lease_id)).first()
    return LeaseRow(*row) if row else None


def numbers_of_lease(connection: sa.Connection, lease_id: str) -> list[tuple[str, int]]:
    """The numbers and their values, in order."""
    query = sa.select(leased_number.c.number, leased_number.c.value).where(leased_number.c.lease_id == lease_id)
    return [(row.number, row.value) for row in connection.execute(query.order_by(leased_number.c.value))]


def numbers(connection: sa.Connection, wanted: Iterable[str]) -> dict[str, Number]:
    """Those of the numbers that were ever leased."""
    query = _NUMBERS.where(leased_number.c.number.in_(list(wanted)))
    return {row.number: Number(*row) for row in connection.execute(query)}


def burned_by(connection: sa.Connection, wanted: Iterable[str]) -> dict[str, str]:
    """The burn that wrote each of the numbers, where one did."""
    query = sa.select(number_event.c.number, number_event.c.burn_id)
    query = query.where(number_event.c.number.in_(list(wanted)), number_event.c.state == BURNED)
    return {row.number: row.burn_id for row in connection.execute(query)}


def find_numbers(
    connection: sa.Connection, text: str = "", state: str = "", after: str | None = None, limit: int = 50
) -> list[Number]:
    """By number; ``text`` is its beginning or that of its order, ``after`` the last one of the page before."""
    query = _NUMBERS.order_by(leased_number.c.number).limit(limit)
    if text:
        columns = (leased_number.c.number, leased_number.c.order_no)
        query = query.where(sa.or_(*(column.istartswith(text, autoescape=True) for column in columns)))
    if state:
        query = query.where(_state() == state)
    if after is not None:
        query = query.where(leased_number.c.number > after)
    return [Number(*row) for row in connection.execute(query)]


def overdue_numbers(connection: sa.Connection, at: datetime, limit: int = 200) -> list[Number]:
    """Numbers still reserved though their lease is over, the oldest first: a person says what became of them."""
    query = _NUMBERS.where(number_lease.c.expires_at <= at, _state() == RESERVED)
    query = query.order_by(number_lease.c.expires_at, leased_number.c.number).limit(limit)
    return [Number(*row) for row in connection.execute(query)]


def count_in_use(connection: sa.Connection, order_no: str, pool: str) -> int:
    """How many numbers of a pool an order has that are not void."""
    query = (
        sa.select(sa.func.count())
        .select_from(leased_number)
        .where(leased_number.c.order_no == order_no, leased_number.c.pool == pool, ~_has(VOID))
    )
    return connection.scalar(query) or 0


def events_of(connection: sa.Connection, number: str) -> list[NumberEvent]:
    """What became of a number, in order."""
    query = sa.select(number_event).where(number_event.c.number == number).order_by(number_event.c.at)
    found = [NumberEvent(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda event: (event.at, STATES.index(event.state)))


def _has(state: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(number_event.c.number == leased_number.c.number, number_event.c.state == state)


def _state() -> sa.Case[str]:
    return sa.case(*((_has(state), state) for state in (VOID, BOUND, VERIFIED, BURNED)), else_=RESERVED)


_USED = (
    sa.select(sa.func.max(leased_number.c.value)).where(leased_number.c.pool == number_pool.c.name).scalar_subquery()
)
_POOLS = sa.select(number_pool, _USED)
_NUMBERS = sa.select(
    leased_number.c.number,
    leased_number.c.pool,
    leased_number.c.value,
    leased_number.c.order_no,
    leased_number.c.lease_id,
    number_lease.c.station_id,
    number_lease.c.expires_at,
    _state().label("state"),
).join(number_lease, number_lease.c.id == leased_number.c.lease_id)
