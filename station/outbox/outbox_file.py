"""The outbox's SQLite file with all its tables: letters, what gates must know of them, claims on orders."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from station.outbox.attachments import TABLES as ATTACHMENT_TABLES
from station.outbox.judged_runs import TABLES as JUDGED_TABLES
from station.outbox.lease_requests import TABLES as LEASE_TABLES
from station.outbox.order_claims import TABLES as CLAIM_TABLES
from station.outbox.order_events import TABLES as ORDER_TABLES
from station.system.database import asking, transaction

WAIT_S = 10.0
"""How long a process waits for another one that is writing."""

_TABLES = """
CREATE TABLE IF NOT EXISTS chain (
    station_id TEXT PRIMARY KEY,
    chain_id TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS letter (
    number INTEGER PRIMARY KEY,
    chain_id TEXT NOT NULL REFERENCES chain (chain_id),
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    body BLOB,
    committed_at TEXT NOT NULL,
    receipt TEXT NOT NULL DEFAULT '',
    receipt_at TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    UNIQUE (chain_id, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS letter_waiting ON letter (number) WHERE receipt = '';
CREATE INDEX IF NOT EXISTS letter_subject ON letter (kind, subject);
"""


_ALL_TABLES = _TABLES + JUDGED_TABLES + ORDER_TABLES + CLAIM_TABLES + LEASE_TABLES + ATTACHMENT_TABLES


def outbox_transaction(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """One transaction, durable when it ends; makes file and tables where there are none. Raises StorageError."""
    return transaction(path, _ALL_TABLES, WAIT_S)


def outbox_question(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """Likewise, for one SELECT alone: what it sees was committed by others meanwhile too."""
    return asking(path, _ALL_TABLES, WAIT_S)
