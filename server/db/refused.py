"""What must be on record although the transaction that it was found in is refused and rolled back."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

KEY = "fanji_if_refused"


def keep_if_refused(connection: sa.Connection, write: Callable[[sa.Connection], object]) -> None:
    """Have ``write`` done in a transaction of its own, should a refusal undo the one of ``Database.writing``.

    Nobody writes in between. Where the transaction commits, or ends by anything but a refusal, it is not done.
    """
    connection.info.setdefault(KEY, []).append(write)


def take_kept(connection: sa.Connection) -> list[Callable[[sa.Connection], object]]:
    """What was asked to be kept on this connection, once."""
    kept: list[Callable[[sa.Connection], object]] = connection.info.pop(KEY, [])
    return kept
