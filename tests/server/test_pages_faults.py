"""When the server fails, its pages say who must act and show nothing of the inside."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from server.db.engine import Database
from tests.databases import remove_guards
from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import pages_site

INSIDE = ("Traceback", "zlib", "sqlite", "psycopg", "SELECT", "no such table", "/server/", ".py")


def change_behind_its_back(site: Site, statement: str, *guarded: str) -> None:
    """Do to the database what only a defect or a failing disk does."""
    database = Database(site.settings.database_url)
    with database.writing() as connection:
        for table in guarded:
            remove_guards(connection, table)
        connection.exec_driver_sql(statement)
    database.close()


def assert_masked(answer: httpx.Response) -> None:
    assert "content-security-policy" in answer.headers
    for word in INSIDE:
        assert word not in answer.text, word


def test_a_defect_shows_a_page_without_its_cause(
    prepared_site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = LetterBook().run()
    with pages_site(prepared_site, tmp_path / "site") as site:
        site.send(run)
        change_behind_its_back(site.site, "UPDATE run_sheet SET sheet = ''", "run_sheet")
        answer = site.person("reader").get(f"/units/{run.content['unit']['id']}/runs/{run.id}")
    assert answer.status_code == 500
    assert "It is the server's fault, not yours." in answer.text
    assert_masked(answer)


@pytest.mark.sqlite_only
def test_a_database_that_does_not_answer_is_named_without_its_words(prepared_site: Site, tmp_path: Path) -> None:
    with pages_site(prepared_site, tmp_path / "site") as site:
        reader = site.person("reader")
        change_behind_its_back(site.site, "ALTER TABLE run RENAME TO lost")
        answer = reader.get("/runs")
    assert answer.status_code == 503
    assert "The records cannot be reached" in answer.text
    assert answer.headers["retry-after"]
    assert_masked(answer)
