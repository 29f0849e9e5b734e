"""Brings the database's schema to this version, and says whether it is there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from server.db.engine import Database
from server.db.on_postgresql import without_bounds
from server.errors import NotMigrated

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database, to: str = "") -> tuple[str, str]:
    """Run the missing migrations, up to ``to`` or all, in one transaction; the revisions before and after.

    Empty stands for no revision yet.
    """
    from alembic import command  # loaded here alone: every other command would take 0.3 s longer to start
    from alembic.config import Config

    before = revision_of(database)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        without_bounds(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, to or "head")
    return before, to or head_revision()


def require_migrated(database: Database) -> None:
    """Raise NotMigrated unless the schema is exactly this version's."""
    found = revision_of(database)
    if found != head_revision():
        raise NotMigrated(found=found, wanted=head_revision())


def head_revision() -> str:
    """The last migration; a migration's file bears its revision, and its number comes first."""
    return max(path.stem for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def revision_of(database: Database) -> str:
    """The revision of the database's schema; empty for a database without one."""
    with database.reading() as connection:
        return _revision_of(connection)


def _revision_of(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or ""
