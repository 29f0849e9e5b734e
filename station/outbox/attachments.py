"""Photos that runs refer to, told beside their letters in the same transaction, and sent behind them."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import msgspec

from station.config.question import PHOTO_PATTERN
from station.model.limit import Comparator
from station.model.run_record import RunRecord
from station.outbox.wire_text import stamp

TABLES = """
CREATE TABLE IF NOT EXISTS attachment (
    number INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL,
    receipt TEXT NOT NULL DEFAULT '',
    receipt_at TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX IF NOT EXISTS attachment_waiting ON attachment (number) WHERE receipt = '';
"""
NOT_HERE = "not_here"
"""The receipt of a photo that is not on this disk any more, or is damaged: nobody can send it."""
TAKEN = ("stored", "duplicate")
SUFFIXES = {".jpeg": "image/jpeg", ".png": "image/png"}


Outbox = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Begins one transaction of the outbox, durable when it ends."""


class Attachment(msgspec.Struct, frozen=True):
    """A photo without a receipt; ``number`` orders them."""

    number: int
    sha256: str
    run_id: str


class Refused(msgspec.Struct, frozen=True):
    """A photo that the server has not, and will not get; its file is kept here."""

    sha256: str
    run_id: str
    receipt: str
    problem: str


class Attachments:
    """The outbox's list of photos, and the folder in which they are."""

    def __init__(self, open_outbox: Outbox, folder: Path) -> None:
        self._open = open_outbox
        self._folder = folder

    def waiting_count(self) -> int:
        """How many have no receipt."""
        with self._open() as database:
            return int(database.execute("SELECT count(*) FROM attachment WHERE receipt = ''").fetchone()[0])

    def next_waiting(self, beyond: int) -> Attachment | None:
        """The oldest one without a receipt whose number is above ``beyond``."""
        with self._open() as database:
            row = database.execute(
                "SELECT number, sha256, run_id FROM attachment"
                " WHERE receipt = '' AND number > ? ORDER BY number LIMIT 1",
                (beyond,),
            ).fetchone()
        return Attachment(*row) if row else None

    def settle(self, sha256: str, receipt: str, problem: str, at: datetime) -> None:
        """Keep what became of it; its file stays where it is."""
        with self._open() as database:
            database.execute(
                "UPDATE attachment SET receipt = ?, problem = ?, receipt_at = ? WHERE sha256 = ?",
                (receipt, problem, stamp(at), sha256),
            )

    def all_refused(self) -> tuple[Refused, ...]:
        """Every photo that will not be sent any more and that the server has not, oldest first."""
        with self._open() as database:
            rows = database.execute(
                "SELECT sha256, run_id, receipt, problem FROM attachment"
                " WHERE receipt NOT IN ('', ?, ?) ORDER BY number",
                TAKEN,
            ).fetchall()
        return tuple(Refused(*row) for row in rows)

    def content(self, sha256: str) -> tuple[bytes, str] | None:
        """The photo and what it is; None where it is not on the disk as its digest says."""
        for suffix, media_type in SUFFIXES.items():
            try:
                content = (self._folder / f"{sha256}{suffix}").read_bytes()
            except OSError:
                continue
            if hashlib.sha256(content).hexdigest() == sha256:
                return content, media_type
        return None


def keep_attachments(database: sqlite3.Connection, record: RunRecord) -> None:
    """Have the photos of ``record`` sent, in the caller's transaction; a photo that is known is sent once."""
    rows = [(sha256, record.id) for sha256 in photos_of(record)]
    if rows:
        database.executemany("INSERT OR IGNORE INTO attachment (sha256, run_id) VALUES (?, ?)", rows)


def photos_of(record: RunRecord) -> Iterator[str]:
    """The digests of the photos that were measured."""
    for measurement in record.measurements:
        limit, value = measurement.limit, measurement.value
        is_photo = limit.comparator is Comparator.MATCHES and limit.expected == (PHOTO_PATTERN,)
        if is_photo and isinstance(value, str) and re.fullmatch(PHOTO_PATTERN, value, re.ASCII):
            yield value.partition("/")[0]
