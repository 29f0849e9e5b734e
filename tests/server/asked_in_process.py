"""The application asked in this process, without a socket: a thousand requests in a few seconds."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from server.admin import access
from server.admin.access import Require
from server.admin.sessions import log_in
from server.app import create_app
from server.db.engine import Database
from server.web.csrf import csrf_token
from server.wire.ids import new_id
from tests.server.conftest import Site
from tests.server.page_routes import api_routes
from tests.server_process import PASSWORD

STATION = {access.current_station, access.sending_station, access.known_station}
PERSON = {access.current_user, access.guarded_user}
READ = "records.read"


@dataclass(frozen=True)
class Asked:
    """A method and address, and what its route declares: rights of people, a station's token, or a login."""

    method: str
    path: str
    actions: frozenset[str]
    is_stations: bool
    is_persons: bool
    route: APIRoute

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def is_plain_page(self) -> bool:
        """Whether it is a page, or a file of one, without a key in its address."""
        return "{" not in self.path and not self.path.startswith("/v1/")

    @property
    def key(self) -> tuple[str, str]:
        return (self.method, self.path)

    def with_path(self, path: str) -> Asked:
        return replace(self, path=path)

    def filled(self) -> str:
        """The address with keys that nothing is on record under."""
        path = self.path.replace("{sha256}", "ab" * 32).replace("{no}", "BO-2026-000123").replace("{code}", "C18")
        path = path.replace("{mdef_sha256}", "cd" * 32).replace("{suffix}", "csv").replace("{form}", "csv")
        return re.sub(r"\{\w+\}", lambda _: new_id(datetime.now(UTC)), path)


def asked_of(app: FastAPI) -> list[Asked]:
    """Everything that can be asked of the application or told to it."""
    return [_asked(method, path, route) for method, path, route in api_routes(app)]


def _asked(method: str, path: str, route: APIRoute) -> Asked:
    calls = set(_calls(route.dependant))
    actions = frozenset(call.action for call in calls if isinstance(call, Require))
    return Asked(method, path, actions, bool(calls & STATION), bool(calls & PERSON), route)


def _calls(dependant: Dependant) -> Iterable[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


@dataclass
class Office:
    """The application while it serves, and what lets each role in."""

    app: FastAPI
    client: httpx.AsyncClient
    cookies: dict[str, str]
    tokens: dict[str, str]

    @property
    def database(self) -> Database:
        found: Database = self.app.state.database
        return found

    def headers(self, role: str | None, has_csrf: bool = True, accept: str = "application/json") -> dict[str, str]:
        """Of somebody in ``role``; None for a stranger."""
        if role is None:
            return {"Accept": accept}
        cookie = self.cookies[role]
        proof = {access.CSRF_HEADER: csrf_token(cookie)} if has_csrf else {}
        return {"Accept": accept, "Cookie": f"{access.COOKIE}={cookie}"} | proof

    async def ask(self, asked: Asked, headers: dict[str, str], says: dict[str, str] | None = None) -> httpx.Response:
        """Ask; where something is written it ``says`` so, in a form or as JSON, and by itself nothing of use."""
        if not asked.writes:
            return await self.client.request(asked.method, asked.filled(), headers=headers)
        if asked.path.startswith("/v1/"):
            return await self.client.request(asked.method, asked.filled(), headers=headers, json=says or {})
        told = says or {"nothing": "x"}
        return await self.client.request(asked.method, asked.filled(), headers=headers, data=told)


@asynccontextmanager
async def office(site: Site, roles: Iterable[str]) -> AsyncIterator[Office]:
    """Serve ``site`` in this process for the length of a block, with everybody logged in."""
    app = create_app(site.settings)
    async with app.router.lifespan_context(app):
        at = datetime.now(UTC)
        cookies = {role: log_in(app.state.database, role, PASSWORD, at).token for role in roles}
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://fanji") as client:
            yield Office(app, client, cookies, site.tokens)
