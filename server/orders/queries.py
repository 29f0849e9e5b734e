"""Burn orders with their state and their accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.images.tables import image, image_approval
from server.orders.tables import burn_order, custody_entry, order_approval, order_end

DRAFT, APPROVED, CLOSED, CANCELLED = STATES = ("draft", "approved", "closed", "cancelled")
TAKEN, GOOD, SCRAPPED, RETURNED = EVENTS = ("taken", "good", "scrapped", "returned")
STOCK, UNIT = "stock", "unit"


@dataclass(frozen=True, slots=True)
class Accounts:
    """How many ICs changed hands, by what is counted."""

    taken: int = 0
    good: int = 0
    scrapped: int = 0
    returned: int = 0

    @property
    def out(self) -> int:
        """ICs that were taken and are not accounted for; negative where more came back than was taken."""
        return self.taken - self.good - self.scrapped - self.returned


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands; what has not happened is None, ``unit_id`` too where it is for stock."""

    no: str
    kind: str
    unit_id: str | None
    family: str
    serial: str
    approval_id: str
    image_sha256: str
    quantity: int
    note: str
    requested_at: datetime
    requested_by: str
    product: str
    board_revision: str
    target: str
    recipe: str
    image_name: str
    image_version: str
    approved_at: datetime | None
    approved_by: str | None
    how: str | None
    end_reason: str | None
    ended_at: datetime | None
    ended_by: str | None
    accounts: Accounts = Accounts()

    @property
    def state(self) -> str:
        return self.how or (DRAFT if self.approved_at is None else APPROVED)

    @property
    def is_for_board(self) -> bool:
        """Whether the IC is on the unit's board already, so that none is taken."""
        return self.kind == UNIT and self.accounts.taken == 0

    @property
    def is_balanced(self) -> bool:
        """Whether good, scrapped and returned are what was taken."""
        return self.is_for_board or self.accounts.out == 0

    @property
    def is_done(self) -> bool:
        """Whether all that was ordered is burned, and every IC accounted for."""
        return self.accounts.good >= self.quantity and self.is_balanced


@dataclass(frozen=True, slots=True)
class Entry:
    """ICs that changed hands; ``is_counted`` is False where it broke a rule."""

    id: str
    order_no: str
    event: str
    quantity: int
    is_counted: bool
    reason: str
    note: str
    burn_id: str | None
    unique_id: str
    station_id: str
    operator: str
    at: datetime
    received_at: datetime


def orders_version(connection: sa.Connection) -> int:
    """How often what stations know of orders has changed."""
    tables = (order_approval, order_end, custody_entry)
    counts = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in tables]
    return sum(connection.execute(sa.select(*counts)).one())


def orders(
    connection: sa.Connection, text: str = "", state: str = "", after: str | None = None, limit: int = 50
) -> list[Order]:
    """The newest first; ``text`` begins the number or serial or is in the image, ``after`` is the last row's number."""
    query = _ORDERS.order_by(burn_order.c.no.desc()).limit(limit)
    if text:
        query = query.where(
            sa.or_(
                burn_order.c.no.istartswith(text, autoescape=True),
                burn_order.c.serial.istartswith(text, autoescape=True),
                image.c.name.icontains(text, autoescape=True),
                image_approval.c.product.icontains(text, autoescape=True),
            )
        )
    if state:
        query = query.where(_is_in(state))
    if after is not None:
        query = query.where(burn_order.c.no < after)
    return _with_accounts(connection, connection.execute(query).mappings().all())


def order_by_no(connection: sa.Connection, no: str) -> Order | None:
    """The order, if it is on record."""
    return orders_by_no(connection, [no]).get(no)


def orders_by_no(connection: sa.Connection, nos: Iterable[str]) -> dict[str, Order]:
    """Those of the orders that are on record."""
    found = connection.execute(_ORDERS.where(burn_order.c.no.in_(list(nos)))).mappings().all()
    return {row.no: row for row in _with_accounts(connection, found)}


def open_orders(connection: sa.Connection, kind: str = "") -> list[Order]:
    """Approved orders that have not ended, the oldest first."""
    query = _ORDERS.where(_is_in(APPROVED)).order_by(burn_order.c.no)
    query = query.where(burn_order.c.kind == kind) if kind else query
    return _with_accounts(connection, connection.execute(query).mappings().all())


def count_open(connection: sa.Connection) -> dict[str, int]:
    """How many orders wait for approval, and how many are open."""
    is_approved = order_approval.c.approved_at.is_not(None)
    query = (
        sa.select(is_approved, sa.func.count())
        .select_from(burn_order)
        .outerjoin(order_approval, order_approval.c.order_no == burn_order.c.no)
        .outerjoin(order_end, order_end.c.order_no == burn_order.c.no)
        .where(order_end.c.how.is_(None))
        .group_by(is_approved)
    )
    return {APPROVED if approved else DRAFT: count for approved, count in connection.execute(query)}


def last_no(connection: sa.Connection, stem: str) -> str | None:
    """The last number that begins with ``stem``."""
    query = sa.select(burn_order.c.no).where(burn_order.c.no.startswith(stem, autoescape=True))
    return connection.scalar(query.order_by(burn_order.c.no.desc()).limit(1))


def entries_of(connection: sa.Connection, no: str, limit: int = 500) -> list[Entry]:
    """What changed hands for an order, the newest first."""
    query = sa.select(custody_entry).where(custody_entry.c.order_no == no).order_by(custody_entry.c.id.desc())
    return [Entry(*row) for row in connection.execute(query.limit(limit))]


def letters_behind(connection: sa.Connection, no: str) -> list[str]:
    """The ids of the letters that made entries of the order; an entry of the office's has none."""
    query = sa.select(custody_entry.c.id).where(custody_entry.c.order_no == no, custody_entry.c.station_id != "")
    return list(connection.scalars(query))


def counted_chips(connection: sa.Connection, nos: Iterable[str], unique_ids: Iterable[str]) -> dict[str, set[str]]:
    """By order, those of the ICs that count as good already."""
    query = sa.select(custody_entry.c.order_no, custody_entry.c.unique_id).where(
        custody_entry.c.order_no.in_(list(nos)),
        custody_entry.c.unique_id.in_(list(unique_ids)),
        custody_entry.c.event == GOOD,
        custody_entry.c.is_counted,
    )
    found: dict[str, set[str]] = {}
    for no, unique_id in connection.execute(query):
        found.setdefault(no, set()).add(unique_id)
    return found


def is_counted(connection: sa.Connection, no: str, burn_id: str) -> bool:
    """Whether the burn counts as good for the order."""
    query = sa.select(custody_entry.c.id).where(
        custody_entry.c.order_no == no,
        custody_entry.c.is_counted,
        custody_entry.c.event == GOOD,
        custody_entry.c.burn_id == burn_id,
    )
    return connection.scalar(query) is not None


def _is_in(state: str) -> sa.ColumnElement[bool]:
    if state in (CLOSED, CANCELLED):
        return order_end.c.how == state
    is_approved = order_approval.c.approved_at.is_not(None)
    return sa.and_(order_end.c.how.is_(None), is_approved if state == APPROVED else ~is_approved)


def _with_accounts(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[Order]:
    sums: dict[str, dict[str, int]] = {}
    if rows:
        for no, event, quantity in connection.execute(_SUMS, {"wanted": [row["no"] for row in rows]}):
            sums.setdefault(no, {})[event] = int(quantity)
    return [Order(**row, accounts=Accounts(**sums.get(row["no"], {}))) for row in rows]


_SUMS = (
    sa.select(custody_entry.c.order_no, custody_entry.c.event, sa.func.sum(custody_entry.c.quantity))
    .where(custody_entry.c.order_no.in_(sa.bindparam("wanted", expanding=True)), custody_entry.c.is_counted)
    .group_by(custody_entry.c.order_no, custody_entry.c.event)
)
_ORDERS = (
    sa.select(
        *(burn_order.c[name] for name in list(Order.__dataclass_fields__)[:11]),
        image_approval.c.product,
        image_approval.c.board_revision,
        image_approval.c.target,
        image_approval.c.recipe,
        image.c.name.label("image_name"),
        image.c.version.label("image_version"),
        order_approval.c.approved_at,
        order_approval.c.approved_by,
        order_end.c.how,
        order_end.c.reason.label("end_reason"),
        order_end.c.ended_at,
        order_end.c.ended_by,
    )
    .join(image_approval, image_approval.c.id == burn_order.c.approval_id)
    .join(image, image.c.sha256 == burn_order.c.image_sha256)
    .outerjoin(order_approval, order_approval.c.order_no == burn_order.c.no)
    .outerjoin(order_end, order_end.c.order_no == burn_order.c.no)
)
