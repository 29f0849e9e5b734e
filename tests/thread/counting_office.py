"""A server's own flows behind a small socket: letters come on record and an order is told, without the application."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import add_user
from server.config import Settings
from server.db.engine import Database
from server.db.schema import migrate
from server.images.flows import Upload, Use, approve_image, put_test, take_image
from server.images.queries import open_approvals
from server.images.store import ImageStore
from server.ingest.flows import take
from server.ingest.heard import heard_of
from server.ingest.submission import submit
from server.orders.document import order_document
from server.orders.flows import Wish, approve_order, request_order
from server.orders.queries import entries_of
from server.wire.receipt import STATUS, Receipt
from tests.station.outbox.answering_server import AnsweringServer, Got, Reply

AHEAD = timedelta(days=3)
"""The office's clock is ahead of every station's, however those jump: its judgement of clocks is not the matter."""
TARGET, STATION, IMAGE = "W25Q64JV", "bench-1", b"image"
KINDS = {"runs": "run", "burns": "burn", "custody": "custody"}


@dataclass
class CountingOffice(AnsweringServer):
    """``no`` is the one order. ``lost`` answers get lost on their way, though what they answer was done.

    One that ``is_old`` does not say which letters its accounts are made of.
    """

    database: Database = field(default_factory=lambda: Database("sqlite://"))
    no: str = ""
    lost: int = 0
    is_old: bool = False

    def __post_init__(self) -> None:
        self.answer = self._answer

    def uncounted(self) -> frozenset[str]:
        """The letters about the order that are on record and count for nothing."""
        with self.database.reading() as connection:
            return frozenset(row.id for row in entries_of(connection, self.no) if not row.is_counted)

    def put(self, letter_id: str, body: bytes, kind: str = "burn") -> Receipt:
        """A letter comes on record."""
        with self.database.writing() as connection:
            submission = submit(kind, letter_id, body, STATION)
            return take(connection, [submission], "test", datetime.now(UTC) + AHEAD)[0]

    def _answer(self, got: Got) -> Reply:
        if got.method == "GET":
            return 200, self._told()
        kind, letter_id = got.path.split("/")[2:]
        receipt = self.put(letter_id, got.body, KINDS[kind])
        if self.lost:
            self.lost -= 1
            return 502, b"{}"
        return STATUS[receipt.outcome], receipt.encoded()

    def _told(self) -> bytes:
        with self.database.reading() as connection:
            document = order_document(connection, self.no, datetime.now(UTC) + AHEAD)
            heard = msgspec.UNSET if self.is_old else heard_of(connection, self.no)
            return msgspec.json.encode(msgspec.structs.replace(document, heard=heard))


def prepared_office(folder: Path) -> bytes:
    """The database of an office with two persons and an approved image, to be copied for each test."""
    path, at = folder / "office.sqlite", datetime.now(UTC) - AHEAD
    ann, bob = Author("ann", at), Author("bob", at)
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.writing() as connection:
        for name in ("ann", "bob"):
            add_user(connection, name, "supervisor", "correct horse battery", at)
    asked = Upload("image.bin", "1", "", "")
    sha256 = take_image(database, ImageStore(folder / "images"), asked, io.BytesIO(IMAGE), ann)
    with database.writing() as connection:
        put_test(connection, sha256, "PASS", ann)
        approve_image(connection, sha256, Use("FJ-R1", "", TARGET, ""), bob)
    database.close()  # the last connection moves what is in the -wal file into the database
    return path.read_bytes()


@contextmanager
def counting_office(content: bytes, path: Path, quantity: int) -> Iterator[CountingOffice]:
    """An office with one approved order of ``quantity`` ICs for stock."""
    path.write_bytes(content)
    database = Database(f"sqlite:///{path}")
    sa.event.listen(database.engine, "connect", _without_the_disk)
    at = datetime.now(UTC) - AHEAD
    with database.writing() as connection:
        (approved,) = open_approvals(connection)
        wish = Wish(approved.approval.id, "stock", "", str(quantity), "")
        no = request_order(connection, wish, Settings(), Author("ann", at))
        approve_order(connection, no, Author("bob", at))
    with CountingOffice(database=database, no=no) as office:
        yield office
    database.close()


def other_letter(body: bytes, **changes: Any) -> bytes:
    """A letter like ``body``, about an order that nobody knows; of another chain, unless ``changes`` say of which."""
    content: dict[str, Any] = json.loads(body)
    elsewhere = {"order": "BO-2026-999999", "chain_id": content["id"][:-4] + "ffff", "seq": 1}
    return json.dumps(content | elsewhere | changes).encode()


def _without_the_disk(connection: Any, entry: Any) -> None:
    """Nothing here is about power cuts."""
    connection.execute("PRAGMA synchronous=OFF")
