"""ICs of burn orders in the ledger: stock follows an order's accounts, and says where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import note
from server.errors import NotFound
from server.parts.posting import BURN, Paper, Step, post
from server.parts.queries import (
    BURNED,
    BURNING,
    OTHER_CODE,
    SCRAP,
    Part,
    Place,
    balances,
    part_by_id,
    part_of_target,
    place_by_code,
    place_by_id,
)
from server.parts.tables import burn_stock, part, stock_command, stock_movement
from server.wire.ids import new_id


@dataclass(frozen=True, slots=True)
class IcAccounts:
    """How many ICs of an order changed hands, by what is counted."""

    taken: int = 0
    good: int = 0
    scrapped: int = 0
    returned: int = 0

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """The words and figures, in the order in which stock can follow."""
        return [(name, value) for name, value in asdict(self).items()]


EVENTS = tuple(field.name for field in fields(IcAccounts))


@dataclass(frozen=True, slots=True)
class BurnOrderIcs:
    """What an order tells: the type of its IC, and its accounts before and after something changed hands."""

    no: str
    target: str
    before: IcAccounts
    after: IcAccounts


@dataclass(frozen=True, slots=True)
class Shortage:
    """Stock could not follow: ``missing`` ICs of ``event`` are in the order's accounts and not in the ledger."""

    order_no: str
    number: str
    event: str
    missing: int
    there: int

    def __str__(self) -> str:
        return f"{self.order_no}: {self.missing} ICs {self.event}, the ledger has {self.there} of {self.number} for it"


@dataclass(frozen=True, slots=True)
class BurnRow:
    """An order's accounts beside what the ledger has followed."""

    order_no: str
    part: Part
    told: IcAccounts
    followed: IcAccounts
    told_at: datetime

    @property
    def differences(self) -> list[tuple[str, int]]:
        """What the ledger has still to follow, by event; empty where order and stock agree."""
        posted = dict(self.followed.pairs)
        return [(event, told - posted[event]) for event, told in self.told.pairs if told != posted[event]]


def follow_order(connection: sa.Connection, order: BurnOrderIcs, author: Author) -> list[Shortage]:
    """Let stock follow an order's accounts, as far as it can; what it cannot is told and stays to be followed.

    Nothing is refused: the ICs have changed hands. A type that the ledger does not keep, and an order that had begun
    before it was kept, move nothing. Called in the transaction that changes the accounts.
    """
    known = connection.execute(sa.select(burn_stock).where(burn_stock.c.order_no == order.no)).first()
    found = part_by_id(connection, known.part_id) if known else part_of_target(connection, order.target)
    if found is None:
        return []
    told = asdict(order.after) | {"told_at": author.at}
    if known is None:
        row = {"order_no": order.no, "part_id": found.id, "is_tracked": order.before == IcAccounts()}
        connection.execute(sa.insert(burn_stock), row | told)
        if not row["is_tracked"]:
            return []
    else:
        connection.execute(sa.update(burn_stock).where(burn_stock.c.order_no == order.no).values(told))
        if not known.is_tracked:
            return []
    return list(_follow(connection, order.no, found, order.after, author))


def follow_again(connection: sa.Connection, order_no: str, author: Author) -> list[Shortage]:
    """Let stock follow what it could not before, for what was put into stock since; what is still short."""
    row = next((row for row in burn_rows(connection, order_no)), None)
    if row is None:
        raise NotFound(f"no burn order {order_no[:20]} in the ledger")
    short = list(_follow(connection, order_no, row.part, row.told, author))
    note(connection, author.at, author.actor, "parts.follow", order_no, "; ".join(str(one) for one in short))
    return short


def burn_rows(connection: sa.Connection, order_no: str = "", limit: int = 200) -> list[BurnRow]:
    """The orders that the ledger follows, or one, the newest first, with what has been followed."""
    width = len(part.c)
    query = sa.select(burn_stock, part).join(part, part.c.id == burn_stock.c.part_id).where(burn_stock.c.is_tracked)
    query = query.where(burn_stock.c.order_no == order_no) if order_no else query
    rows = connection.execute(query.order_by(burn_stock.c.order_no.desc()).limit(limit)).all()
    followed = _followed(connection, [row.order_no for row in rows])
    return [
        BurnRow(
            row.order_no,
            Part(*row[-width:]),
            IcAccounts(row.taken, row.good, row.scrapped, row.returned),
            followed.get(row.order_no, IcAccounts()),
            row.told_at,
        )
        for row in rows
    ]


def _follow(
    connection: sa.Connection, order_no: str, found: Part, told: IcAccounts, author: Author
) -> Iterator[Shortage]:
    """Post what is missing, event by event, so that each finds what the others leave."""
    home = place_by_id(connection, found.home_id)
    burning = place_by_code(connection, BURNING.upper())
    others = {kind: place_by_code(connection, OTHER_CODE[kind]) for kind in (BURNED, SCRAP)}
    if home is None or burning is None or None in others.values():
        raise NotFound("the places of the ledger are not on record")
    ends = {
        "taken": (home, burning),
        "good": (burning, others[BURNED]),
        "scrapped": (burning, others[SCRAP]),
        "returned": (burning, home),
    }
    posted = dict(_followed(connection, [order_no]).get(order_no, IcAccounts()).pairs)
    missing = {event: figure - posted[event] for event, figure in told.pairs}
    for event in sorted(EVENTS, key=lambda event: _turn(event, missing[event])):
        source, target = ends[event] if missing[event] > 0 else ends[event][::-1]
        wanted = abs(missing[event])
        if wanted == 0 or source is None or target is None:
            continue
        there = _there(connection, found, source, posted)
        step = Step(found, min(wanted, there), source, target)
        if step.quantity > 0:
            _post(connection, order_no, event, step, author)
            posted[event] += step.quantity if missing[event] > 0 else -step.quantity
        if step.quantity < wanted:
            yield Shortage(order_no, found.number, event, wanted - step.quantity, there)


def _turn(event: str, missing: int) -> int:
    """What is taken back comes first, then what was taken, then what became of it."""
    return 1 if event == "taken" else 2 if missing > 0 else 0


def _there(connection: sa.Connection, found: Part, source: Place, posted: dict[str, int]) -> int:
    """How many the order may draw: of a store what is there, of what is being burned its own share."""
    if source.kind == BURNING:
        return max(0, posted["taken"] - posted["good"] - posted["scrapped"] - posted["returned"])
    if not source.is_real:
        return abs(posted["good"]) if source.kind == BURNED else abs(posted["scrapped"])
    return balances(connection, [found.id]).at(found.id, source.id)


def _post(connection: sa.Connection, order_no: str, event: str, step: Step, author: Author) -> None:
    command_id = new_id(author.at)
    row = {"id": command_id, "kind": BURN, "sha256": "", "at": author.at, "actor": author.name}
    connection.execute(sa.insert(stock_command), row)
    post(connection, command_id, BURN, [step], Paper(reason=event, order_no=order_no, document=order_no), author)


def _followed(connection: sa.Connection, order_nos: list[str]) -> dict[str, IcAccounts]:
    """What the ledger has posted for each order; what was taken back counts against it."""
    query = (
        sa.select(
            stock_movement.c.order_no,
            stock_movement.c.reason,
            stock_movement.c.from_id,
            stock_movement.c.to_id,
            sa.func.sum(stock_movement.c.quantity),
        )
        .where(stock_movement.c.order_no.in_(order_nos), stock_movement.c.kind == BURN)
        .group_by(stock_movement.c.order_no, stock_movement.c.reason, stock_movement.c.from_id, stock_movement.c.to_id)
    )
    burning = place_by_code(connection, BURNING.upper())
    sums: dict[str, dict[str, int]] = {}
    for order_no, event, source, _, total in connection.execute(query):
        is_forward = (source == (burning.id if burning else "")) == (event != "taken")
        counted = sums.setdefault(order_no, {})
        counted[event] = counted.get(event, 0) + (int(total) if is_forward else -int(total))
    return {order_no: IcAccounts(**counted) for order_no, counted in sums.items()}
