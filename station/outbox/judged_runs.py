"""What gates must know of earlier runs, kept beside the letters in their own transaction: never lost, never late."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from station.model.run_record import RunRecord
from station.outbox.wire_text import stamp

TABLES = """
CREATE TABLE IF NOT EXISTS judged_run (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    station_id TEXT NOT NULL,
    slot TEXT NOT NULL,
    unit_id TEXT NOT NULL,
    serial TEXT NOT NULL,
    product TEXT NOT NULL,
    purpose TEXT NOT NULL,
    verdict TEXT NOT NULL,
    plan_sha256 TEXT NOT NULL,
    bench_sha256 TEXT NOT NULL,
    finished_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS judged_run_serial ON judged_run (serial, purpose);
CREATE INDEX IF NOT EXISTS judged_run_purpose ON judged_run (purpose, product, station_id);
"""


class GoldenRun(msgspec.Struct, frozen=True):
    """The last time a golden unit was judged, on which bench file and plan."""

    run_id: str
    verdict: str
    plan_sha256: str
    bench_sha256: str
    finished_at: datetime


def keep_judged(database: sqlite3.Connection, record: RunRecord, station_id: str) -> None:
    """Keep what came of ``record``, in the caller's transaction."""
    database.execute(
        "INSERT OR IGNORE INTO judged_run (run_id, station_id, slot, unit_id, serial, product, purpose, verdict,"
        " plan_sha256, bench_sha256, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.id,
            station_id,
            record.slot,
            record.unit.id,
            record.unit.serial,
            record.product,
            record.purpose,
            record.verdict,
            record.plan.sha256,
            record.bench_sha256,
            stamp(record.finished_at),
        ),
    )


def last_golden(
    database: sqlite3.Connection, station_id: str, slot: str, product: str, serial: str
) -> GoldenRun | None:
    """The last golden run of this unit in this slot that came to PASS or FAIL."""
    row = database.execute(
        "SELECT run_id, verdict, plan_sha256, bench_sha256, finished_at FROM judged_run"
        " WHERE purpose = 'golden' AND product = ? AND station_id = ? AND slot = ? AND serial = ?"
        " AND verdict IN ('PASS', 'FAIL') ORDER BY number DESC LIMIT 1",
        (product, station_id, slot, serial),
    ).fetchone()
    if row is None:
        return None
    run_id, verdict, plan_sha256, bench_sha256, finished_at = row
    return GoldenRun(run_id, verdict, plan_sha256, bench_sha256, datetime.fromisoformat(finished_at))


def failed_since_pass(database: sqlite3.Connection, serial: str, repaired_at: datetime | None) -> int:
    """How many outgoing tests of the unit failed at this station since its last PASS, or since it was repaired.

    By its serial number, which is the same whether or not the rules for its family are at hand.
    """
    since = stamp(repaired_at) if repaired_at is not None else ""
    return int(
        database.execute(
            "SELECT count(*) FROM judged_run WHERE serial = ? AND purpose = 'outgoing' AND verdict = 'FAIL'"
            " AND finished_at > ? AND number > (SELECT ifnull(max(number), 0) FROM judged_run"
            " WHERE serial = ? AND purpose = 'outgoing' AND verdict = 'PASS')",
            (serial, since, serial),
        ).fetchone()[0]
    )
