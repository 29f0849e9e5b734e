"""What was done here for each burn order, kept beside the letters in their own transaction: never lost, never late."""

from __future__ import annotations

import sqlite3
from collections import Counter

import msgspec

from station.model.burn_record import BurnRecord
from station.model.custody import CustodyRecord
from station.outbox.order_sheet import Heard, ToldOrder

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
_EVENTS = """
SELECT event, quantity, chain_id, seq, receipt != '' AND body IS NOT NULL
FROM order_event JOIN letter ON letter.id = order_event.letter_id WHERE order_no = ?
"""
_RECEIPTED = """
SELECT chain_id, seq, seq FROM order_event JOIN letter ON letter.id = order_event.letter_id
WHERE order_no = ? AND receipt != '' AND body IS NULL
"""


class OrderAccount(msgspec.Struct, frozen=True):
    """The ICs of an order: what the server knew, and what it cannot have known yet.

    Good ones were read back as the order's image. Each of the others taken is in hand until it is scrapped or returned.
    ``set_aside`` is how many of this station's letters about it the server does not take: they count here alone.
    """

    quantity: int
    taken: int
    good: int
    scrapped: int
    returned: int
    set_aside: int = 0

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
    """The server's accounts and, on top, every event of this station whose letter they do not hold.

    No clock has a part in it. A letter that was set aside is in no account of the server's, whatever has its place.
    """
    here: Counter[str] = Counter()
    set_aside = 0
    for event, quantity, chain_id, seq, is_set_aside in database.execute(_EVENTS, (told.sheet.no,)):
        set_aside += is_set_aside
        if is_set_aside or not any(_holds(heard, chain_id, seq) for heard in told.heard):
            here[event] += quantity
    sheet = told.sheet
    return OrderAccount(
        sheet.quantity,
        sheet.taken + here["taken"],
        sheet.good + here["good"],
        sheet.scrapped + here["scrapped"],
        sheet.returned + here["returned"],
        set_aside,
    )


def receipted(database: sqlite3.Connection, no: str) -> tuple[Heard, ...]:
    """The letters about the order that the server is known to have taken."""
    return tuple(Heard(*row) for row in database.execute(_RECEIPTED, (no,)))


def _holds(heard: Heard, chain_id: str, seq: int) -> bool:
    return heard.chain_id == chain_id and heard.first <= seq <= heard.last


def is_scrapped(database: sqlite3.Connection, burn_id: str) -> bool:
    """Whether the IC of that burn is on record as scrapped already."""
    query = "SELECT count(*) FROM scrapped_burn WHERE burn_id = ?"
    return bool(database.execute(query, (burn_id,)).fetchone()[0])
