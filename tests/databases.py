"""Where the records of a test's server are: a SQLite file in its folder, or a database of its own on PostgreSQL.

``FANJI_TEST_DATABASE=postgresql`` runs all tests of the server there; those marked ``both_databases`` run on both in
any case, those marked ``sqlite_only`` on SQLite alone.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from _pytest.mark import ParameterSet

from tests.postgresql import name_of, postgresql

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DEFAULT = os.environ.get("FANJI_TEST_DATABASE", SQLITE)
MARK = "is-on-postgresql"
"""An empty file in the folder of a site whose records are there."""

_in_use = DEFAULT


def needed(kind: str) -> ParameterSet:
    """The kind as a test's parameter, with the program that it needs (.ci/programs.toml)."""
    return pytest.param(kind, marks=[pytest.mark.referee(kind)] if kind == POSTGRESQL else [])


def use(kind: str) -> None:
    """Records of folders that are named for the first time are of this kind."""
    global _in_use
    _in_use = kind


def database_url(folder: Path) -> str:
    """The database of the site in ``folder``; made empty where it is new."""
    if not is_on_postgresql(folder):
        if _in_use == SQLITE or (folder / "fanji.sqlite").exists():
            return f"sqlite:///{folder / 'fanji.sqlite'}"
        folder.mkdir(parents=True, exist_ok=True)
        postgresql().create(name_of(folder))
        (folder / MARK).touch()
    return postgresql().url(name_of(folder))


def copy_site(folder: Path, new: Path) -> None:
    """Everything of the site in ``folder``, where nothing runs, as a site in the folder ``new``."""
    shutil.copytree(folder, new)
    if is_on_postgresql(new):
        postgresql().create(name_of(new), template=name_of(folder))


def remove_site(folder: Path) -> None:
    """Its database, where it is not in the folder itself."""
    if is_on_postgresql(folder):
        postgresql().drop(name_of(folder))


def remove_guards(connection: sa.Connection, table: str) -> None:
    """Let rows of facts be changed, as only a defect or a failing disk does."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    for change in ("update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER {table}_refuses_{change}")


def is_on_postgresql(folder: Path) -> bool:
    return (folder / MARK).exists()
