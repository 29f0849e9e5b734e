"""Service requests, their moves, and who called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only
from server.db.metadata import Identifier, Sha256, UtcTime

revision = "0029_service_requests"
down_revision = "0028_monthly_reports"


def upgrade() -> None:
    op.create_table(
        "service_request",
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("party_id", Identifier()),
        sa.Column("unit_id", Identifier()),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("sha256", Sha256, nullable=False),
        sa.Column("logged_at", UtcTime(), nullable=False),
        sa.Column("logged_by", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("case_id", Identifier()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_service_request_party_id_party")),
    )
    op.create_index(op.f("ix_service_request_state_id"), "service_request", ["state", "id"])
    op.create_index(op.f("ix_service_request_owner_id"), "service_request", ["owner", "id"])
    op.create_index(op.f("ix_service_request_unit_id"), "service_request", ["unit_id"])
    op.create_table(
        "service_event",
        sa.Column("request_id", Identifier(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", Identifier(), nullable=False),
        sa.Column("move", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("case_id", Identifier()),
        sa.Column("score", sa.Integer()),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "seq", name=op.f("pk_service_event")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_request.id"], name=op.f("fk_service_event_request_id_service_request")
        ),
        sa.UniqueConstraint("id", name=op.f("uq_service_event_id")),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_service_event_score")),
    )
    for statement in insert_only(op.get_bind().dialect.name, "service_event"):
        op.execute(statement)
    op.create_table(
        "service_caller",
        sa.Column("request_id", Identifier(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("phone_reversed", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_service_caller")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_request.id"], name=op.f("fk_service_caller_request_id_service_request")
        ),
    )
    op.create_index(op.f("ix_service_caller_phone_reversed"), "service_caller", ["phone_reversed"])
    op.create_index(op.f("ix_service_caller_name"), "service_caller", ["name"])
