"""A photo is taken: checked, put into its place, and told in the database; sent again, it changes nothing."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

import sqlalchemy as sa

from server.admin.flows import note
from server.attachments.photo_file import media_type_of
from server.attachments.queries import Attachment, attachment_of
from server.attachments.tables import attachment
from server.db.content_store import ContentStore
from server.db.engine import Database
from server.wire.receipt import Outcome, Receipt


def take_attachment(
    database: Database, store: ContentStore, sha256: str, content: bytes, station_id: str, at: datetime
) -> Receipt:
    """Keep the photo that the address calls ``sha256``; the file is in its place before the row is.

    A receipt ``quarantined`` is for what is no photo, or has another digest: it is not kept. Raises StorageError.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        return _refused(sha256, found, "its bytes have another digest than its address: send it again")
    media_type = media_type_of(content)
    if not media_type:
        return _refused(sha256, found, "it is no whole JPEG or PNG picture")
    with database.reading() as connection:
        is_known = attachment_of(connection, sha256) is not None
    if is_known and store.path(sha256).is_file():
        return Receipt(id=sha256, sha256=sha256, outcome=Outcome.DUPLICATE)
    with store.taking(io.BytesIO(content)) as incoming:
        store.keep(incoming)
    row = Attachment(sha256, media_type, len(content), station_id, at)
    with database.writing() as connection:
        is_new = _put(connection, row)
    return Receipt(id=sha256, sha256=sha256, outcome=Outcome.STORED if is_new else Outcome.DUPLICATE)


def _put(connection: sa.Connection, row: Attachment) -> bool:
    """Whether it is a new one; of two that come at once the second is not."""
    if attachment_of(connection, row.sha256) is not None:
        return False
    values = {
        "sha256": row.sha256,
        "media_type": row.media_type,
        "size_bytes": row.size_bytes,
        "station_id": row.station_id,
        "received_at": row.received_at,
    }
    connection.execute(sa.insert(attachment), values)
    note(connection, row.received_at, f"station:{row.station_id}", "attachment.add", row.sha256, f"{row.size_bytes} B")
    return True


def _refused(asked: str, found: str, problem: str) -> Receipt:
    return Receipt(id=asked, sha256=found, outcome=Outcome.QUARANTINED, problem=problem)
