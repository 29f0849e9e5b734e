"""Parts and places as they stand: found by number, code or words, with what is in stock now or at a past moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from server.parts.tables import part, stock_balance, stock_location, stock_movement

STORE, CABINET, BENCH, BURNING = REAL = ("store", "cabinet", "bench", "burning")
SUPPLIER, SCRAP, CASE, CUSTOMER, BURNED, DIFFERENCE = OTHER_SIDES = (
    "supplier",
    "scrap",
    "case",
    "customer",
    "burned",
    "difference",
)
OTHER_CODE = {kind: kind.upper() for kind in OTHER_SIDES}
"""There is one place of each of these kinds, and its code is the kind's name."""
KEPT = (STORE, CABINET)
"""Where parts are issued from."""
IC = "ic"
PART_KINDS = ("component", IC, "module", "accessory", "consumable")


@dataclass(frozen=True, slots=True)
class Place:
    """A place; ``custodian`` is the account of who keeps it, empty for none."""

    id: str
    code: str
    name_zh: str
    name_en: str
    kind: str
    custodian: str
    version: int
    retired_at: datetime | None

    @property
    def is_real(self) -> bool:
        return self.kind in REAL


@dataclass(frozen=True, slots=True)
class Part:
    """A part; ``target`` is the type that burn orders name, None of what is no IC."""

    id: str
    number: str
    name_zh: str
    name_en: str
    unit: str
    kind: str
    target: str | None
    is_valuable: bool
    minimum: int
    supplier: str
    home_id: str
    version: int
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A line of the list: a part, the code of its place, and how many there are in all real places."""

    part: Part
    home_code: str
    in_stock: int

    @property
    def is_below(self) -> bool:
        return self.in_stock < self.part.minimum


@dataclass(frozen=True, slots=True)
class PartFilter:
    """What a line must satisfy; ``shown`` is below, valuable, retired or empty, ``place`` a place's code."""

    text: str = ""
    kind: str = ""
    shown: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """How many of a part are at a place."""

    part: Part
    place: Place
    quantity: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Balances by (part id, place id); a pair that never moved is not in it."""

    of: dict[tuple[str, str], int] = field(default_factory=dict)

    def at(self, part_id: str, place_id: str) -> int:
        return self.of.get((part_id, place_id), 0)


def places(connection: sa.Connection, kinds: Iterable[str] = (), with_retired: bool = False) -> list[Place]:
    """Places of some kinds, or all, by code."""
    query = sa.select(stock_location).order_by(stock_location.c.code)
    wanted = list(kinds)
    query = query.where(stock_location.c.kind.in_(wanted)) if wanted else query
    query = query if with_retired else query.where(stock_location.c.retired_at.is_(None))
    return [Place(*row) for row in connection.execute(query)]


def place_by_code(connection: sa.Connection, code: str) -> Place | None:
    """The place, if there is one."""
    row = connection.execute(sa.select(stock_location).where(stock_location.c.code == code)).first()
    return Place(*row) if row else None


def place_by_id(connection: sa.Connection, place_id: str) -> Place | None:
    """The place, if there is one."""
    row = connection.execute(sa.select(stock_location).where(stock_location.c.id == place_id)).first()
    return Place(*row) if row else None


def part_by_id(connection: sa.Connection, part_id: str) -> Part | None:
    """The part, if there is one."""
    row = connection.execute(sa.select(part).where(part.c.id == part_id)).first()
    return Part(*row) if row else None


def parts_by_number(connection: sa.Connection, numbers: Iterable[str]) -> dict[str, Part]:
    """Those of the parts that are on record."""
    query = sa.select(part).where(part.c.number.in_(list(numbers)))
    return {row.number: Part(*row) for row in connection.execute(query)}


def part_of_target(connection: sa.Connection, target: str) -> Part | None:
    """The blank IC of the type that burn orders call ``target``, if the ledger keeps one."""
    row = connection.execute(sa.select(part).where(part.c.target == target, part.c.retired_at.is_(None))).first()
    return Part(*row) if row else None


def part_rows(
    connection: sa.Connection, wanted: PartFilter, after: str | None = None, limit: int | None = 50
) -> list[PartRow]:
    """Parts by number, with what is in stock; ``after`` is the last number of the page before, no limit gives all."""
    query = _ROWS.where(*_conditions(wanted)).order_by(part.c.number)
    query = query.where(part.c.number > after) if after is not None else query
    query = query.limit(limit) if limit is not None else query
    return [PartRow(Part(*row[:-2]), row[-2], int(row[-1])) for row in connection.execute(query)]


def part_row_by_id(connection: sa.Connection, part_id: str) -> PartRow | None:
    """The line of one part, retired or not."""
    row = connection.execute(_ROWS.where(part.c.id == part_id)).first()
    return PartRow(Part(*row[:-2]), row[-2], int(row[-1])) if row else None


def count_below(connection: sa.Connection) -> int:
    """How many parts are below their minimum."""
    found = _ROWS.where(*_conditions(PartFilter(shown="below"))).subquery()
    return connection.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def holdings(
    connection: sa.Connection, part_ids: Iterable[str] = (), place_id: str = "", is_valuable: bool = False
) -> list[Holding]:
    """What is where at real places, by part and place; of some parts, of one place, or of valuable parts alone."""
    query = sa.select(part, stock_location, stock_balance.c.quantity).select_from(_HELD)
    query = query.where(stock_balance.c.quantity != 0, stock_balance.c.is_real)
    ids = list(part_ids)
    query = query.where(part.c.id.in_(ids)) if ids else query
    query = query.where(stock_location.c.id == place_id) if place_id else query
    query = query.where(part.c.is_valuable) if is_valuable else query
    width = len(part.c)
    return [
        Holding(Part(*row[:width]), Place(*row[width:-1]), int(row[-1]))
        for row in connection.execute(query.order_by(part.c.number, stock_location.c.code))
    ]


def balances(connection: sa.Connection, part_ids: Iterable[str]) -> Sums:
    """The balances at every place as they stand."""
    query = sa.select(stock_balance.c.part_id, stock_balance.c.location_id, stock_balance.c.quantity)
    found = connection.execute(query.where(stock_balance.c.part_id.in_(list(part_ids))))
    return Sums({(row.part_id, row.location_id): int(row.quantity) for row in found})


def sums(connection: sa.Connection, until: datetime | None = None, part_ids: Iterable[str] = ()) -> Sums:
    """The sums of the movements posted up to and including ``until``, or of all; of some parts, or of all.

    What is past stays as it was: a movement is never posted before one that is on record.
    """
    ids = list(part_ids)
    ends = []
    for place, sign in ((stock_movement.c.to_id, 1), (stock_movement.c.from_id, -1)):
        end = sa.select(
            stock_movement.c.part_id, place.label("place_id"), (sign * stock_movement.c.quantity).label("signed")
        )
        end = end.where(stock_movement.c.posted_at <= until) if until is not None else end
        ends.append(end.where(stock_movement.c.part_id.in_(ids)) if ids else end)
    both = sa.union_all(*ends).subquery()
    query = sa.select(both.c.part_id, both.c.place_id, sa.func.sum(both.c.signed)).group_by(
        both.c.part_id, both.c.place_id
    )
    return Sums({(part_id, place_id): int(total) for part_id, place_id, total in connection.execute(query)})


def _conditions(wanted: PartFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    conditions.append(part.c.retired_at.is_not(None) if wanted.shown == "retired" else part.c.retired_at.is_(None))
    if wanted.text:
        columns = (part.c.number, part.c.name_zh, part.c.name_en, part.c.supplier, part.c.target)
        conditions.append(sa.or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    if wanted.kind:
        conditions.append(part.c.kind == wanted.kind)
    if wanted.shown == "valuable":
        conditions.append(part.c.is_valuable)
    if wanted.shown == "below":
        conditions.append(part.c.minimum > _IN_STOCK)
    if wanted.place:
        conditions.append(
            sa.exists().where(
                stock_balance.c.part_id == part.c.id,
                stock_balance.c.location_id == stock_location.c.id,
                stock_location.c.code == wanted.place,
                stock_balance.c.quantity != 0,
            )
        )
    return conditions


_HOME = stock_location.alias("home")
_IN_STOCK = (
    sa.select(sa.func.coalesce(sa.func.sum(stock_balance.c.quantity), 0))
    .where(stock_balance.c.part_id == part.c.id, stock_balance.c.is_real)
    .scalar_subquery()
)
_ROWS = sa.select(part, _HOME.c.code, _IN_STOCK).join(_HOME, _HOME.c.id == part.c.home_id)
_HELD = stock_balance.join(part, part.c.id == stock_balance.c.part_id).join(
    stock_location, stock_location.c.id == stock_balance.c.location_id
)
