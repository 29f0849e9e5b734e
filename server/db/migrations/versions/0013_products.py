"""Products, the versions of their shipping configuration, and which version is in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0013_products"
down_revision = "0012_orders"

FACTS = ("product", "product_configuration", "product_activation")

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("name", SERIAL, nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_product")),
    )
    op.create_table(
        "product_configuration",
        sa.Column("product", SERIAL, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["product"], ["product.name"], name=op.f("fk_product_configuration_product_product")),
        sa.PrimaryKeyConstraint("product", "version", name=op.f("pk_product_configuration")),
    )
    op.create_table(
        "product_activation",
        sa.Column("product", SERIAL, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["product", "version"],
            ["product_configuration.product", "product_configuration.version"],
            name=op.f("fk_product_activation_product_version_product_configuration"),
        ),
        sa.PrimaryKeyConstraint("product", "seq", name=op.f("pk_product_activation")),
    )
    for table in FACTS:
        for statement in insert_only(op.get_bind().dialect.name, table):
            op.execute(statement)
