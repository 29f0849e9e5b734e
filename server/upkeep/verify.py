"""Checks the records against themselves: letters against their digests, events against their chain, files by name."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from server.ingest.tables import letter
from server.units.queries import broken_link
from server.units.tables import unit
from server.upkeep.backup import content_files, sha256_of

AT_ONCE = 500


def broken_records(connection: sa.Connection, data_dir: Path) -> Iterator[str]:
    """What is not as it was when it was kept, in words; reads every letter, event and file."""
    yield from _letters(connection)
    yield from _units(connection)
    for path in content_files(data_dir):
        if sha256_of(data_dir / path) != Path(path).name:
            yield f"file {path}: its content is not that of its name"


def _letters(connection: sa.Connection) -> Iterator[str]:
    after: tuple[str, str] | None = None
    query = sa.select(letter.c.id, letter.c.sha256, letter.c.body).order_by(letter.c.id, letter.c.sha256).limit(AT_ONCE)
    key = sa.tuple_(letter.c.id, letter.c.sha256)
    while rows := connection.execute(query.where(key > sa.tuple_(*after)) if after else query).all():
        for letter_id, sha256, body in rows:
            try:
                found = hashlib.sha256(zlib.decompress(body)).hexdigest()
            except (zlib.error, TypeError):
                found = ""
            if found != sha256:
                yield f"letter {letter_id}: its bytes are not those of its digest {sha256}"
        after = (rows[-1].id, rows[-1].sha256)


def _units(connection: sa.Connection) -> Iterator[str]:
    after = ""
    query = sa.select(unit.c.unit_id, unit.c.serial).order_by(unit.c.unit_id).limit(AT_ONCE)
    while rows := connection.execute(query.where(unit.c.unit_id > after) if after else query).all():
        for unit_id, serial in rows:
            if (seq := broken_link(connection, unit_id)) is not None:
                yield f"unit {serial}: its chain of events breaks at {seq}"
        after = rows[-1].unit_id
