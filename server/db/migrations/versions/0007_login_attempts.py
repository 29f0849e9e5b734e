"""Failed logins by name and address, so that nobody locks out somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_login_attempts"
down_revision = "0006_letters"


def upgrade() -> None:
    op.drop_index(op.f("ix_login_failure_last_at"), "login_failure")
    op.drop_table("login_failure")
    op.create_table(
        "login_failure",
        sa.Column("attempt_sha256", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("attempt_sha256", name=op.f("pk_login_failure")),
    )
    op.create_index(op.f("ix_login_failure_last_at"), "login_failure", ["last_at"], unique=False)
