"""Migrations carry the records of earlier versions forward, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from server.db.engine import Database
from server.db.metadata import metadata
from server.db.schema import MIGRATIONS, head_revision, migrate
from server.errors import StorageError
from server.runs.queries import RunFilter, ledger, only_just
from server.runs.summing import rebuild, sum_up
from server.runs.tables import run
from server.units.queries import broken_link
from server.wire.ids import new_id
from tests.databases import database_url, remove_guards, remove_site
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook

pytestmark = pytest.mark.both_databases

REVISIONS = sorted(path.stem for path in MIGRATIONS.glob("versions/[0-9]*.py"))
FILLED_BY_MIGRATIONS = {"unsummed", "run_only_just"}
ONE_BY_ONE = "INSERT INTO {table} ({columns}) VALUES ({marks})"


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url(tmp_path / "old"))
    yield database
    database.close()
    remove_site(tmp_path / "old")


def carry(source: Database, target: Database) -> dict[str, int]:
    """Every row that the target's older tables can hold; how many each holds then."""
    counts = {}
    with source.reading() as theirs, target.writing() as ours:
        known = sa.inspect(ours)
        for table in metadata.sorted_tables:
            if not known.has_table(table.name) or ours.execute(sa.select(sa.text("1")).select_from(table)).first():
                continue  # what is there came with a migration
            names = [column["name"] for column in known.get_columns(table.name) if column["name"] in table.c]
            columns = ", ".join(names)
            rows = [tuple(row) for row in theirs.exec_driver_sql(f"SELECT {columns} FROM {table.name}")]  # noqa: S608
            mark = "%s" if ours.dialect.name == "postgresql" else "?"
            statement = ONE_BY_ONE.format(table=table.name, columns=columns, marks=", ".join([mark] * len(names)))
            if rows:
                ours.exec_driver_sql(statement, rows)
            counts[table.name] = len(rows)
    return counts


def filled(server: RunningServer, book: LetterBook) -> list[str]:
    """Runs, burns and an arrival on record; the ids of the runs."""
    runs = [book.run(), book.run("run-retried"), book.run("run-fail")]
    for letter in (*runs, book.burn(), book.burn(serial=None)):
        assert server.put(letter).status_code == 201
    unit = {"serial": "FJR126110009", "reason": "no sound"}
    body = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": [unit]}
    path = f"/v1/arrivals/{new_id(datetime.now(UTC))}"
    assert server.log_in("logistics").put(path, json=body).status_code == 201
    return [letter.id for letter in runs]


@pytest.mark.parametrize("revision", ["0009_gates", REVISIONS[-2]])
def test_records_of_an_earlier_version_are_whole_after_its_upgrade(
    server: RunningServer, book: LetterBook, old: Database, revision: str
) -> None:
    runs = filled(server, book)
    migrate(old, revision)
    counts = carry(server.database, old)
    assert counts["run"] == 3 and counts["case_event"] == 1 and counts["letter"] == 5
    assert migrate(old) == (revision, head_revision())
    with old.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
        for table, count in counts.items():
            after = connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608 (our own names)
            assert after == count or table in FILLED_BY_MIGRATIONS, table
        unit_ids = list(connection.scalars(sa.select(run.c.unit_id).distinct()))
        assert [broken_link(connection, unit_id) for unit_id in unit_ids] == [None]
        assert list(only_just(connection, runs)) == [runs[1]]
        assert [row.id for row in ledger(connection, RunFilter(is_only_just=True))] == [runs[1]]
    with old.writing() as connection:
        assert sum_up(connection) == counts.get("unsummed", 3)  # the follower may have been quicker
        assert rebuild(connection) == 3


def test_a_migration_that_fails_half_way_leaves_the_records_as_they_were(
    server: RunningServer, book: LetterBook, old: Database
) -> None:
    """One transaction on both: whoever upgrades can go on with the version that was there."""
    migrate(old, "0009_gates")
    with old.writing() as connection:
        connection.execute(sa.text("CREATE TABLE image (made INTEGER)"))
    with pytest.raises((sa.exc.DBAPIError, StorageError), match="image"):
        migrate(old)
    with old.reading() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0009_gates"
        assert not sa.inspect(connection).has_table("run_only_just")
    with old.writing() as connection:
        remove_guards(connection, "run")
        connection.execute(sa.text("DROP TABLE image"))
    assert migrate(old) == ("0009_gates", head_revision())
