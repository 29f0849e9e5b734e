"""What an endpoint or page asks for: the database, the user, the right to act, the station behind a token.

What only looks something up is ``async``, because a plain function would be sent to a thread at every request.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

import sqlalchemy as sa
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from server.admin.flows import mark_used
from server.admin.origin import asked_in_session, asked_under
from server.admin.queries import (
    BENCH_SCOPE,
    STATION_UNKNOWN,
    StationToken,
    User,
    digest,
    station_of_token,
    user_of_session,
)
from server.admin.sessions import SESSION_HOURS, Browser, Session
from server.config import Settings
from server.db.engine import Database
from server.errors import MustChange, NotAllowed, NotLoggedIn, StorageError
from server.web.csrf import FIELD, is_csrf_token

logger = logging.getLogger(__name__)

COOKIE = "fanji_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MARK_EVERY = timedelta(hours=1)
"""So often the last use of a station's token is written: a station asks all day."""
BEFORE_A_PASSWORD = ("/account/password", "/logout", "/v1/session", "/v1/password")
"""What somebody may do whose password somebody else knows too."""


async def database_of(request: Request) -> Database:
    """The application's database."""
    return cast(Database, request.app.state.database)


async def settings_of(request: Request) -> Settings:
    """The application's settings."""
    return cast(Settings, request.app.state.settings)


async def now() -> datetime:
    """This moment, once for each request."""
    return datetime.now(UTC)


InDatabase = Annotated[Database, Depends(database_of)]
InSettings = Annotated[Settings, Depends(settings_of)]
Now = Annotated[datetime, Depends(now)]


def reading(database: InDatabase) -> Iterator[sa.Connection]:
    """A connection for the queries of one request."""
    with database.reading() as connection:
        yield connection


Reading = Annotated[sa.Connection, Depends(reading)]


def visitor(request: Request, database: InDatabase, at: Now) -> User | None:
    """The user whose session this is; None for a visitor."""
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    with database.reading() as connection:
        return user_of_session(connection, token, at)


Visitor = Annotated[User | None, Depends(visitor)]


def current_user(request: Request, user: Visitor) -> User:
    """The user; raises NotLoggedIn, which sends the reader of a page to the login and tells an API client 401.

    Raises MustChange for who has to choose a password first.
    """
    if user is None:
        raise NotLoggedIn("log in first")
    if user.must_change and request.url.path not in BEFORE_A_PASSWORD:
        raise MustChange("choose a password of your own first: POST /v1/password, or the page /account/password")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def guarded_user(request: Request, user: CurrentUser) -> User:
    """The user of a request that proves, where it writes, that it came from a page of this session."""
    asked_in_session(digest(request.cookies.get(COOKIE, "")))
    if request.method in SAFE_METHODS:
        return user
    presented = request.headers.get(CSRF_HEADER, "") or await _form_field(request)
    if not is_csrf_token(request.cookies.get(COOKIE, ""), presented):
        await request.close()  # a file that came with it
        raise NotAllowed(f"the header {CSRF_HEADER} or the form's field {FIELD} is missing or of another session")
    return user


async def _form_field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        return ""
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Require:
    """A dependency that gives the user who may do ``action``, by role or delegation; else it raises NotAllowed."""

    action: str

    async def __call__(self, user: Annotated[User, Depends(guarded_user)]) -> User:
        if not user.may(self.action):
            raise NotAllowed(f"{user.name} ({user.role}) may not do this: {self.action}")
        asked_under(user.grant_for(self.action))
        return user


def require(action: str) -> Require:
    """What a route declares, so that it can be seen from outside which right it asks for."""
    return Require(action)


async def bearer(request: Request) -> str:
    """The token of the Authorization header; empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


Bearer = Annotated[str, Depends(bearer)]


def known_station(token: str, database: Database, at: datetime) -> StationToken:
    """The station of a valid token, whatever it may do with it; raises NotLoggedIn. Keeps that it was used."""
    with database.reading() as connection:
        station = station_of_token(connection, token, at) if token else None
    if station is None:
        raise NotLoggedIn(STATION_UNKNOWN)
    if station.last_used_at is not None and at - station.last_used_at < MARK_EVERY:
        return station
    try:
        with database.writing() as connection:
            mark_used(connection, station.sha256, at)
    except StorageError as error:
        logger.warning("the use of token %s is not kept: %s", station.prefix, error)
    return replace(station, last_used_at=at)


def current_station(token: Bearer, database: InDatabase, at: Now) -> StationToken:
    """The bench of a valid token; raises NotLoggedIn, and NotAllowed for a token that sends letters only."""
    station = known_station(token, database, at)
    if station.scope != BENCH_SCOPE:
        raise NotAllowed(f"the token {station.prefix} of {station.station_id} sends letters and asks for nothing")
    return station


CurrentStation = Annotated[StationToken, Depends(current_station)]


async def sending_station(request: Request) -> StationToken:
    """The station of a token that was valid when it was first seen; raises NotLoggedIn.

    For letters alone: their transaction looks again. Remembering spares each letter a query and a change of thread.
    """
    token, at = await bearer(request), datetime.now(UTC)
    seen: dict[str, StationToken] = request.app.state.seen_tokens
    station = seen.get(digest(token))
    used_at = station.last_used_at if station is not None else None
    if station is None or used_at is None or station.expires_at <= at or at - used_at >= MARK_EVERY:
        station = await run_in_threadpool(known_station, token, request.app.state.database, at)
        seen[station.sha256] = station
    return station


SendingStation = Annotated[StationToken, Depends(sending_station)]


def address_of(request: Request) -> str:
    """Where the request comes from; a proxy on this machine is believed when it says for whom it asks."""
    return request.client.host if request.client else ""


def browser_of(request: Request) -> Browser:
    """Who logs in, as far as the request says."""
    return Browser(address_of(request), request.headers.get("user-agent", ""), request.cookies.get(COOKIE, ""))


def set_session_cookie(response: Response, session: Session, is_https: bool) -> None:
    """The cookie is out of reach of scripts and of other sites."""
    response.set_cookie(
        COOKIE, session.token, max_age=SESSION_HOURS * 3600, httponly=True, samesite="lax", secure=is_https
    )
