"""A bill's file is kept aside under its digest and tried: what it would bring, before anything is imported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from server.db.content_store import ContentStore
from server.db.span import SiteCalendar
from server.errors import NotFound
from server.freight.bill_file import MAX_BILL_BYTES, BillFile, read_bill
from server.freight.flows import BillEntry, checked, month_span
from server.freight.matching import Matching
from server.freight.queries import Bill, bill_by_sha256, compare


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file would bring; ``known`` where it is on record already."""

    sha256: str
    entry: BillEntry
    file: BillFile
    matching: Matching
    known: Bill | None


def bill_store(data_dir: Path) -> ContentStore:
    """The store in the server's data folder."""
    return ContentStore(data_dir / "bills", MAX_BILL_BYTES)


def keep_file(store: ContentStore, source: BinaryIO) -> str:
    """Keep the file; its sha256. Raises TooLarge, BadInput for a file that is no bill, and StorageError."""
    with store.taking(source) as incoming:
        read_bill(incoming.path)
        store.keep(incoming)
    return incoming.sha256


def kept_file(store: ContentStore, sha256: str) -> BillFile:
    """The file that was tried; raises NotFound where none was."""
    path = store.path(sha256)
    if not path.is_file():
        raise NotFound("this file was not tried here: choose it again")
    return read_bill(path)


def try_bill(
    connection: sa.Connection, store: ContentStore, sha256: str, entry: BillEntry, calendar: SiteCalendar
) -> Trial:
    """The file beside our waybills; raises BadInput for a month that is none."""
    made, file = checked(entry), kept_file(store, sha256)
    known = bill_by_sha256(connection, sha256)
    matching = compare(connection, made.courier, month_span(calendar, made.month), list(file.lines), before=known)
    return Trial(sha256, made, file, matching, known)
