"""Nothing is read or written without the right to it: the whole API is walked."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.admin.flows import add_token, revoke_token
from server.admin.permissions import permissions
from server.admin.queries import station_of_token, station_tokens
from server.db.engine import Database
from server.errors import BadInput, NotFound
from server.web.body_limit import MAX_BODY_BYTES
from server.wire.ids import new_id
from tests.server.conftest import RunningServer
from tests.server.letter_book import LetterBook

OPEN = {("post", "/v1/session"), ("get", "/healthz")}
METHODS = ("get", "put", "post", "patch", "delete")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def operations(server: RunningServer) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = server.client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, entry in paths.items() for method in METHODS if method in entry]


def filled(path: str) -> str:
    path = re.sub(r"\{\w+_id\}", new_id(NOW), path)
    path = path.replace("{sha256}", "ab" * 32).replace("{no}", "BO-2026-000123").replace("{code}", "C18")
    path = path.replace("{prefix}", "fjt_nobody")
    assert "{" not in path, f"the walk does not know how to fill {path}"
    return path


def test_every_operation_refuses_a_stranger(server: RunningServer) -> None:
    walked = [operation for operation in operations(server) if operation not in OPEN]
    assert len(walked) >= 7
    for method, path in walked:
        answer = server.client.request(method, filled(path))
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["www-authenticate"] == "Bearer"


def test_every_write_with_a_session_needs_its_csrf_token(server: RunningServer) -> None:
    client = server.log_in("supervisor")
    del client.headers["X-CSRF-Token"]
    for method, path in operations(server):
        if method != "get" and (method, path) not in OPEN:
            assert client.request(method, filled(path)).status_code in (401, 403), (method, path)


def test_only_the_roles_of_the_table_may_receive(server: RunningServer) -> None:
    for role in permissions().roles:
        body = {
            "waybill": {"courier": "SF", "number": role},
            "source": "4S",
            "units": [{"serial": f"X-{role}", "reason": ""}],
        }
        answer = server.log_in(role).put(f"/v1/arrivals/{new_id(datetime.now(UTC))}", json=body)
        assert answer.status_code == (201 if permissions().allows(role, "arrivals.write") else 403), role


def test_a_letter_is_given_back_to_its_station_and_to_readers_only(server: RunningServer, book: LetterBook) -> None:
    letter = book.run()
    server.put(letter)
    path = f"/v1/letters/{letter.id}"
    own, other = (server.site.tokens[station] for station in ("bench-1", "bench-2"))
    assert server.client.get(path, headers={"Authorization": f"Bearer {own}"}).status_code == 200
    assert server.client.get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 404
    assert server.log_in("supervisor").get(path).content == letter.body
    assert server.log_in("reader").get(path).status_code == 403


def test_a_revoked_token_is_refused_at_once(server: RunningServer, book: LetterBook) -> None:
    assert server.put(book.run()).status_code == 201
    with server.database.writing() as connection:
        revoke_token(connection, server.site.tokens["bench-1"][:10], datetime.now(UTC))
    assert server.put(book.run()).status_code == 401


def test_a_token_ends_on_its_day_and_is_kept_as_a_digest(database: Database) -> None:
    with database.writing() as connection:
        token = add_token(connection, "bench-9", 1, NOW)
    with database.reading() as connection:
        assert station_of_token(connection, token, NOW + timedelta(hours=23)) is not None
        assert station_of_token(connection, token, NOW + timedelta(days=1)) is None
        assert token not in str(station_tokens(connection))


def test_a_token_that_is_unknown_cannot_be_revoked(database: Database) -> None:
    with pytest.raises(NotFound), database.writing() as connection:
        revoke_token(connection, "fjt_nobody", NOW)


@pytest.mark.parametrize(("station_id", "days"), [("Bench 1", 30), ("", 30), ("bench-1", 0), ("bench-1", 99999)])
def test_a_token_that_cannot_be_is_refused(database: Database, station_id: str, days: int) -> None:
    with pytest.raises(BadInput), database.writing() as connection:
        add_token(connection, station_id, days, NOW)


def test_every_answer_forbids_foreign_scripts_and_sniffing(server: RunningServer) -> None:
    for path in ("/healthz", "/docs", "/openapi.json", "/v1/units/x", "/no/such/page"):
        headers = server.client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/login", "/v1/session"])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_stranger_cannot_make_the_server_hold_a_long_body(
    server: RunningServer, path: str, is_announced: bool
) -> None:
    kind = "application/json" if path.startswith("/v1") else "application/x-www-form-urlencoded"
    body = b"&".join(b"name=" + b"x" * 8000 for _ in range(MAX_BODY_BYTES // 8000 + 1))
    parts = (body[start : start + 65536] for start in range(0, len(body), 65536))
    answer = server.client.post(path, content=body if is_announced else parts, headers={"Content-Type": kind})
    assert answer.status_code == 413
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_docs_page_loads_nothing_from_elsewhere(server: RunningServer) -> None:
    html = server.client.get("/docs").text
    assert "http" not in html.replace("<!doctype html>", "")
    assert "<script>" not in html
    for part in html.split('"'):
        if part.startswith("/static/"):
            assert server.client.get(part).status_code == 200, part


def test_what_is_refused_is_a_problem_with_its_fields(server: RunningServer) -> None:
    answer = server.log_in("logistics").put("/v1/arrivals/x", json={"units": []})
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["status"], problem["title"]) == (422, "Bad input")
    assert {"arrival_id", "waybill", "source", "units"} <= {row["field"] for row in problem["errors"]}


def test_health_tells_the_schema(server: RunningServer) -> None:
    assert server.client.get("/healthz").json()["status"] == "ok"
