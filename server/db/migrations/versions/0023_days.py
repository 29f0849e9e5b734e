"""The runs of a day are counted from an index."""

from __future__ import annotations

from alembic import op

revision = "0023_days"
down_revision = "0022_parts_search"


def upgrade() -> None:
    op.create_index(op.f("ix_run_started_at_verdict"), "run", ["started_at", "verdict"], unique=False)
