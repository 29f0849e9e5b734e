"""Image files with what was decided about them, and the file that a burn was made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0011_images"
down_revision = "0010_only_just"

FACTS = ("image", "image_test", "image_approval", "image_withdrawal")


def upgrade() -> None:
    op.create_table(
        "image",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.String(length=80), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_image")),
    )
    op.create_index(op.f("ix_image_content_sha256"), "image", ["content_sha256"], unique=False)
    op.create_index(op.f("ix_image_uploaded_at"), "image", ["uploaded_at"], unique=False)
    op.create_table(
        "image_test",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=500), nullable=False),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tested_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["image.sha256"], name=op.f("fk_image_test_sha256_image")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_test")),
    )
    op.create_index(op.f("ix_image_test_sha256"), "image_test", ["sha256"], unique=False)
    op.create_table(
        "image_approval",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("board_revision", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["image.sha256"], name=op.f("fk_image_approval_sha256_image")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_approval")),
        sa.UniqueConstraint(
            "sha256",
            "product",
            "board_revision",
            "target",
            name=op.f("uq_image_approval_sha256_product_board_revision_target"),
        ),
    )
    op.create_index(op.f("ix_image_approval_product"), "image_approval", ["product"], unique=False)
    op.create_table(
        "image_withdrawal",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["image.sha256"], name=op.f("fk_image_withdrawal_sha256_image")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_image_withdrawal")),
    )
    op.add_column("burn", sa.Column("file_sha256", sa.String(length=64), nullable=False, server_default=""))
    op.create_index(op.f("ix_burn_file_sha256_id"), "burn", ["file_sha256", "id"], unique=False)
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
