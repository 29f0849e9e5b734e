"""What an order's accounts say to the parts ledger, whenever they change."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from server.admin.author import Author
from server.orders.queries import Order
from server.parts.burned import BurnOrderIcs, IcAccounts, follow_order
from server.units.flows import Finding


def follow_stock(connection: sa.Connection, before: Order | None, after: Order | None, author: Author) -> list[Finding]:
    """Let stock follow what changed between the two; where it cannot, what to say. Nothing is refused."""
    if before is None or after is None or before is after or after.is_for_board:
        return []
    was, told = (IcAccounts(**asdict(order.accounts)) for order in (before, after))
    order = BurnOrderIcs(after.no, after.target, was, told)
    return [Finding("stock", str(shortage)) for shortage in follow_order(connection, order, author)]
