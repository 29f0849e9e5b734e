"""Which photos are here, by their digest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from server.attachments.tables import attachment


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo that a station sent."""

    sha256: str
    media_type: str
    size_bytes: int
    station_id: str
    received_at: datetime


def attachment_of(connection: sa.Connection, sha256: str) -> Attachment | None:
    """The photo of this digest, if it was ever sent."""
    return next(iter(attachments_of(connection, [sha256]).values()), None)


def attachments_of(connection: sa.Connection, sha256s: Iterable[str]) -> dict[str, Attachment]:
    """Those of these digests that were sent."""
    wanted = sorted(set(sha256s))
    if not wanted:
        return {}
    rows = connection.execute(sa.select(attachment).where(attachment.c.sha256.in_(wanted)))
    return {row.sha256: Attachment(*row) for row in rows}
