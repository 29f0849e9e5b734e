"""Return cases before their arrival, with their kind, dates and owner; what moved a case, and on what grounds.

SQLite cannot let a column be empty afterwards, so that the two tables are made anew there, with their rows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.db.insert_only import insert_only

revision = "0014_case_moves"
down_revision = "0013_products"

SERIAL = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
CASE_COLUMNS = (
    "unit_id, id, site, case_no, serial, product, arrival_id, waybill_id, source, reason, state, is_provisional, "
    "opened_at, opened_by, changed_at, closed_at"
)
EVENT_COLUMNS = "unit_id, id, case_id, seq, state, at, actor, note"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column in ("arrival_id", "waybill_id"):
            op.alter_column("return_case", column, nullable=True)
        for made in _new_case_columns():
            op.add_column("return_case", made)
        for made in _new_event_columns():
            op.add_column("case_event", made)
        _index_owner()
    else:
        _rebuild()


def _rebuild() -> None:
    op.execute(f"CREATE TEMPORARY TABLE kept_case AS SELECT {CASE_COLUMNS} FROM return_case")  # noqa: S608
    op.execute(f"CREATE TEMPORARY TABLE kept_event AS SELECT {EVENT_COLUMNS} FROM case_event")  # noqa: S608
    for table in ("case_event", "return_case"):
        op.drop_table(table)
    _create_cases()
    _create_events()
    op.execute(f"INSERT INTO return_case ({CASE_COLUMNS}) SELECT {CASE_COLUMNS} FROM kept_case")  # noqa: S608
    op.execute(f"INSERT INTO case_event ({EVENT_COLUMNS}) SELECT {EVENT_COLUMNS} FROM kept_event")  # noqa: S608
    for table in ("kept_case", "kept_event"):
        op.execute(f"DROP TABLE {table}")
    for statement in insert_only("sqlite", "case_event"):
        op.execute(statement)


def _new_case_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("kind", sa.String(length=20), nullable=False, server_default="repair"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("owner", sa.String(length=80), nullable=False, server_default=""),
        sa.Column("confirmed_reason", sa.String(length=500), nullable=False, server_default=""),
        sa.Column("grade", sa.String(length=10), nullable=False, server_default=""),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=True),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("replaced_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("continues", sa.Uuid(as_uuid=False), nullable=True),
    ]


def _new_event_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("move", sa.String(length=30), nullable=False, server_default="receive"),
        sa.Column("basis", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("sha256", sa.String(length=64), nullable=False, server_default=""),
    ]


def _index_owner() -> None:
    op.create_index(op.f("ix_return_case_owner_id"), "return_case", ["owner", "id"], unique=False)


def _create_cases() -> None:
    op.create_table(
        "return_case",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("site", sa.String(length=31), nullable=False),
        sa.Column("case_no", sa.String(length=60), nullable=False),
        sa.Column("serial", SERIAL, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("arrival_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("waybill_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("is_provisional", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        *_new_case_columns(),
        sa.ForeignKeyConstraint(["arrival_id"], ["arrival.id"], name=op.f("fk_return_case_arrival_id_arrival")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.unit_id"], name=op.f("fk_return_case_unit_id_unit")),
        sa.ForeignKeyConstraint(["waybill_id"], ["waybill.id"], name=op.f("fk_return_case_waybill_id_waybill")),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_return_case")),
        sa.UniqueConstraint("site", "case_no", name=op.f("uq_return_case_site_case_no")),
    )
    op.create_index(op.f("ix_return_case_arrival_id"), "return_case", ["arrival_id"], unique=False)
    op.create_index(op.f("ix_return_case_id"), "return_case", ["id"], unique=False)
    op.create_index(op.f("ix_return_case_state_id"), "return_case", ["state", "id"], unique=False)
    op.create_index(
        "uq_return_case_open", "return_case", ["unit_id"], unique=True, sqlite_where=sa.text("closed_at IS NULL")
    )
    _index_owner()


def _create_events() -> None:
    op.create_table(
        "case_event",
        sa.Column("unit_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        *_new_event_columns(),
        sa.ForeignKeyConstraint(
            ["unit_id", "case_id"],
            ["return_case.unit_id", "return_case.id"],
            name=op.f("fk_case_event_unit_id_case_id_return_case"),
        ),
        sa.PrimaryKeyConstraint("unit_id", "id", name=op.f("pk_case_event")),
        sa.UniqueConstraint("unit_id", "case_id", "seq", name=op.f("uq_case_event_unit_id_case_id_seq")),
    )
