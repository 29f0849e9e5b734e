"""The command line: sets up from nothing, serves, and says in one line what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from server.admin.queries import account_by_name
from server.cli import app, main
from server.config import read_settings
from server.db.engine import Database
from server.db.span import day_of
from server.errors import ServerError, SettingError
from tests.databases import is_on_postgresql
from tests.server.conftest import TLS, RunningServer
from tests.server.letter_book import LetterBook
from tests.server_process import ServerProcess, environment_of


def call(folder: Path, *arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=given, env=environment_of(folder))


def refused(folder: Path, *arguments: str, given: str | None = None) -> str:
    result = call(folder, *arguments, given=given)
    assert isinstance(result.exception, ServerError), result.output
    return str(result.exception)


def test_a_server_is_set_up_from_nothing_by_the_command_line(tmp_path: Path) -> None:
    assert call(tmp_path, "migrate").output.startswith("schema empty -> ")
    assert call(tmp_path, "migrate").output.startswith("schema 0")
    added = call(tmp_path, "user", "add", "lin", "--role", "logistics", "--password-stdin", given="long enough\n")
    assert added.exit_code == 0
    assert call(tmp_path, "user", "list").output == "lin\tlogistics\tactive\n"
    assert call(tmp_path, "serial-rule", "add", "FJ-R1", "FJ-R1", "FJR1[0-9]{8}").output == "serial rule 1\n"
    assert call(tmp_path, "serial-rule", "list").output == "1\tFJ-R1\tFJ-R1\tFJR1[0-9]{8}\n"
    token = call(tmp_path, "token", "add", "bench-1", "--days", "30").output.strip()
    assert token.startswith("fjt_")
    assert call(tmp_path, "token", "list").output.startswith(f"{token[:10]}\tbench-1\tuntil ")
    process = ServerProcess(tmp_path).start()
    letter = LetterBook().run()
    with httpx.Client(base_url=process.url, verify=TLS) as client:
        answer = client.put(letter.path, content=letter.body, headers={"Authorization": f"Bearer {token}"})
        login = client.post("/v1/session", json={"name": "lin", "password": "long enough"})
    process.stop()
    assert (answer.status_code, login.status_code) == (201, 200)
    listed = [json.loads(line) for line in call(tmp_path, "letters", "--json").output.splitlines()]
    assert [(row["id"], row["sha256"]) for row in listed] == [(letter.id, letter.sha256)]


def test_an_account_can_be_changed_and_closed_and_a_token_and_a_rule_ended(site_folder: Path) -> None:
    assert call(site_folder, "user", "password", "engineer", "--password-stdin", given="another one\n").exit_code == 0
    assert must_change(site_folder, "engineer")
    words = ("user", "password", "engineer", "--no-change-at-login", "--password-stdin")
    told = call(site_folder, *words, given="my own one\n")
    assert (told.exit_code, must_change(site_folder, "engineer")) == (0, False)
    assert call(site_folder, "user", "disable", "engineer").exit_code == 0
    assert "engineer\tengineer\tdisabled" in call(site_folder, "user", "list").output
    prefix = call(site_folder, "token", "list").output.split("\t")[0]
    assert call(site_folder, "token", "revoke", prefix).exit_code == 0
    assert "revoked" in call(site_folder, "token", "list").output
    assert call(site_folder, "serial-rule", "retire", "1").exit_code == 0
    assert call(site_folder, "serial-rule", "list").output == ""


def test_what_cannot_be_done_is_said(site_folder: Path) -> None:
    assert "no role 'emperor'" in refused(
        site_folder, "user", "add", "x", "--role", "emperor", "--password-stdin", given="long enough\n"
    )
    assert "8 to 1000" in refused(
        site_folder, "user", "add", "x", "--role", "reader", "--password-stdin", given="short\n"
    )
    assert "no account x" in refused(site_folder, "user", "disable", "x")
    assert "no valid token" in refused(site_folder, "token", "revoke", "x")


def test_an_empty_database_is_not_served_nor_used(tmp_path: Path) -> None:
    for arguments in (["serve"], ["letters"], ["token", "add", "bench-1"]):
        assert "run `fanji-server migrate`" in refused(tmp_path, *arguments)


def test_nothing_is_migrated_and_on_sqlite_no_second_server_starts_while_one_serves(server: RunningServer) -> None:
    for command in ("migrate",) if is_on_postgresql(server.site.folder) else ("migrate", "serve"):
        assert "stop it first" in refused(server.site.folder, command)


def test_an_account_can_be_made_while_the_server_serves(server: RunningServer, book: LetterBook) -> None:
    server.put(book.run())
    added = call(
        server.site.folder, "user", "add", "new", "--role", "reader", "--password-stdin", given="long enough\n"
    )
    assert added.exit_code == 0
    assert server.client.post("/v1/session", json={"name": "new", "password": "long enough"}).status_code == 200
    assert server.put(book.run()).status_code == 201


def test_a_mistake_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment_of(tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["fanji-server", "letters"])
    with pytest.raises(SystemExit, match="2"):
        main()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("fanji-server: ")


def test_setting_up_loads_neither_the_web_nor_the_migrations() -> None:
    """The commands of an administrator start in half the time."""
    code = "import sys, server.cli; print(*{'fastapi', 'pydantic', 'alembic', 'server.app'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "\n"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FANJI_TIMEZONE", "Mars/Olympus"),
        ("FANJI_SITE", "Main Site"),
        ("FANJI_DATABASE_URL", "mysql://x"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=variable):
        read_settings({variable: value})


def test_the_sites_day_is_cut_in_its_zone_also_when_the_clock_changes() -> None:
    moment = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    shanghai = day_of(moment, read_settings({}).zone)
    assert (shanghai.start.isoformat(), shanghai.end.isoformat()) == (
        "2026-11-22T16:00:00+00:00",
        "2026-11-23T16:00:00+00:00",
    )
    berlin = day_of(datetime(2026, 10, 25, 12, 0, tzinfo=UTC), read_settings({"FANJI_TIMEZONE": "Europe/Berlin"}).zone)
    assert (berlin.end - berlin.start).total_seconds() == 25 * 3600


@pytest.fixture
def site_folder(server: RunningServer) -> Path:
    return server.site.folder


def must_change(folder: Path, name: str) -> bool:
    database = Database(environment_of(folder)["FANJI_DATABASE_URL"])
    with database.reading() as connection:
        found = account_by_name(connection, name)
    database.close()
    return found is not None and found.must_change
