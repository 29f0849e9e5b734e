"""When the server fails, its pages say who must act and show nothing of the inside."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import Site
from tests.server.letter_book import LetterBook
from tests.server.pages_site import pages_site

INSIDE = ("Traceback", "zlib", "sqlite", "SELECT", "no such table", "/server/", ".py")


def change_behind_its_back(site: Site, *statements: str) -> None:
    """Do to the database's file what only a defect or a failing disk does."""
    connection = sqlite3.connect(site.folder / "fanji.sqlite")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


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
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'run_sheet'"
        connection = sqlite3.connect(site.site.folder / "fanji.sqlite")
        names = [row[0] for row in connection.execute(triggers)]
        connection.close()
        drops = [f'DROP TRIGGER "{name}"' for name in names]
        change_behind_its_back(site.site, *drops, "UPDATE run_sheet SET sheet = x'00'")
        answer = site.person("reader").get(f"/units/{run.content['unit']['id']}/runs/{run.id}")
    assert answer.status_code == 500
    assert "It is the server's fault, not yours." in answer.text
    assert_masked(answer)


def test_a_database_that_does_not_answer_is_named_without_its_words(prepared_site: Site, tmp_path: Path) -> None:
    with pages_site(prepared_site, tmp_path / "site") as site:
        reader = site.person("reader")
        change_behind_its_back(site.site, "ALTER TABLE run RENAME TO lost")
        answer = reader.get("/runs")
    assert answer.status_code == 503
    assert "The records cannot be reached" in answer.text
    assert answer.headers["retry-after"]
    assert_masked(answer)
