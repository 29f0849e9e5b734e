"""A full disk, a database that is away, a server that is killed: nothing is acknowledged that is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from server.admin.flows import add_token
from server.app import create_app
from server.config import read_settings
from server.db.engine import database_of
from server.db.schema import migrate
from tests import databases
from tests.postgresql import QUICK, Postgresql, make_cluster
from tests.server.conftest import TLS, RunningServer, serving
from tests.server.letter_book import Letter, LetterBook
from tests.soak.server import KILLS, kills

LETTERS = 60
SHARE = 100
UNBOUNDED_PAGES = 2**31 - 1


@pytest.mark.referee("postgresql")
def test_what_a_killed_server_acknowledged_it_has_and_replays_make_no_doubles(backend: str) -> None:
    """A part of `make soak AREA=server`; test_durability.py has that of SQLite."""
    found = kills(databases.POSTGRESQL, KILLS // SHARE)
    databases.use(backend)
    assert found.holds, found


def limit_pages(server: RunningServer, pages: int) -> None:
    """A disk that has room for ``pages`` of the database."""
    engine = server.app.state.database.engine
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}"))
    engine.dispose()


@pytest.mark.sqlite_only
def test_a_full_disk_is_503_with_a_time_to_come_back_and_no_letter_of_it_is_kept(
    server: RunningServer, book: LetterBook
) -> None:
    with server.database.reading() as connection:
        limit_pages(server, int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0) + 8)
    answers: list[tuple[Letter, httpx.Response]] = []
    while not answers or (answers[-1][1].status_code == 201 and len(answers) < LETTERS):
        letter = book.run(operator="x" * 80)
        answers.append((letter, server.put(letter)))
    refused, said = answers[-1]
    assert said.status_code == 503 and int(said.headers["retry-after"]) > 0
    assert server.client.get("/healthz").status_code == 200
    with server.database.reading() as connection:
        kept = set(connection.scalars(sa.text("SELECT id FROM letter")))
    assert kept == {letter.id for letter, answer in answers if answer.status_code == 201}
    limit_pages(server, UNBOUNDED_PAGES)
    assert server.put(refused).status_code == 201


@pytest.fixture
def cluster() -> Iterator[Postgresql]:
    """A PostgreSQL of its own, to be stopped."""
    made = make_cluster(QUICK | {"fsync": "on", "synchronous_commit": "on"})
    yield made
    made.stop()


@pytest.mark.referee("postgresql")
def test_while_the_database_is_away_letters_are_503_and_taken_when_it_is_back(
    cluster: Postgresql, tmp_path: Path, book: LetterBook
) -> None:
    """The server stays; its database goes and comes back without a word to it."""
    cluster.create("site")
    settings = read_settings(
        {"FANJI_DATABASE_URL": cluster.url("site"), "FANJI_DATA_DIR": str(tmp_path), "FANJI_PREPARED_STATEMENTS": "off"}
    )
    database = database_of(settings)
    migrate(database)
    with database.writing() as connection:
        token = add_token(connection, "bench-1", 30, datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with serving(create_app(settings)) as url, httpx.Client(base_url=url, verify=TLS, headers=headers) as client:

        def put(letter: Letter) -> httpx.Response:
            return client.put(letter.path, content=letter.body)

        before, after = book.run(), book.run()
        assert put(before).status_code == 201
        cluster.stop()
        for answer in (put(after), put(before), client.get("/healthz")):
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
        cluster.start()
        assert [put(after).status_code, put(before).status_code] == [201, 200]
        assert client.get("/healthz").status_code == 200
    database.close()
