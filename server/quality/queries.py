"""The fault codes in force, and what a code was before."""

from __future__ import annotations

import sqlalchemy as sa

from server.quality.tables import fault_code
from server.quality.tree import FaultCode, FaultTree


def fault_tree(connection: sa.Connection) -> FaultTree:
    """Every code as it stands, the retired ones too."""
    return FaultTree(_code(row) for row in connection.execute(_IN_FORCE).mappings())


def tree_version(connection: sa.Connection) -> int:
    """It grows with every change; 0 before the first."""
    return connection.scalar(sa.select(sa.func.max(fault_code.c.version))) or 0


def history_of(connection: sa.Connection, code: str) -> list[FaultCode]:
    """Every state of a code, the newest first."""
    query = sa.select(fault_code).where(fault_code.c.code == code).order_by(fault_code.c.version.desc())
    return [_code(row) for row in connection.execute(query).mappings()]


def _code(row: sa.RowMapping) -> FaultCode:
    return FaultCode(**{**row, "parents": tuple(row["parents"].split())})


_LAST = sa.select(fault_code.c.code, sa.func.max(fault_code.c.version).label("version")).group_by(fault_code.c.code)
_NEWEST = _LAST.subquery()
_IN_FORCE = sa.select(fault_code).join(
    _NEWEST, sa.and_(_NEWEST.c.code == fault_code.c.code, _NEWEST.c.version == fault_code.c.version)
)
