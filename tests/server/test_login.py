"""People log in: passwords are argon2id, guessing is slow, and a session is needed for everything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa
from argon2 import extract_parameters

from server.admin.audit_queries import audit_entries
from server.admin.flows import add_user, disable_user, set_password
from server.admin.passwords import hash_password, is_password
from server.admin.permissions import permissions
from server.admin.queries import digest, user_of_session
from server.admin.sessions import FREE_ATTEMPTS, SESSION_HOURS, Browser, log_in, log_out
from server.db.engine import Database
from server.errors import BadInput, Contradiction, NotFound, NotLoggedIn, TooManyAttempts
from tests.server.conftest import RunningServer
from tests.server_process import PASSWORD

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_password_is_kept_as_argon2id_alone(database: Database) -> None:
    with database.writing() as connection:
        set_password(connection, "supervisor", PASSWORD, NOW)
    with database.reading() as connection:
        kept = connection.scalars(sa.text("SELECT password_hash FROM user_account")).all()
    assert kept
    assert all(text.startswith("$argon2id$") and PASSWORD not in text for text in kept)
    assert max(extract_parameters(text).memory_cost for text in kept) >= 65536


def test_nobody_has_a_password_that_is_right() -> None:
    assert is_password(hash_password("12345678"), "12345678")
    assert not is_password(hash_password("12345678"), "12345679")
    assert not is_password(None, "12345678")


def test_an_unknown_name_is_answered_like_a_wrong_password(database: Database) -> None:
    with pytest.raises(NotLoggedIn) as unknown:
        log_in(database, "nobody", "wrong password", NOW)
    with pytest.raises(NotLoggedIn) as known:
        log_in(database, "supervisor", "wrong password", NOW)
    assert str(unknown.value) == str(known.value)


def test_a_session_lasts_a_shift_and_ends_when_it_is_told(database: Database) -> None:
    session = log_in(database, "supervisor", PASSWORD, NOW)
    last = NOW + timedelta(hours=SESSION_HOURS) - timedelta(seconds=1)
    with database.reading() as connection:
        assert user_of_session(connection, session.token, last) == session.user
        assert user_of_session(connection, session.token, last + timedelta(seconds=1)) is None
        assert user_of_session(connection, session.token + "x", NOW) is None
    log_out(database, session.token, session.user, NOW)
    with database.reading() as connection:
        assert user_of_session(connection, session.token, NOW) is None


def test_the_sessions_secret_is_not_in_the_database(database: Database) -> None:
    session = log_in(database, "supervisor", PASSWORD, NOW)
    with database.reading() as connection:
        assert connection.scalars(sa.text("SELECT token_sha256 FROM user_session")).all() == [digest(session.token)]


@pytest.mark.parametrize("name", ["supervisor", "nobody"])
def test_guessing_is_locked_out_for_names_that_exist_and_names_that_do_not(database: Database, name: str) -> None:
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotLoggedIn):
            log_in(database, name, "wrong password", NOW)
    with pytest.raises(TooManyAttempts) as locked:
        log_in(database, name, PASSWORD, NOW)
    assert locked.value.retry_after_s == 31
    with pytest.raises(NotLoggedIn):
        log_in(database, name, "wrong password", NOW + timedelta(seconds=31))
    with pytest.raises(TooManyAttempts) as longer:
        log_in(database, name, PASSWORD, NOW + timedelta(seconds=32))
    assert longer.value.retry_after_s == 60


def test_guessing_somewhere_else_locks_nobody_out(database: Database) -> None:
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotLoggedIn):
            log_in(database, "supervisor", "wrong password", NOW, Browser("192.0.2.66"))
    with pytest.raises(TooManyAttempts):
        log_in(database, "supervisor", PASSWORD, NOW, Browser("192.0.2.66"))
    assert log_in(database, "supervisor", PASSWORD, NOW, Browser("192.0.2.7")).user.name == "supervisor"


def test_a_right_password_forgives_the_wrong_ones_before(database: Database) -> None:
    for _ in range(3):
        for _ in range(FREE_ATTEMPTS - 1):
            with pytest.raises(NotLoggedIn):
                log_in(database, "supervisor", "wrong password", NOW)
        log_in(database, "supervisor", PASSWORD, NOW)


def test_a_lock_is_over_after_its_time(database: Database) -> None:
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(NotLoggedIn):
            log_in(database, "supervisor", "wrong password", NOW)
    assert log_in(database, "supervisor", PASSWORD, NOW + timedelta(seconds=31)).user.name == "supervisor"


def test_a_closed_account_ends_its_sessions(database: Database) -> None:
    session = log_in(database, "engineer", PASSWORD, NOW)
    with database.writing() as connection:
        disable_user(connection, "engineer", NOW)
    with database.reading() as connection:
        assert user_of_session(connection, session.token, NOW) is None
    with pytest.raises(NotLoggedIn):
        log_in(database, "engineer", PASSWORD, NOW)


def test_a_new_password_ends_the_sessions_of_the_old(database: Database) -> None:
    session = log_in(database, "engineer", PASSWORD, NOW)
    with database.writing() as connection:
        set_password(connection, "engineer", "another password", NOW)
    with database.reading() as connection:
        assert user_of_session(connection, session.token, NOW) is None
    assert log_in(database, "engineer", "another password", NOW).user.role == "engineer"


@pytest.mark.parametrize(
    ("name", "role", "password", "error"),
    [
        ("", "engineer", PASSWORD, BadInput),
        ("a\nb", "engineer", PASSWORD, BadInput),
        ("x" * 81, "engineer", PASSWORD, BadInput),
        ("new", "emperor", PASSWORD, BadInput),
        ("new", "engineer", "short", BadInput),
        ("engineer", "engineer", PASSWORD, Contradiction),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    database: Database, name: str, role: str, password: str, error: type[Exception]
) -> None:
    with pytest.raises(error), database.writing() as connection:
        add_user(connection, name, role, password, NOW)


def test_an_account_that_is_not_there_cannot_be_closed(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as connection:
        disable_user(connection, "nobody", NOW)


def test_who_did_what_is_in_the_audit(database: Database) -> None:
    log_in(database, "supervisor", PASSWORD, NOW + timedelta(days=1000))
    with database.reading() as connection:
        newest = audit_entries(connection, 1)[0]
    assert (newest.actor, newest.action) == ("user:supervisor", "login")


def test_every_action_of_the_code_is_in_the_table_and_every_role_reads() -> None:
    table = permissions()
    assert all(table.allows(role, "records.read") for role in table.roles)
    with pytest.raises(KeyError):
        table.allows("supervisor", "no.such.action")


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(server: RunningServer) -> None:
    answer = server.client.post("/v1/session", json={"name": "supervisor", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_wrong_password_is_401_and_too_many_are_429_with_the_time_to_wait(server: RunningServer) -> None:
    answers = [
        server.client.post("/v1/session", json={"name": "supervisor", "password": "wrong password"})
        for _ in range(FREE_ATTEMPTS + 1)
    ]
    assert [answer.status_code for answer in answers] == [401] * FREE_ATTEMPTS + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert answers[-1].headers["content-type"] == "application/problem+json"


def test_a_login_form_of_another_site_is_refused(server: RunningServer) -> None:
    body = {"name": "supervisor", "password": PASSWORD}
    answer = server.client.post("/v1/session", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "0" * 64])
def test_a_session_without_its_csrf_token_writes_nothing(server: RunningServer, token: str) -> None:
    client = server.log_in("supervisor")
    client.headers["X-CSRF-Token"] = token
    assert client.delete("/v1/session").status_code == 403
    assert client.get(f"/v1/units/{'0' * 8}-0000-0000-0000-{'0' * 12}").status_code == 404


def test_a_csrf_token_of_another_session_is_refused(server: RunningServer) -> None:
    mine, other = server.log_in("supervisor"), server.log_in("engineer")
    mine.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
    assert mine.delete("/v1/session").status_code == 403


@pytest.mark.parametrize("by_form", [True, False])
def test_logging_in_again_ends_the_session_before(server: RunningServer, by_form: bool) -> None:
    client = server.log_in("supervisor")
    before = httpx.Cookies(client.cookies)
    fields = {"name": "engineer", "password": PASSWORD}
    answer = client.post("/login", data=fields) if by_form else client.post("/v1/session", json=fields)
    assert answer.status_code == (303 if by_form else 200)
    assert client.cookies["fanji_session"] != before["fanji_session"]
    client.cookies = before
    assert client.get(f"/v1/units/{'0' * 8}-0000-0000-0000-{'0' * 12}").status_code == 401


def test_a_session_that_the_browser_brings_is_never_taken_over(server: RunningServer) -> None:
    server.client.cookies.set("fanji_session", "chosen-by-somebody-else")
    answer = server.client.post("/v1/session", json={"name": "supervisor", "password": PASSWORD})
    assert answer.cookies["fanji_session"] != "chosen-by-somebody-else"


def test_logging_out_ends_the_session(server: RunningServer) -> None:
    client = server.log_in("supervisor")
    cookies = httpx.Cookies(client.cookies)
    assert client.delete("/v1/session").status_code == 204
    client.cookies = cookies
    assert client.delete("/v1/session").status_code == 401
