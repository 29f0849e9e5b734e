"""What an account's holder signs on with at a bench: a badge, a PIN, and in which language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_operators"
down_revision = "0007_login_attempts"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("badge_hash", sa.String(length=200), nullable=True))
    op.add_column("user_account", sa.Column("pin_hash", sa.String(length=200), nullable=True))
    op.add_column("user_account", sa.Column("language", sa.String(length=5), nullable=True))
    op.add_column("user_account", sa.Column("operator_version", sa.Integer(), nullable=False, server_default="0"))
