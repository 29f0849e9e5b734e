"""Requests for serial numbers that have no answer yet, kept so that the same is asked again after a kill."""

from __future__ import annotations

import sqlite3

import msgspec

TABLES = """
CREATE TABLE IF NOT EXISTS lease_request (
    order_no TEXT NOT NULL,
    pool TEXT NOT NULL,
    request_id TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (order_no, pool)
) STRICT;
"""


class KeptRequest(msgspec.Struct, frozen=True):
    """What is asked of the server, by every burn of the order that needs numbers of the pool meanwhile."""

    id: str
    count: int


def request_for(database: sqlite3.Connection, order_no: str, pool: str, new: KeptRequest) -> KeptRequest:
    """The request that has no answer yet, else ``new``, which is kept."""
    database.execute(
        "INSERT OR IGNORE INTO lease_request (order_no, pool, request_id, count) VALUES (?, ?, ?, ?)",
        (order_no, pool, new.id, new.count),
    )
    query = "SELECT request_id, count FROM lease_request WHERE order_no = ? AND pool = ?"
    return KeptRequest(*database.execute(query, (order_no, pool)).fetchone())


def answered(database: sqlite3.Connection, request_id: str) -> None:
    """It has its answer: the next one is another."""
    database.execute("DELETE FROM lease_request WHERE request_id = ?", (request_id,))
