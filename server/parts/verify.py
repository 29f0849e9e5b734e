"""Checks the ledger against itself: every balance is the sum of its movements, and none of them contradicts another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from server.admin.flows import COMMAND_LINE, note
from server.parts.queries import REAL, places, sums
from server.parts.tables import part, stock_balance, stock_movement


def differences(connection: sa.Connection) -> Iterator[str]:
    """What is wrong, the earliest first; nothing where the ledger is sound. Reads every movement once."""
    kinds = {place.id: place.kind for place in places(connection, with_retired=True)}
    codes = {place.id: place.code for place in places(connection, with_retired=True)}
    running: dict[tuple[str, str], int] = {}
    last: datetime | None = None
    for row in connection.execute(sa.select(stock_movement).order_by(stock_movement.c.id)):
        where = f"movement {row.id}"
        if last is not None and row.posted_at < last:
            yield f"{where}: posted before the one before it"
        last = row.posted_at
        for place, change, said in (
            (row.from_id, -row.quantity, row.from_after),
            (row.to_id, row.quantity, row.to_after),
        ):
            key = (row.part_id, place)
            running[key] = running.get(key, 0) + change
            if running[key] != said:
                yield f"{where}: {codes[place]} has {running[key]} behind it, the movement says {said}"
            if running[key] < 0 and kinds[place] in REAL:
                yield f"{where}: {codes[place]} falls to {running[key]}"
    cached = connection.execute(
        sa.select(stock_balance.c.part_id, stock_balance.c.location_id, stock_balance.c.quantity)
    )
    kept = {(row.part_id, row.location_id): int(row.quantity) for row in cached}
    for key in sorted(running.keys() | kept.keys()):
        made, said = running.get(key, 0), kept.get(key, 0)
        if made != said:
            number = connection.scalar(sa.select(part.c.number).where(part.c.id == key[0]))
            yield f"{number} at {codes[key[1]]}: the movements make {made}, the balance says {said}"


def rebuild(connection: sa.Connection, at: datetime) -> int:
    """Make every balance anew from the movements; how many there are."""
    is_real = {place.id: place.is_real for place in places(connection, with_retired=True)}
    made = [
        {"part_id": part_id, "location_id": place_id, "quantity": quantity, "is_real": is_real[place_id]}
        for (part_id, place_id), quantity in sorted(sums(connection).of.items())
    ]
    connection.execute(sa.delete(stock_balance))
    if made:
        connection.execute(sa.insert(stock_balance), made)
    note(connection, at, COMMAND_LINE, "parts.rebuild", "stock_balance", str(len(made)))
    return len(made)
