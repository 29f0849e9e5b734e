"""People as tests need them: who gave what to whom."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from server.admin.tables import delegation, delegation_end, user_account
from server.wire.ids import new_id


def leave_delegation(connection: sa.Connection, at: datetime) -> None:
    """One that was given and taken back."""
    ids = {row.name: row.id for row in connection.execute(sa.select(user_account.c.name, user_account.c.id))}
    row = {
        "id": new_id(at),
        "giver_id": ids["supervisor"],
        "taker_id": ids["engineer"],
        "actions": "",
        "reason": "away",
    }
    spans = {"valid_from": at, "valid_until": at + timedelta(days=1), "given_at": at}
    connection.execute(sa.insert(delegation), row | spans)
    connection.execute(
        sa.insert(delegation_end), {"delegation_id": row["id"], "ended_at": at, "ended_by": "supervisor"}
    )
