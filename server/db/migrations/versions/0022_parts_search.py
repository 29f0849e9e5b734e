"""Indexes by which a page of the movements of parts, and their use by month, are found."""

from __future__ import annotations

from alembic import op

revision = "0022_parts_search"
down_revision = "0021_sums"

TABLE = "stock_movement"
INDEXES = (
    ("posted_at", "part_id", "from_id", "to_id", "quantity"),
    ("document",),
    ("person",),
    ("request_id",),
    ("from_id", "id"),
    ("to_id", "id"),
)


def upgrade() -> None:
    op.drop_index(op.f(f"ix_{TABLE}_posted_at"), table_name=TABLE)
    for columns in INDEXES:
        op.create_index(op.f(f"ix_{TABLE}_{'_'.join(columns)}"), TABLE, list(columns), unique=False)
