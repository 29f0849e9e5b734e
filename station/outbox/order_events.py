"""What was done here for each burn order, kept beside the letters in their own transaction: never lost, never late."""

from __future__ import annotations

import sqlite3

import msgspec

from station.model.burn_record import BurnRecord
from station.model.custody import CustodyRecord
from station.outbox.order_sheet import ToldOrder
from station.outbox.wire_text import stamp

TABLES = """
CREATE TABLE IF NOT EXISTS order_event (
    letter_id TEXT PRIMARY KEY,
    order_no TEXT NOT NULL,
    event TEXT NOT NULL,
    quantity INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS order_event_order ON order_event (order_no);
CREATE TABLE IF NOT EXISTS scrapped_burn (burn_id TEXT PRIMARY KEY) STRICT;
"""
_UNTOLD = """
SELECT event, sum(quantity) FROM order_event JOIN letter ON letter.id = order_event.letter_id
WHERE order_no = ? AND (receipt_at = '' OR receipt_at >= ?) GROUP BY event
"""


class OrderAccount(msgspec.Struct, frozen=True):
    """The ICs of an order: what the server knew, and what it cannot have known yet.

    Good ones were read back as the order's image. Each of the others taken is in hand until it is scrapped or returned.
    """

    quantity: int
    taken: int
    good: int
    scrapped: int
    returned: int

    @property
    def in_hand(self) -> int:
        """Taken, and neither good nor scrapped nor returned; below zero where more was told than was taken."""
        return self.taken - self.good - self.scrapped - self.returned

    def burnable(self, kind: str) -> int:
        """How many may be burned by an order of that kind: what is left, of the ICs in hand unless they are on a board.

        As on the server an order for a unit is for the IC on its board until ICs are taken for it.
        """
        is_on_board = kind == "unit" and self.taken == 0
        return self.left if is_on_board else max(min(self.left, self.in_hand), 0)

    @property
    def left(self) -> int:
        """How many are still to become good."""
        return max(self.quantity - self.good, 0)


def keep_event(database: sqlite3.Connection, record: BurnRecord | CustodyRecord) -> None:
    """Keep what ``record`` is for its order, in the caller's transaction; a burn that is not good moves nothing."""
    query = "INSERT OR IGNORE INTO order_event (letter_id, order_no, event, quantity) VALUES (?, ?, ?, ?)"
    if isinstance(record, CustodyRecord):
        database.execute(query, (record.id, record.order, record.event, record.quantity))
        if record.burn is not None:
            database.execute("INSERT OR IGNORE INTO scrapped_burn (burn_id) VALUES (?)", (record.burn,))
    elif record.order is not None and record.result == "PASS":
        database.execute(query, (record.id, record.order, "good", 1))


def account_of(database: sqlite3.Connection, told: ToldOrder) -> OrderAccount:
    """The server's accounts and, on top, every event of this station whose letter it had not when it was asked."""
    here: dict[str, int] = dict(database.execute(_UNTOLD, (told.sheet.no, stamp(told.asked_at))).fetchall())
    sheet = told.sheet
    return OrderAccount(
        sheet.quantity,
        sheet.taken + here.get("taken", 0),
        sheet.good + here.get("good", 0),
        sheet.scrapped + here.get("scrapped", 0),
        sheet.returned + here.get("returned", 0),
    )


def is_scrapped(database: sqlite3.Connection, burn_id: str) -> bool:
    """Whether the IC of that burn is on record as scrapped already."""
    query = "SELECT count(*) FROM scrapped_burn WHERE burn_id = ?"
    return bool(database.execute(query, (burn_id,)).fetchone()[0])
