"""Rows that a transaction has still to insert: gathered as they are made, written table by table."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

Row = dict[str, object]


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
                connection.execute(sa.insert(table), rows)
        self._rows.clear()


@cache
def _depth(table: sa.Table) -> int:
    """How long a way of references leads down from ``table``."""
    return max((1 + _depth(key.column.table) for key in table.foreign_keys), default=0)
