"""People get badges and PINs for the benches: stations are told of them at once, and only by hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from server.admin.audit_queries import audit_entries
from server.admin.flows import add_user, disable_user
from server.admin.operators import Language, operators, set_badge, set_language, set_pin
from server.cli import app
from server.config import read_settings
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotFound
from tests.server.conftest import RunningServer, Site
from tests.server_process import environment_of

SCHEMA: Any = json.loads((Path(__file__).parents[2] / "fixtures/wire/v1/state.schema.json").read_text("utf-8"))
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
BADGE, OTHER_BADGE, PIN = "EMP-00042", "EMP-00043", "246810"


def asked(server: RunningServer, since: int | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.site.tokens['bench-1']}"}
    parameters = {} if since is None else {"since": since}
    return server.client.get("/v1/stations/me/state", headers=headers, params=parameters)


def is_made_of(kept: str, secret: str) -> bool:
    return PasswordHasher().verify(kept, secret)


def test_the_server_tells_its_stations_of_people_as_hashes_and_of_every_change(server: RunningServer) -> None:
    before = asked(server).json()
    assert "operators" not in before
    with server.database.writing() as connection:
        add_user(connection, "王芳", "test_operator", "long enough", NOW)
        add_user(connection, "Li Na", "technician", "long enough", NOW)
        set_badge(connection, "王芳", BADGE, NOW)
        set_pin(connection, "Li Na", PIN, NOW)
        set_badge(connection, "Li Na", OTHER_BADGE, NOW)
        set_language(connection, "Li Na", Language.EN, NOW)
    answer = asked(server, before["version"])
    assert answer.status_code == 200
    told = answer.json()
    jsonschema.validate(told, SCHEMA)
    assert not any(secret in answer.text for secret in (BADGE, OTHER_BADGE, PIN))
    na, fang = told["operators"]
    assert (na["name"], na["role"], na["language"], fang["name"]) == ("Li Na", "technician", "en", "王芳")
    assert len({one["badge"].rpartition("$")[0] for one in (na, fang)}) == 1, "one scan costs a station one hash"
    assert all(is_made_of(*pair) for pair in ((na["badge"], OTHER_BADGE), (na["pin"], PIN), (fang["badge"], BADGE)))
    assert "pin" not in fang and "language" not in fang
    assert asked(server, told["version"]).status_code == 304
    with server.database.writing() as connection:
        disable_user(connection, "王芳", NOW)
    closed = asked(server, told["version"])
    assert [one["name"] for one in closed.json()["operators"]] == ["Li Na"], "a closed account opens no bench"
    with server.database.writing() as connection:
        set_pin(connection, "Li Na", "", NOW)
        set_badge(connection, "Li Na", "", NOW)
    gone = asked(server, closed.json()["version"])
    assert gone.status_code == 200 and "operators" not in gone.json()


def test_a_badge_is_one_person_s_and_what_is_easily_guessed_is_refused(server: RunningServer) -> None:
    with server.database.writing() as connection:
        add_user(connection, "王芳", "test_operator", "long enough", NOW)
        add_user(connection, "Li Na", "technician", "long enough", NOW)
        add_user(connection, "shop", "reader", "long enough", NOW)
        set_badge(connection, "王芳", BADGE, NOW)
        set_badge(connection, "王芳", BADGE, NOW)
        with pytest.raises(Contradiction):
            set_badge(connection, "Li Na", BADGE, NOW)
        for pin in ("12345", "1234567890123", "abcdef", "12345６"):
            with pytest.raises(BadInput):
                set_pin(connection, "Li Na", pin, NOW)
        for code in ("EMP42", "NODIGITS", " EMP-42 ", "王芳的工牌卡", "x" * 101):
            with pytest.raises(BadInput):
                set_badge(connection, "Li Na", code, NOW)
        with pytest.raises(NotFound):
            set_pin(connection, "nobody", PIN, NOW)
        with pytest.raises(BadInput, match=r"bench\.sign_on"):
            set_pin(connection, "shop", PIN, NOW)


def test_badge_pin_and_language_are_given_on_the_command_line_and_put_into_no_audit(site: Site) -> None:
    def call(*arguments: str, given: str | None = None) -> None:
        result = CliRunner().invoke(app, ["user", *arguments], input=given, env=environment_of(site.folder))
        assert result.exit_code == 0, result.output

    call("badge", "engineer", BADGE)
    call("badge", "technician", given=f"{OTHER_BADGE}\n")
    call("pin", "engineer", "--pin-stdin", given=f"{PIN}\n")
    call("language", "engineer", "en")
    database = Database(read_settings(environment_of(site.folder)).database_url)
    with database.reading() as connection:
        engineer, technician = operators(connection)
        noted = [(entry.action, entry.subject, entry.detail) for entry in audit_entries(connection, 4)]
    assert is_made_of(engineer.pin or "", PIN) and is_made_of(technician.badge or "", OTHER_BADGE)
    assert engineer.language == "en"
    assert ("user.pin", "engineer", "") in noted and ("user.badge", "technician", "") in noted
    call("badge", "technician", "--remove")
    with database.reading() as connection:
        assert [one.name for one in operators(connection)] == ["engineer"]
    database.close()
