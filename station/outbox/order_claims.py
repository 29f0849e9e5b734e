"""What a burn that is under way has claimed: one IC of its order, and the serial numbers that go into it.

Several programmers burn by one order at once; together they burn no more than it asks for, and no number twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from station.model.burn_record import BurnRecord
from station.model.serialisation import SerialNumber
from station.outbox.wire_text import stamp

TABLES = """
CREATE TABLE IF NOT EXISTS order_claim (
    burn_id TEXT PRIMARY KEY,
    order_no TEXT NOT NULL,
    programmer TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS lease_number (
    order_no TEXT NOT NULL,
    pool TEXT NOT NULL,
    text TEXT NOT NULL,
    value INTEGER NOT NULL,
    expires_at TEXT NOT NULL,
    burn_id TEXT,
    PRIMARY KEY (pool, text)
) STRICT;
"""
_NEXT = """
SELECT text, value FROM lease_number WHERE order_no = ? AND pool = ? AND burn_id IS NULL AND expires_at > ?
ORDER BY value LIMIT 1
"""


def claimed(database: sqlite3.Connection, order_no: str, beside: str) -> int:
    """How many burns by the order are under way, but for the one with the id ``beside``."""
    query = "SELECT count(*) FROM order_claim WHERE order_no = ? AND burn_id != ?"
    return int(database.execute(query, (order_no, beside)).fetchone()[0])


def claimers(database: sqlite3.Connection, order_no: str) -> tuple[str, ...]:
    """The programmers whose burns have claimed an IC of the order, whether they live or were killed."""
    query = "SELECT DISTINCT programmer FROM order_claim WHERE order_no = ? ORDER BY programmer"
    return tuple(row[0] for row in database.execute(query, (order_no,)))


def claim(database: sqlite3.Connection, order_no: str, burn_id: str, programmer: str) -> None:
    """Claim an IC for a burn on ``programmer``, whose name is unique in this file."""
    database.execute(
        "INSERT INTO order_claim (burn_id, order_no, programmer) VALUES (?, ?, ?)", (burn_id, order_no, programmer)
    )


def release_all(database: sqlite3.Connection, programmer: str, in_doubt: Collection[str]) -> None:
    """Let go of what burns on this programmer claimed and no letter tells of; its lock is held by the caller.

    Those ``in_doubt`` have a journal yet: what it cannot tell may have been written.
    """
    claims = database.execute("SELECT burn_id FROM order_claim WHERE programmer = ?", (programmer,)).fetchall()
    for (burn_id,) in claims:
        if burn_id not in in_doubt:
            _release(database, burn_id)


def settle(database: sqlite3.Connection, record: BurnRecord) -> None:
    """A burn has its letter: the numbers it names are gone for ever, the others and its IC are free again."""
    database.execute("DELETE FROM order_claim WHERE burn_id = ?", (record.id,))
    held = database.execute("SELECT pool, text FROM lease_number WHERE burn_id = ?", (record.id,)).fetchall()
    for pool, text in held:
        if text not in record.serial_numbers:
            database.execute("UPDATE lease_number SET burn_id = NULL WHERE pool = ? AND text = ?", (pool, text))


def keep_numbers(
    database: sqlite3.Connection, order_no: str, pool: str, numbers: Sequence[SerialNumber], expires_at: datetime
) -> None:
    """Keep what the server has leased; the same answer again adds nothing, and frees no number that was used."""
    database.executemany(
        "INSERT OR IGNORE INTO lease_number (order_no, pool, text, value, expires_at) VALUES (?, ?, ?, ?, ?)",
        [(order_no, pool, number.text, number.value, stamp(expires_at)) for number in numbers],
    )


def claim_numbers(
    database: sqlite3.Connection, order_no: str, burn_id: str, pools: Sequence[str], at: datetime
) -> Mapping[str, SerialNumber]:
    """The next free number of each pool, for this burn alone; a pool that has none is left out."""
    found: dict[str, SerialNumber] = {}
    for pool in pools:
        row = database.execute(_NEXT, (order_no, pool, stamp(at))).fetchone()
        if row is not None:
            database.execute("UPDATE lease_number SET burn_id = ? WHERE pool = ? AND text = ?", (burn_id, pool, row[0]))
            found[pool] = SerialNumber(*row)
    return found


def _release(database: sqlite3.Connection, burn_id: str) -> None:
    database.execute("UPDATE lease_number SET burn_id = NULL WHERE burn_id = ?", (burn_id,))
    database.execute("DELETE FROM order_claim WHERE burn_id = ?", (burn_id,))
