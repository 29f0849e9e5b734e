"""Photos of slips: what they are is read from their bytes, never from their names."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from server.admin.author import Author
from server.admin.flows import note
from server.db.content_store import ContentStore, Incoming
from server.db.engine import Database
from server.errors import BadInput, Contradiction
from server.logistics.details import WRITE, known
from server.logistics.queries import photos_of
from server.logistics.tables import waybill_photo

MAX_PHOTO_BYTES = 8 * 1024 * 1024
MAX_PHOTOS = 10
HEAD_BYTES = 32


def photo_store(data_dir: Path) -> ContentStore:
    """The store in the server's data folder."""
    return ContentStore(data_dir / "waybills", MAX_PHOTO_BYTES)


def media_type_of(head: bytes) -> str:
    """JPEG, PNG or WebP by the first bytes of a file; raises BadInput for anything else.

    Source: ITU-T T.81 annex B, RFC 2083 (12.11), and Google's WebP container specification.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and head[12:16] in (b"VP8 ", b"VP8L", b"VP8X"):
        return "image/webp"
    raise BadInput("is no JPEG, PNG or WebP picture", "photo")


def take_photo(database: Database, store: ContentStore, waybill_id: str, source: BinaryIO, author: Author) -> str:
    """Keep a photo of the waybill's slip; its sha256. The file is in its place before the row is.

    Raises NotFound, BadInput, TooLarge, StorageError, and Contradiction for one photo too many. The same photo again
    changes nothing.
    """
    with database.reading() as connection:
        author.require(connection, WRITE)
        known(connection, waybill_id)
    with store.taking(source) as incoming:
        with incoming.path.open("rb") as file:
            media_type = media_type_of(file.read(HEAD_BYTES))
        store.keep(incoming)
        with database.writing() as connection:
            _put(connection, waybill_id, incoming, media_type, author)
    return incoming.sha256


def _put(connection: sa.Connection, waybill_id: str, incoming: Incoming, media_type: str, author: Author) -> None:
    photos = photos_of(connection, waybill_id)
    if any(photo.sha256 == incoming.sha256 for photo in photos):
        return
    if len(photos) >= MAX_PHOTOS:
        raise Contradiction(f"a waybill has at most {MAX_PHOTOS} photos")
    row = {"waybill_id": waybill_id, "sha256": incoming.sha256, "media_type": media_type}
    added = {"size_bytes": incoming.size_bytes, "added_at": author.at, "added_by": author.name}
    connection.execute(sa.insert(waybill_photo), row | added)
    note(connection, author.at, author.actor, "waybill.photo", waybill_id, incoming.sha256)
