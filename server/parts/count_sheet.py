"""What should be at a place: the parts that are there by the ledger, and those that are kept there and have run out."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from server.parts.queries import Part
from server.parts.tables import part, stock_balance


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A line of the sheet."""

    part: Part
    quantity: int


def count_rows(connection: sa.Connection, place_id: str, after: str | None = None, limit: int = 100) -> list[SheetRow]:
    """By number; ``after`` is the last number of the page before."""
    here = sa.and_(stock_balance.c.part_id == part.c.id, stock_balance.c.location_id == place_id)
    quantity = sa.func.coalesce(stock_balance.c.quantity, 0)
    query = (
        sa.select(part, quantity)
        .outerjoin(stock_balance, here)
        .where(part.c.retired_at.is_(None), sa.or_(part.c.home_id == place_id, quantity != 0))
        .order_by(part.c.number)
        .limit(limit)
    )
    query = query.where(part.c.number > after) if after is not None else query
    return [SheetRow(Part(*row[:-1]), int(row[-1])) for row in connection.execute(query)]
