"""How each instrument was last seen: by a run that used it, or by whoever examined the bench."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from station.history.database import reading, writing
from station.model.run_record import RunRecord

BLAMING = ("link", "instrument", "programmer")
"""Kinds of failure whose subject is an instrument."""


class Sighting(msgspec.Struct, frozen=True):
    """An instrument at one moment; ``found`` is the identity it gave where it was asked, ``problem`` empty where
    all was well."""

    name: str
    seen_at: datetime
    found: str
    problem: str


class Sightings(msgspec.Struct, frozen=True):
    """The last sighting of each instrument of ``station_id``, in the history's file."""

    path: Path
    station_id: str

    def note(self, seen: Iterable[Sighting]) -> None:
        """Keep what an examination of the bench has seen; raises StorageError."""
        with writing(self.path) as database:
            for sighting in seen:
                _keep(database, self.station_id, sighting)

    def last(self) -> dict[str, Sighting]:
        """Each instrument that was ever seen, by name. Raises StorageError."""
        with reading(self.path) as database:
            rows = (
                database.execute(
                    "SELECT name, seen_at, found, problem FROM instrument WHERE station_id = ?", (self.station_id,)
                ).fetchall()
                if database is not None
                else []
            )
        return {name: Sighting(name, datetime.fromisoformat(at), found, problem) for name, at, found, problem in rows}


def note_instruments(database: sqlite3.Connection, station_id: str, record: RunRecord) -> None:
    """Note those that gave a value in this run as well, and the one that the run blames as it says."""
    gave = {taken.instrument for taken in record.measurements if taken.instrument and taken.outcome != "ERROR"}
    failure = record.failure
    blamed = failure.subject if failure is not None and failure.kind in BLAMING else ""
    for name in sorted(gave - {blamed}):
        _keep(database, station_id, Sighting(name, record.finished_at, "", ""))
    if failure is not None and blamed:
        _keep(database, station_id, Sighting(blamed, record.finished_at, "", failure.message))


def _keep(database: sqlite3.Connection, station_id: str, sighting: Sighting) -> None:
    """The identity that was found last stays where this sighting did not ask for it."""
    database.execute(
        "INSERT INTO instrument (station_id, name, seen_at, found, problem) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (station_id, name) DO UPDATE SET seen_at = excluded.seen_at, problem = excluded.problem,"
        " found = CASE WHEN excluded.found = '' THEN found ELSE excluded.found END"
        " WHERE excluded.seen_at >= seen_at",
        (station_id, sighting.name, sighting.seen_at.astimezone(UTC).isoformat(), sighting.found, sighting.problem),
    )
