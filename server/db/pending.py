"""Rows that a transaction has still to insert: gathered as they are made, written table by table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from server.db.on_postgresql import copy_rows

Row = dict[str, object]

COPIED = 8
"""From so many rows on PostgreSQL takes them faster as a copy than as statements."""


class PendingRows:
    """One statement a table, however many rows it has by then."""

    def __init__(self) -> None:
        self._rows: dict[sa.Table, list[Row]] = {}

    def add(self, table: sa.Table, *rows: Row) -> None:
        """Keep ``rows`` for later; those of one table name the same columns."""
        self._rows.setdefault(table, []).extend(rows)

    def insert(self, connection: sa.Connection) -> None:
        """Insert every row, each table's after those of the tables that it refers to."""
        for table in sorted(self._rows, key=_depth):
            if rows := self._rows[table]:
                insert_rows(connection, table, rows)
        self._rows.clear()


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows that name the same columns, as fast as the driver takes them; raises what SQLAlchemy raises."""
    made = _insertion(connection.dialect, table, tuple(rows[0]))
    values = [made.values_of(row) for row in rows]
    if connection.dialect.name == "postgresql" and len(rows) >= COPIED:
        copy_rows(connection, made.into, values)
    else:
        connection.exec_driver_sql(made.statement, values)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """How rows with certain columns go into a table: statements of the driver, and what it takes for each value."""

    statement: str
    into: str
    binds: tuple[tuple[str, Callable[[object], object] | None], ...]

    def values_of(self, row: Row) -> tuple[object, ...]:
        return tuple([row[name] if bind is None else bind(row[name]) for name, bind in self.binds])


@lru_cache(maxsize=500)
def _insertion(dialect: Dialect, table: sa.Table, columns: tuple[str, ...]) -> _Insertion:
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(dialect.identifier_preparer.quote(name) for name in columns)
    into = f"{dialect.identifier_preparer.format_table(table)} ({names})"
    binds = tuple((name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in columns)
    marks = ", ".join(mark for _ in columns)
    return _Insertion(f"INSERT INTO {into} VALUES ({marks})", into, binds)  # noqa: S608 (our own names)


@cache
def _depth(table: sa.Table) -> int:
    """How long a way of references leads down from ``table``."""
    return max((1 + _depth(key.column.table) for key in table.foreign_keys), default=0)
