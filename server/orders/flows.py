"""Burn orders are requested, approved, closed and cancelled; their accounts are corrected."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from server.admin.author import Author, typed
from server.admin.flows import note
from server.db.pending import Row
from server.db.span import SiteCalendar
from server.errors import BadInput, Contradiction, NotFound, NotInForce
from server.images.queries import APPROVED as IMAGE_APPROVED
from server.images.queries import approval_by_id, image_by_sha256
from server.orders.queries import (
    APPROVED,
    CANCELLED,
    CLOSED,
    DRAFT,
    RETURNED,
    SCRAPPED,
    STOCK,
    TAKEN,
    UNIT,
    Accounts,
    Order,
    last_no,
    order_by_no,
)
from server.orders.stock import follow_stock
from server.orders.tables import burn_order, custody_entry, order_approval, order_end
from server.units.flows import name_unit
from server.wire.ids import new_id

REQUEST, APPROVE, END, CORRECT = "orders.request", "orders.approve", "orders.end", "custody.correct"
MAX_QUANTITY, MAX_NOTE = 100_000, 500


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as typed; ``serial`` is of the unit it is for, empty for stock."""

    approval: str
    kind: str
    serial: str
    quantity: str
    note: str


def request_order(connection: sa.Connection, asked: Wish, calendar: SiteCalendar, author: Author) -> str:
    """Put an order on record, to be approved by another person; its number.

    Raises BadInput, and NotInForce for an image that is not approved any more.
    """
    author.require(connection, REQUEST)
    approval = approval_by_id(connection, asked.approval) if len(asked.approval) == 36 else None
    if approval is None:
        raise BadInput("is no approval on record", "approval")
    _require_image(connection, approval.sha256)
    if asked.kind not in (STOCK, UNIT):
        raise BadInput("is stock or unit", "kind")
    unit = name_unit(connection, asked.serial) if asked.kind == UNIT else None
    if not asked.quantity.strip().isdecimal() or not 1 <= int(asked.quantity) <= MAX_QUANTITY:
        raise BadInput(f"is a number from 1 to {MAX_QUANTITY}", "quantity")
    no = _next_no(connection, calendar, author)
    row = {
        "no": no,
        "site": calendar.site,
        "kind": asked.kind,
        "unit_id": unit.unit_id if unit else None,
        "family": unit.family if unit else "",
        "serial": unit.serial if unit else "",
        "approval_id": approval.id,
        "image_sha256": approval.sha256,
        "quantity": int(asked.quantity),
        "note": typed(asked.note, "note", MAX_NOTE, may_be_empty=True),
        "requested_at": author.at,
        "requested_by": author.name,
    }
    connection.execute(sa.insert(burn_order), row)
    what = f"{row['quantity']} {approval.target} {approval.product} {approval.sha256} {row['serial']}".strip()
    note(connection, author.at, author.actor, "order.request", no, what)
    return no


def approve_order(connection: sa.Connection, no: str, author: Author) -> None:
    """Let stations burn by the order; raises NotAllowed to who requested it, NotFound, NotInForce."""
    author.require(connection, APPROVE)
    order = known_order(connection, no, (DRAFT,))
    said = f"{order.requested_by} requested this order: another person approves it"
    author.require_other(connection, APPROVE, order.requested_by, said)
    _require_image(connection, order.image_sha256)
    row = {"order_no": order.no, "approved_at": author.at, "approved_by": author.name}
    connection.execute(sa.insert(order_approval), row)
    note(connection, author.at, author.actor, "order.approve", order.no)


def end_order(connection: sa.Connection, no: str, how: str, reason: str, author: Author) -> None:
    """Close or cancel an order; raises Contradiction while an IC is not accounted for, NotFound, NotInForce."""
    author.require(connection, END)
    if how not in (CLOSED, CANCELLED):
        raise BadInput(f"is {CLOSED} or {CANCELLED}", "how")
    order = known_order(connection, no, (APPROVED,) if how == CLOSED else (DRAFT, APPROVED))
    if not order.is_balanced:
        raise NotInForce(f"{order.accounts.out} ICs are not accounted for", "unbalanced")
    why = typed(reason, "reason", MAX_NOTE)
    connection.execute(sa.insert(order_end), end_row(order.no, how, why, author))
    note(connection, author.at, author.actor, f"order.{how}", order.no, why)


def correct_accounts(connection: sa.Connection, no: str, event: str, quantity: str, why: str, author: Author) -> None:
    """Add an entry that no station made, or take back what one made by mistake: a negative quantity.

    Never of good ICs, which only a read-back makes. Raises BadInput where the accounts could not bear it.
    """
    author.require(connection, CORRECT)
    order = known_order(connection, no, (APPROVED,))
    if event not in (TAKEN, SCRAPPED, RETURNED):
        raise BadInput(f"is {TAKEN}, {SCRAPPED} or {RETURNED}", "event")
    text = quantity.strip()
    if not text.removeprefix("-").isdecimal() or not 0 < abs(int(text)) <= MAX_QUANTITY:
        raise BadInput("is a number other than 0", "quantity")
    after = moved(order.accounts, event, int(text))
    if min(after.taken, after.scrapped, after.returned, after.out) < 0:
        raise BadInput("the accounts cannot bear it", "quantity")
    reason = typed(why, "reason", MAX_NOTE)
    row = entry_row(new_id(author.at), order.no, event, int(text), author)
    connection.execute(sa.insert(custody_entry), row | {"note": reason})
    note(connection, author.at, author.actor, "custody.correct", order.no, f"{event} {text}: {reason}")
    changed = replace(order, accounts=after)
    follow_stock(connection, order, changed, author)
    if changed.is_done:
        connection.execute(sa.insert(order_end), end_row(order.no, CLOSED, "", author))


def known_order(connection: sa.Connection, no: str, states: tuple[str, ...]) -> Order:
    """The order; raises NotFound, and NotInForce in another state."""
    order = order_by_no(connection, no)
    if order is None:
        raise NotFound(f"no burn order {no[:20]}")
    if order.state not in states:
        raise NotInForce(f"the burn order {order.no} is {order.state}", f"order_{order.state}")
    return order


def moved(accounts: Accounts, event: str, quantity: int) -> Accounts:
    """The accounts after an entry."""
    counts = asdict(accounts)
    return Accounts(**(counts | {event: counts[event] + quantity}))


def end_row(no: str, how: str, reason: str, author: Author) -> Row:
    """A row of ``order_end``."""
    return {"order_no": no, "how": how, "reason": reason, "ended_at": author.at, "ended_by": author.name}


def entry_row(entry_id: str, no: str, event: str, quantity: int, author: Author) -> Row:
    """A row of ``custody_entry`` that counts, made in the office."""
    return {
        "id": entry_id,
        "order_no": no,
        "event": event,
        "quantity": quantity,
        "is_counted": True,
        "reason": "",
        "note": "",
        "burn_id": None,
        "unique_id": "",
        "station_id": "",
        "operator": author.name,
        "at": author.at,
        "received_at": author.at,
    }


def _require_image(connection: sa.Connection, sha256: str) -> None:
    image = image_by_sha256(connection, sha256)
    if image is None or image.state != IMAGE_APPROVED:
        raise NotInForce("the image is not approved", image.state if image else DRAFT)


def _next_no(connection: sa.Connection, calendar: SiteCalendar, author: Author) -> str:
    """The year of the site's zone, and a counter that begins anew with it."""
    stem = f"BO-{author.at.astimezone(calendar.zone).year}-"
    last = last_no(connection, stem)
    number = int(last.removeprefix(stem)) + 1 if last else 1
    if number > 999_999:
        raise Contradiction("the year has no more numbers")
    return f"{stem}{number:06d}"
