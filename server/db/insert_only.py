"""Guards a table of facts: the database itself refuses UPDATE and DELETE."""

from __future__ import annotations

from collections.abc import Iterator

FUNCTION = """
CREATE OR REPLACE FUNCTION fanji_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% holds facts: insert a correction', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def insert_only(dialect: str, table: str) -> Iterator[str]:
    """The statements that make ``table`` insert-only on SQLite or PostgreSQL."""
    if dialect == "postgresql":
        yield FUNCTION
        yield (
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION fanji_refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION fanji_refuse_change()"
        )
        return
    for change in ("update", "delete"):
        yield (
            f"CREATE TRIGGER {table}_refuses_{change} BEFORE {change.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} holds facts: insert a correction'); END"
        )
