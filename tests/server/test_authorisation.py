"""Who may do what, for every address and every role: drawn from permissions.toml and from what the routes declare."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

import server as server_package
from server.admin.permissions import permissions
from server.app import create_app
from server.returns.machine import machine
from server.wire.ids import new_id
from tests.server.asked_in_process import READ, Asked, Office, asked_of, office
from tests.server.conftest import RunningServer, Site
from tests.server_process import PASSWORD

SERVER = Path(server_package.__file__ or "").parent
OPEN = {
    ("GET", "/healthz"): "monitors ask it",
    ("GET", "/docs"): "describes the API",
    ("GET", "/language/{tag}"): "chooses the language of the login too",
    ("GET", "/login"): "the door",
    ("POST", "/login"): "the door",
    ("GET", "/login/code"): "the door for who has a one-time code",
    ("POST", "/login/code"): "the door for who has a one-time code",
    ("POST", "/v1/session"): "the door of the API",
}
OWN = {
    ("GET", "/"): "each role's own beginning",
    ("GET", "/account"): "one's own account",
    ("GET", "/account/password"): "one's own password",
    ("POST", "/account/password"): "one's own password",
    ("POST", "/account/sessions/{session_id}/end"): "one's own session",
    ("POST", "/delegations/{delegation_id}/end"): "giver and taker end it, else who may delegate",
    ("POST", "/logout"): "one's own session",
    ("DELETE", "/v1/session"): "one's own session",
    ("POST", "/v1/password"): "one's own password",
    ("GET", "/v1/delegations"): "one's own, or all for who may delegate",
    ("DELETE", "/v1/delegations/{delegation_id}"): "giver and taker end it, else who may delegate",
}
EITHER = {("GET", "/v1/letters/{letter_id}"): "its station, or a person who may read letters"}
BY_MOVE = {
    ("PUT", "/v1/cases/{case_id}/moves/{move_id}"): "the right is the move's",
    ("POST", "/cases/{case_id}/moves"): "the right is the move's",
    ("POST", "/cases/scan"): "the right is the move's",
}
ASIDE = {*OPEN, *OWN, *EITHER}
NOBODY = (401, 303)


def everything(site: Site) -> list[Asked]:
    return asked_of(create_app(site.settings))


def roles_of(asked: Asked) -> set[str]:
    """The roles that may do all that the route declares."""
    return {role for role in permissions().roles if all(permissions().allows(role, action) for action in asked.actions)}


def test_every_route_declares_who_may_use_it(prepared_site: Site) -> None:
    found = everything(prepared_site)
    assert len(found) > 180
    keys = {asked.key for asked in found}
    bare = [asked.key for asked in found if not asked.actions and not asked.is_stations and asked.key not in ASIDE]
    assert bare == [], "declare an action with server.admin.access.require"
    writing = [asked for asked in found if asked.writes and asked.key not in (ASIDE | set(BY_MOVE))]
    assert [asked.key for asked in writing if asked.actions == {READ}] == [], "a write asks for more than to read"
    assert {*ASIDE, *BY_MOVE} <= keys, "this list names what is not there any more"


def test_every_action_of_the_table_is_asked_for_somewhere(prepared_site: Site) -> None:
    asked = {action for asked in everything(prepared_site) for action in asked.actions}
    moves = {move.action for move in machine().moves.values() if move.action}
    code = "".join(path.read_text(encoding="utf-8") for path in SERVER.rglob("*.py"))
    assert [action for action in set(permissions().actions) - asked - moves if f'"{action}"' not in code] == []


async def _matrix(site: Site) -> list[tuple[str, object, str, int]]:
    wrong: list[tuple[str, object, str, int]] = []
    async with office(site, permissions().roles) as there:
        for asked in asked_of(there.app):
            if asked.key in OPEN:
                continue
            wrong += [(*asked.key, "nobody", code) async for code in _strangers(there, asked)]
            if asked.actions and asked.key not in EITHER:
                wrong += [(*asked.key, role, code) async for role, code in _persons(there, asked)]
    return wrong


async def _strangers(there: Office, asked: Asked):  # type: ignore[no-untyped-def]
    before = there.database.commits
    answer = await there.ask(asked, there.headers(None))
    if answer.status_code not in NOBODY or there.database.commits != before:
        yield answer.status_code
    if not asked.path.startswith("/v1/"):
        page = await there.ask(asked, there.headers(None, accept="text/html"))
        if page.status_code != 303 or not page.headers["location"].startswith("/login"):
            yield page.status_code


async def _persons(there: Office, asked: Asked):  # type: ignore[no-untyped-def]
    right = roles_of(asked)
    for role in permissions().roles:
        if role in right and not asked.writes and asked.actions == {READ} and role != "reader":
            continue  # all may read: one of them tries
        before = there.database.commits
        answer = await there.ask(asked, there.headers(role))
        if role in right:
            is_wrong = answer.status_code in (401, 403) or answer.status_code >= 500
            is_wrong |= not asked.writes and asked.is_plain_page and answer.status_code != 200
        else:
            is_wrong = answer.status_code != 403 or there.database.commits != before
        if is_wrong:
            yield role, answer.status_code


def test_strangers_are_sent_away_wrong_roles_write_nothing_and_right_roles_are_let_in(site: Site) -> None:
    wrong = asyncio.run(_matrix(site))
    assert wrong == [], wrong


def test_a_move_of_a_case_asks_for_the_right_of_that_move(server: RunningServer, site: Site) -> None:
    """On a real case, because the right is looked for when the move is known."""
    unit = {"serial": "FJR126110009", "reason": "no sound"}
    body = {"waybill": {"courier": "SF", "number": "1"}, "source": "4S", "units": [unit]}
    clerk = server.log_in("logistics")
    received = clerk.put(f"/v1/arrivals/{new_id(datetime.now(UTC))}", json=body)
    case_id = received.json()["cases"][0]["id"]
    before = clerk.get(f"/v1/cases/{case_id}").json()
    for role in permissions().roles:
        person = server.log_in(role)
        for name, move in machine().moves.items():
            if move.action and permissions().allows(role, move.action):
                continue
            path = f"/v1/cases/{case_id}/moves/{new_id(datetime.now(UTC))}"
            assert person.put(path, json={"move": name}).status_code == 403, (role, name)
    assert clerk.get(f"/v1/cases/{case_id}").json() == before


async def _forged(site: Site) -> list[tuple[str, str, int]]:
    """What is written without the proof that a page of this session asked for it."""
    wrong = []
    async with office(site, ["supervisor"]) as there:
        for asked in asked_of(there.app):
            if not asked.writes or asked.is_stations:
                continue
            before = there.database.commits
            headers = there.headers("supervisor", has_csrf=False) | {"Origin": "https://evil.example"}
            answer = await there.ask(asked, headers, {"name": "supervisor", "password": PASSWORD})
            if answer.status_code != 403 or there.database.commits != before:
                wrong.append((*asked.key, answer.status_code))
    return wrong


def test_no_other_site_can_write_by_the_session_of_somebody_who_is_logged_in(site: Site) -> None:
    assert asyncio.run(_forged(site)) == []


async def _by_station(site: Site, token: str) -> list[tuple[str, str, int]]:
    wrong = []
    async with office(site, []) as there:
        for asked in asked_of(there.app):
            if asked.actions and not asked.is_stations and asked.key not in EITHER:
                answer = await there.ask(asked, {"Authorization": f"Bearer {token}", "Accept": "application/json"})
                if answer.status_code not in NOBODY:
                    wrong.append((*asked.key, answer.status_code))
    return wrong


def test_a_stations_token_opens_nothing_that_is_for_people(site: Site) -> None:
    assert asyncio.run(_by_station(site, site.tokens["bench-1"])) == []


@pytest.mark.parametrize("action", ["users.write", "tokens.write", "authority.delegate"])
def test_what_would_outlive_a_delegation_is_never_handed_on(action: str) -> None:
    for role in permissions().actions[action].roles:
        assert action not in permissions().handed_on(role)
